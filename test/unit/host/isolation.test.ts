import fs from "node:fs/promises";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startHost } from "../../../src/host/host.ts";
import { ask, askJson, launcher, makeProject, start, writeFiles } from "./fixture.ts";

const readsFile = `import { readFileSync } from "node:fs";
  export const GET = (request) => {
    try { return new Response(readFileSync(new URL(request.url).searchParams.get("file"), "utf8")) }
    catch (error) { return new Response(error.code, { status: 500 }) }
  };`;

test("a function runs in a copy of its own folder: what the build did not trace is not there", async () => {
  const { projectDir, outputDir } = await makeProject({
    functions: { "api/x": { files: { "index.mjs": readsFile, "data/traced.txt": "traced" } } },
  });
  await writeFiles(projectDir, { "untraced.txt": "no", "models/m.bin": "mapped" });
  const config = path.join(outputDir, "functions/api/x.func/.vc-config.json");
  const filePathMap = { "weights/m.bin": "models/m.bin" };
  await fs.writeFile(config, JSON.stringify({ ...JSON.parse(await fs.readFile(config, "utf8")), filePathMap }));
  const host = await startHost({ projectDir, outputDir, port: 0, env: {}, onLog: () => {}, launcher });
  onTestFinished(() => host.close());
  const read = async (file: string) => (await ask(host, `/api/x?file=${file}`)).text;
  expect(await read("data/traced.txt")).toBe("traced");
  expect(await read("weights/m.bin")).toBe("mapped");
  expect(await read("untraced.txt")).toBe("ENOENT");
  expect(await read("../../../untraced.txt")).toBe("ENOENT");
});

test.each([
  ["the project", { "a.txt": "../secret.txt" }],
  ["the project", { "a.txt": "/etc/passwd" }],
  ["the function", { "../a.txt": "a.txt" }],
  ["the function", { "/a.txt": "a.txt" }],
])("a filePathMap that leaves %s's folder is BAD_CONFIG", async (what, filePathMap) => {
  const started = start({ functions: { "api/x": { files: {}, config: { filePathMap } } } });
  await expect(started).rejects.toMatchObject({
    code: "BAD_CONFIG",
    message: expect.stringContaining(`outside ${what}'s folder`),
    hint: "run edge-ai build",
  });
});

test("a filePathMap does not write through a link out of the function's folder", async () => {
  const { projectDir, outputDir } = await makeProject({
    functions: {
      "api/x": { files: { "index.mjs": readsFile }, config: { filePathMap: { "out/new/a.txt": "a.txt" } } },
    },
  });
  await writeFiles(projectDir, { "a.txt": "a", "outside/keep.txt": "" });
  await fs.symlink(path.join(projectDir, "outside"), path.join(outputDir, "functions/api/x.func/out"));
  const logs: string[] = [];
  const onLog = (line: string) => void logs.push(line);
  const host = await startHost({ projectDir, outputDir, port: 0, env: {}, onLog, launcher });
  onTestFinished(() => host.close());
  expect((await ask(host, "/api/x")).status).toBe(500);
  expect(logs.join("\n")).toContain("outside the function's folder");
  expect(await fs.readdir(path.join(projectDir, "outside"))).toEqual(["keep.txt"]);
});

test("a .func that is a link to another, as vercel build makes them, is a function of its own", async () => {
  const pid = `export const GET = () => new Response(String(process.pid))`;
  const { projectDir, outputDir } = await makeProject({ functions: { "api/a": pid } });
  await fs.symlink("./a.func", path.join(outputDir, "functions/api/b.func"));
  const host = await startHost({ projectDir, outputDir, port: 0, env: {}, onLog: () => {}, launcher });
  onTestFinished(() => host.close());
  const [a, b] = await Promise.all(["/api/a", "/api/b"].map(async (target) => (await ask(host, target)).text));
  expect(a).toMatch(/^\d+$/);
  expect(b).toMatch(/^\d+$/);
  expect(a).not.toBe(b);
});

test("the environment is Vercel's, the caller's and the function's own, and nothing of this process", async () => {
  process.env["EDGE_AI_TEST_SECRET"] = "secret";
  onTestFinished(() => void delete process.env["EDGE_AI_TEST_SECRET"]);
  const env = { MINE: "1", VERCEL_URL: "", VERCEL_ENV: "development", SHARED: "caller" };
  const { host } = await start(
    {
      functions: {
        "api/x": {
          files: { "index.mjs": "export const GET = () => Response.json({ ...process.env, cwd: process.cwd() })" },
          config: { environment: { SHARED: "function", OWN: "2" } },
        },
      },
    },
    { env, environment: "preview" },
  );
  const { cwd, HOME, TMPDIR, PATH, ...rest } = await askJson<Record<string, string>>(host);
  expect(rest).toEqual({
    MINE: "1",
    SHARED: "function",
    OWN: "2",
    NODE_ENV: "production",
    TZ: ":UTC",
    VERCEL: "1",
    VERCEL_ENV: "preview",
    VERCEL_REGION: "dev1",
    VERCEL_URL: `127.0.0.1:${host.port}`,
  });
  expect(cwd).toMatch(/edge-ai-host-\w+\/0\/0\/task$/);
  expect([HOME, TMPDIR]).toEqual([path.join(path.dirname(cwd ?? ""), "tmp"), HOME]);
  expect(PATH?.startsWith(path.dirname(process.execPath))).toBe(true);
});

test("index.func answers its folder, a dynamic segment gets its query, the function sees the path asked for", async () => {
  const says = `export const GET = (request) => { const { pathname, search } = new URL(request.url); return new Response(pathname + search) }`;
  const { host } = await start({
    functions: { "api/index": says, "api/item/[id]": says },
    config: {
      routes: [{ handle: "filesystem" }, { src: "^/api/item/([^/]+)$", dest: "/api/item/[id]?id=$1", check: true }],
    },
  });
  expect((await ask(host, "/api")).text).toBe("/api");
  const item = await ask(host, "/api/item/5?x=1");
  expect([item.text, item.headers["x-matched-path"]]).toEqual(["/api/item/5?id=5&x=1", "/api/item/[id]"]);
});
