// The builder on small projects, with this repository's own esbuild and tracer.
import fs from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { buildProject, MAX_FUNCTION_BYTES } from "../../../src/build/build.ts";
import { tempDir, writeTree } from "../../temp.ts";

const GOOD = 'export default { fetch: () => new Response(process.env.EDGE_AI_BUILD_ID ?? "none") };';

async function project(files: Record<string, string>): Promise<string> {
  const dir = await tempDir("edge-ai-ü build");
  await fs.symlink(path.resolve("node_modules"), path.join(dir, "node_modules"), "dir");
  await writeTree(dir, { "package.json": '{"type":"module","engines":{"node":"24.x"}}', "api/a.ts": GOOD, ...files });
  return dir;
}

const json = async (file: string): Promise<unknown> => JSON.parse(await fs.readFile(file, "utf8"));

describe("buildProject", () => {
  it("writes functions that run, with their settings, and only public/ as static files", async () => {
    const dir = await project({
      "vercel.json": JSON.stringify({
        functions: { "api/a.ts": { maxDuration: 7, regions: ["fra1"] } },
        regions: ["iad1"],
        crons: [{ path: "/api/a", schedule: "0 0 * * *" }],
      }),
      "api/b.js": "module.exports = (req, res) => res.end('b');",
      "public/index.html": "<h1>",
      "public/deep/x.txt": "x",
      "secret.txt": "not for everybody",
    });
    const report = await buildProject(dir);
    const output = path.join(dir, ".vercel/output");
    expect(await json(path.join(output, "functions/api/a.func/.vc-config.json"))).toEqual({
      handler: "index.mjs",
      runtime: "nodejs24.x",
      architecture: "x86_64",
      launcherType: "Nodejs",
      shouldAddHelpers: true,
      supportsResponseStreaming: true,
      environment: {},
      maxDuration: 7,
      regions: ["fra1"],
    });
    expect(await json(path.join(output, "functions/api/b.func/.vc-config.json"))).toMatchObject({ regions: ["iad1"] });
    expect(await json(path.join(output, "config.json"))).toMatchObject({ version: 3, crons: [{ path: "/api/a" }] });
    expect((await fs.readdir(path.join(output, "static"), { recursive: true })).toSorted()).toEqual([
      "deep",
      "deep/x.txt",
      "index.html",
    ]);
    expect(report.static).toEqual({ files: 2, bytes: 5 });
    expect(report.functions.map((each) => each.path)).toEqual(["api/a", "api/b"]);
    const { default: handler } = (await import(
      pathToFileURL(path.join(output, "functions/api/a.func/index.mjs")).href
    )) as { default: { fetch(): Response } };
    expect(await handler.fetch().text()).toBe(report.buildId);
  });

  it("gives the same build id to the same project and another one to a change", async () => {
    const dir = await project({});
    const first = await buildProject(dir);
    const again = await buildProject(dir);
    await writeTree(dir, { "api/a.ts": `${GOOD}\nexport const change = 1;` });
    const changed = await buildProject(dir);
    await writeTree(dir, { "public/page.html": "new" });
    const page = await buildProject(dir);
    await writeTree(dir, { "vercel.json": '{"rewrites":[{"source":"/a","destination":"/api/a"}]}' });
    const route = await buildProject(dir);
    expect(again.buildId).toBe(first.buildId);
    expect(new Set([first, changed, page, route].map(({ buildId }) => buildId)).size).toBe(4);
  });

  it("keeps native packages outside and traces what they need, for Vercel's machines only", async () => {
    const dir = await project({
      "api/a.ts":
        'import { env } from "onnxruntime-node"; export default { fetch: () => new Response(String(env.versions)) };',
    });
    const [report] = (await buildProject(dir)).functions;
    const func = path.join(dir, ".vercel/output/functions/api/a.func");
    const files = (await fs.readdir(func, { recursive: true })).map((file) => file.replaceAll(path.sep, "/"));
    const binaries = files.filter((file) => /\.(node|so|so\.\d+|dll|dylib)$/.test(file));
    expect(binaries.toSorted()).toEqual([
      "node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1",
      "node_modules/onnxruntime-node/bin/napi-v6/linux/x64/onnxruntime_binding.node",
    ]);
    expect(report?.largest[0]?.name).toBe("onnxruntime-node");
    expect(report?.bytes).toBeLessThan(60_000_000);
  });

  it("includes what vercel.json names, without what it excludes", async () => {
    const settings = { includeFiles: "models/**", excludeFiles: "models/**/*.tmp" };
    const dir = await project({
      "models/m/x.bin": "123",
      "models/m/y.tmp": "no",
      "vercel.json": JSON.stringify({ functions: { "api/a.ts": settings } }),
    });
    const { functions } = await buildProject(dir);
    expect(await fs.readdir(path.join(dir, ".vercel/output/functions/api/a.func/models/m"))).toEqual(["x.bin"]);
    expect(functions[0]?.largest).toContainEqual({ name: "models/m", bytes: 3 });
  });

  it("builds a project that is reached through a link", async () => {
    const dir = await project({});
    const link = `${dir}-link`;
    await fs.symlink(dir, link);
    onTestFinished(() => fs.rm(link));
    expect((await buildProject(link)).functions.map(({ path: route }) => route)).toEqual(["api/a"]);
  });

  it("refuses files from outside of the project", async () => {
    const dir = await project({ "vercel.json": '{"functions":{"api/a.ts":{"includeFiles":"../mine-*.txt"}}}' });
    const outside = path.join(path.dirname(dir), `mine-${path.basename(dir)}.txt`);
    await fs.writeFile(outside, "secret");
    onTestFinished(() => fs.rm(outside));
    await expect(buildProject(dir)).rejects.toMatchObject({
      code: "BUILD_FAILED",
      message: expect.stringContaining("outside"),
    });
  });

  it("refuses a function over the limit and names what is large", async () => {
    const dir = await project({
      "vercel.json": '{"functions":{"api/a.ts":{"includeFiles":"models/**"}}}',
      "models/huge/x.bin": "",
    });
    await fs.truncate(path.join(dir, "models/huge/x.bin"), MAX_FUNCTION_BYTES);
    await expect(buildProject(dir)).rejects.toMatchObject({
      code: "TOO_LARGE",
      message: expect.stringContaining("models/huge 262144000"),
    });
  });

  it.each([
    ["a syntax error", { "api/a.ts": "export default {" }, "BUILD_FAILED", "api/a.ts"],
    ["an import of nothing", { "api/a.ts": 'import "./gone.ts";' }, "BUILD_FAILED", "gone"],
    [
      "weights that are not there",
      { "vercel.json": '{"functions":{"api/a.ts":{"includeFiles":"models/none/**"}}}' },
      "BUILD_FAILED",
      "models/none/**",
    ],
    [
      "weights whose place is only kept",
      { "models/m/.gitkeep": "", "vercel.json": '{"functions":{"api/a.ts":{"includeFiles":"models/m/**"}}}' },
      "BUILD_FAILED",
      "models/m/**",
    ],
    ["a wrong edge-ai.json", { "edge-ai.json": '{"version":1,"task":"embeddingz"}' }, "BAD_CONFIG", "task"],
    ["a Node.js version that Vercel ended", { "package.json": '{"engines":{"node":"20.x"}}' }, "BAD_CONFIG", "20.x"],
    [
      "a Node.js version that is not one",
      { "package.json": '{"engines":{"node":"latest-ish"}}' },
      "BAD_CONFIG",
      "latest-ish",
    ],
    [
      "runtime in vercel.json",
      { "vercel.json": '{"functions":{"api/a.ts":{"runtime":"nodejs18.x"}}}' },
      "BAD_CONFIG",
      "engines.node",
    ],
    ["memory in vercel.json", { "vercel.json": '{"functions":{"api/a.ts":{"memory":1024}}}' }, "BAD_CONFIG", "Fluid"],
    [
      "an unknown key of a function",
      { "vercel.json": '{"functions":{"api/a.ts":{"streaming":true}}}' },
      "BAD_CONFIG",
      "streaming",
    ],
    [
      "maxDuration out of range",
      { "vercel.json": '{"functions":{"api/a.ts":{"maxDuration":9999}}}' },
      "BAD_CONFIG",
      "maxDuration",
    ],
    ["a broken vercel.json", { "vercel.json": "{" }, "BAD_CONFIG", "not valid JSON"],
    [
      "a rewrite that is no path",
      { "vercel.json": '{"rewrites":[{"source":"/(a","destination":"/api/a"}]}' },
      "BAD_CONFIG",
      "vercel.json",
    ],
  ])("refuses %s and keeps the output there was", async (_what, files, code, text) => {
    const dir = await project({});
    const { buildId } = await buildProject(dir);
    await writeTree(dir, files);
    await expect(buildProject(dir)).rejects.toMatchObject({ code, message: expect.stringContaining(text) });
    const health = await fs.readFile(path.join(dir, ".vercel/output/functions/api/a.func/index.mjs"), "utf8");
    expect(health).toContain(buildId);
    expect(await fs.readdir(path.join(dir, ".vercel"))).toEqual(["output"]);
  });

  it("says which tool the project lacks", async () => {
    const dir = await tempDir();
    await writeTree(dir, { "package.json": "{}", "api/a.ts": GOOD });
    await expect(buildProject(dir)).rejects.toMatchObject({
      code: "MISSING_PROGRAM",
      message: expect.stringContaining("esbuild"),
    });
  });

  it("warns of private names in public/ and of settings that only a file holds", async () => {
    const dir = await project({
      "public/.env.local": "KEY=1",
      "public/model.onnx": "x",
      "api/a.ts": `${GOOD}\nexport const config = { maxDuration: 5 };`,
    });
    const { warnings } = await buildProject(dir);
    expect(warnings).toEqual([
      expect.stringContaining("export const config"),
      expect.stringContaining("public/.env.local"),
      expect.stringContaining("public/model.onnx"),
    ]);
  });

  it("leaves nothing behind when it is interrupted", async () => {
    const dir = await project({});
    await expect(buildProject(dir, { signal: AbortSignal.abort(new Error("stop")) })).rejects.toThrow("stop");
    expect(await fs.readdir(path.join(dir, ".vercel"))).toEqual([]);
  });
});
