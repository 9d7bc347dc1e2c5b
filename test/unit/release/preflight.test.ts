// Each check of a deploy, seen passing and failing on a real project.
import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import net from "node:net";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Interrupted } from "../../../src/errors.ts";
import { openProject, preflight, preflightChecks } from "../../../src/release/preflight.ts";
import { defineCheck, type Check } from "../../../src/release/preflight/check.ts";
import { applyFixes } from "../../../src/release/preflight/fixes.ts";
import { nodeVersionsCheck } from "../../../src/release/preflight/node-versions.ts";
import { portHolder } from "../../../src/release/preflight/port-holder.ts";
import { portCheck } from "../../../src/release/preflight/port.ts";
import { typeErrorsCheck } from "../../../src/release/preflight/type-errors.ts";
import { writeTree } from "../../temp.ts";
import { config, findingsOf, goodFiles, io, linkPackages, projectAt, writeProject } from "./preflight-project.ts";

const titled = (title: string): Check => {
  const found = preflightChecks.find((check) => check.title === title);
  if (found === undefined) throw new Error(`there is no check ${title}`);
  return found;
};

type Changes = Record<string, string | null>;
interface Row {
  title: string;
  what: string;
  changes: Changes;
  /** Level of the one finding and a part of its message; null when there is none. */
  finds: [level: "error" | "warning", message: string] | null;
}

const ONNX = "models/m/onnx/model_quantized.onnx";
const configWith = (changes: object): string => JSON.stringify({ ...config, ...changes });
const lock = (content: string, bytes = content.length): string =>
  JSON.stringify({
    version: 1,
    models: [
      {
        id: "m",
        path: "./models/m/",
        files: [
          { path: "onnx/model_quantized.onnx", bytes, sha256: createHash("sha256").update(content).digest("hex") },
        ],
      },
    ],
  });
const packageWith = (changes: object): string =>
  JSON.stringify({ ...(JSON.parse(goodFiles["package.json"] ?? "") as object), ...changes });
const ONNX_PACKAGE = packageWith({ dependencies: { "onnxruntime-node": "1.30.0" } });
const vercelWith = (includeFiles: string, excludeFiles?: string): string =>
  JSON.stringify({ functions: { "api/a.ts": { includeFiles, excludeFiles } } });

const table: Record<string, [what: string, changes: Changes, finds: Row["finds"]][]> = {
  configuration: [
    ["edge-ai.json is missing", { "edge-ai.json": null }, ["error", "there is no"]],
    ["edge-ai.json has two problems", { "edge-ai.json": configWith({ mode: "x", extra: 1 }) }, ["error", "2 problems"]],
    ["vercel.json is not JSON", { "vercel.json": "{" }, ["error", "not valid JSON"]],
    [
      "vercel.json sets a runtime",
      { "vercel.json": '{"functions":{"api/a.ts":{"runtime":"nodejs18.x"}}}' },
      ["error", "runtime"],
    ],
    ["a pattern matches no function", { "vercel.json": '{"functions":{"api/b.ts":{}}}' }, ["error", "api/b.ts"]],
    ["there are no functions", { "api/a.ts": null, "vercel.json": "{}" }, ["error", "no functions"]],
  ],
  "model files": [
    [
      "the folder is missing",
      Object.fromEntries(
        Object.keys(goodFiles)
          .filter((file) => file.startsWith("models/"))
          .map((file) => [file, null]),
      ),
      ["error", "models/m is missing or empty"],
    ],
    ["the weights are missing", { [ONNX]: null }, ["error", `${ONNX} is missing`]],
    ["the weights are empty", { [ONNX]: "" }, ["error", "is empty"]],
    [
      "the weights are a git-lfs pointer",
      { [ONNX]: "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 7\n" },
      ["error", "git-lfs pointer"],
    ],
    ["the weights are a saved page", { [ONNX]: "<!DOCTYPE html><title>Log in" }, ["error", "HTML page"]],
    ["a tokenizer is cut", { "models/m/tokenizer.json": '{"a":' }, ["error", "tokenizer.json is not valid JSON"]],
    ["the weights are as locked", { "models.lock.json": lock("weights") }, null],
    [
      "the weights are truncated",
      { "models.lock.json": lock("weights and more") },
      ["error", "is truncated: it has 7 bytes, and models.lock.json says 16"],
    ],
    [
      "the weights are longer than locked",
      { "models.lock.json": lock("short") },
      ["error", `${ONNX} has 7 bytes, and models.lock.json says 5`],
    ],
    ["the weights are others of the same size", { "models.lock.json": lock("Weights") }, ["error", "has the sha256"]],
    ["the lock cannot be read", { "models.lock.json": '{"version":2}' }, ["error", "models.lock.json has"]],
    [
      "the lock knows other models only",
      { "models.lock.json": lock("x").replace("./models/m/", "models/other") },
      null,
    ],
    [
      "local mode has no model.path",
      { "edge-ai.json": configWith({ model: { id: "m" } }) },
      ["error", "model.path is null"],
    ],
    [
      "model.path leaves the project",
      { "edge-ai.json": configWith({ model: { id: "m", path: "models/../../x" } }) },
      ["error", "out of the project"],
    ],
    [
      "the model runs elsewhere",
      { "edge-ai.json": configWith({ mode: "external", model: { id: "m" } }), [ONNX]: null },
      null,
    ],
  ],
  "public files": [
    ["there is no public/", { "public/index.html": null }, ["error", "publish the repository"]],
    ["public is a file", { "public/index.html": null, public: "x" }, ["error", "no folder public/"]],
    ["a key is in public/", { "public/deep/server.pem": "x" }, ["warning", "public/deep/server.pem"]],
  ],
  "weights and native files": [
    [
      "includeFiles is missing",
      { "vercel.json": "{}" },
      ["error", `no function has in its includeFiles models/m/config.json`],
    ],
    ["includeFiles takes one level only", { "vercel.json": vercelWith("models/m/*") }, ["error", ONNX]],
    [
      "excludeFiles takes the weights out again",
      { "vercel.json": vercelWith("models/m/**", "**/*.onnx") },
      ["error", ONNX],
    ],
    ["includeFiles takes all models", { "vercel.json": vercelWith("./models/**") }, null],
    ["the model runs elsewhere", { "vercel.json": "{}", "edge-ai.json": configWith({ mode: "external" }) }, null],
    [".npmrc is missing", { "package.json": ONNX_PACKAGE }, ["warning", "onnxruntime-node-install=skip"]],
    [
      ".npmrc has another line",
      { "package.json": ONNX_PACKAGE, ".npmrc": "# onnxruntime-node-install=skip\nfund=false" },
      ["warning", "lacks"],
    ],
    [
      ".npmrc has the line",
      { "package.json": ONNX_PACKAGE, ".npmrc": "fund=false\nonnxruntime-node-install = skip\n" },
      null,
    ],
  ],
  "Node.js versions": [
    ["package.json is missing", { "package.json": null }, ["error", "package.json"]],
    [
      "Vercel does not run that version",
      { "package.json": packageWith({ engines: { node: "18.x" } }) },
      ["error", "18.x"],
    ],
  ],
  "build script": [
    [
      "a script is named build",
      { "package.json": packageWith({ scripts: { build: "x" } }) },
      ["warning", "script named build"],
    ],
    [
      "a script is named vercel-build",
      { "package.json": packageWith({ scripts: { "vercel-build": "x" } }) },
      ["warning", "vercel-build"],
    ],
    ["vercel.json has a buildCommand", { "vercel.json": '{"buildCommand":"npm run x"}' }, ["warning", "npm run x"]],
    ["vercel.json switches the buildCommand off", { "vercel.json": '{"buildCommand":null}' }, null],
  ],
};

describe.each(Object.entries(table))("%s", (title, rows) => {
  it("has nothing to say about a good project", async () => {
    expect(await findingsOf(titled(title), await writeProject())).toEqual([]);
  });
  it.each(rows)("%s", async (_what, changes, finds) => {
    const findings = await findingsOf(titled(title), await writeProject(changes));
    const expected =
      finds === null
        ? []
        : [
            {
              check: title,
              level: finds[0],
              message: expect.stringContaining(finds[1]),
              hint: expect.stringMatching(/\w/),
            },
          ];
    // Some findings say too with which code a deploy ends.
    expect(findings.map(({ code: _code, ...finding }) => finding)).toEqual(expected);
  });
});

describe("configuration", () => {
  it("reports both files at once", async () => {
    const dir = await writeProject({ "edge-ai.json": "{}", "vercel.json": "[]" });
    expect(await findingsOf(titled("configuration"), dir)).toHaveLength(2);
  });
});

describe("public files", () => {
  it("warns of an empty public/, which git does not keep", async () => {
    const dir = await writeProject({ "public/index.html": null });
    await fs.mkdir(path.join(dir, "public"));
    expect(await findingsOf(titled("public files"), dir)).toEqual([
      expect.objectContaining({ level: "warning", message: expect.stringContaining("empty") }),
    ]);
  });
});

describe("weights and native files", () => {
  it("asks of every function that reaches an inference engine, and of no other", async () => {
    const dir = await writeProject({
      "lib/model.ts": 'export const load = () => import("onnxruntime-node");',
      "api/one.ts":
        'import { load } from "../lib/model.ts"; export const GET = async () => Response.json(await load());',
      "api/two.ts": 'import ort from "onnxruntime-node"; export const GET = () => Response.json(ort);',
      "vercel.json": '{"functions":{"api/one.ts":{"includeFiles":"models/**"},"api/two.ts":{"maxDuration":5}}}',
    });
    await linkPackages(dir, ["esbuild"]);
    expect(await findingsOf(titled("weights and native files"), dir)).toEqual([
      expect.objectContaining({ level: "error", message: expect.stringMatching(/^vercel\.json: api\/two\.ts loads/) }),
    ]);
  });
});

describe("function sizes", () => {
  const FUNC = ".vercel/output/functions/api/a.func";
  const CONFIG = { runtime: "nodejs24.x", handler: "index.mjs", launcherType: "Nodejs" };
  const LIMIT_BYTES = 262_144_000;

  it("has nothing to say without a build, and about a small one", async () => {
    const dir = await writeProject();
    expect(await findingsOf(titled("function sizes"), dir)).toEqual([]);
    await writeTree(dir, { [`${FUNC}/.vc-config.json`]: JSON.stringify(CONFIG), [`${FUNC}/index.mjs`]: "x" });
    expect(await findingsOf(titled("function sizes"), dir)).toEqual([]);
  });

  it("names what is largest, also in files that the function only refers to", async () => {
    const filePathMap = { "models/m/onnx/model_quantized.onnx": ONNX };
    const dir = await writeProject({
      [`${FUNC}/.vc-config.json`]: JSON.stringify({ ...CONFIG, filePathMap }),
      [`${FUNC}/node_modules/big/index.node`]: "",
    });
    await fs.truncate(path.join(dir, ONNX), LIMIT_BYTES - 1000);
    await fs.truncate(path.join(dir, FUNC, "node_modules/big/index.node"), 2000);
    expect(await findingsOf(titled("function sizes"), dir)).toEqual([
      expect.objectContaining({
        level: "error",
        message: expect.stringMatching(/^api\/a has 26214\d+ bytes, .* 262144000: models\/m 262143000, big 2000/),
      }),
    ]);
  });
});

describe("types", () => {
  const TSCONFIG =
    '{"compilerOptions":{"strict":true,"types":[],"lib":["es2024","dom"],"noEmit":true},"include":["api"]}';

  it("reports the first lines of the project's own tsc", async () => {
    const dir = await writeProject({ "tsconfig.json": TSCONFIG });
    await linkPackages(dir, ["typescript"]);
    expect(await findingsOf(typeErrorsCheck, dir)).toEqual([]);
    const wrong = Array.from({ length: 10 }, (_, n) => `export const n${n}: number = "";`).join("\n");
    await writeTree(dir, { "api/wrong.ts": wrong });
    const [finding, ...others] = await findingsOf(typeErrorsCheck, dir);
    expect(others).toEqual([]);
    expect(finding).toMatchObject({
      level: "error",
      message: expect.stringContaining("api/wrong.ts(1,14): error TS2322"),
    });
    expect(finding?.message.split("\n")).toHaveLength(7);
    expect(finding?.message).toContain("5 more lines");
  });

  it("warns when it cannot look, and asks nothing of a project without a tsconfig.json", async () => {
    expect(await findingsOf(typeErrorsCheck, await writeProject({ "tsconfig.json": TSCONFIG }))).toEqual([
      expect.objectContaining({ level: "warning", message: expect.stringContaining("not installed") }),
    ]);
    expect(await findingsOf(typeErrorsCheck, await writeProject())).toEqual([]);
  });
});

describe("Node.js versions", () => {
  it.each([
    ["20.18.3", 1],
    ["20.19.0", 0],
    ["24.0.0", 0],
  ])("of edge-ai itself: %s", async (version, count) => {
    expect(await findingsOf(nodeVersionsCheck(version), await writeProject())).toHaveLength(count);
  });

  it("warns when the project's Node.js is older than it asks for", async () => {
    const dir = await writeProject({ "package.json": packageWith({ engines: { node: "24.x" } }) });
    await fs.mkdir(path.join(dir, "node_modules/.bin"), { recursive: true });
    await fs.writeFile(path.join(dir, "node_modules/.bin/node"), "#!/bin/sh\necho v22.1.0\n", { mode: 0o755 });
    expect(await findingsOf(titled("Node.js versions"), dir)).toEqual([
      expect.objectContaining({ level: "warning", message: expect.stringContaining("22.1.0") }),
    ]);
  });
});

async function takePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(() => void server.close());
  return (server.address() as net.AddressInfo).port;
}
const onPort = (port: number): Changes => ({ "edge-ai.json": configWith({ targets: { local: { port } } }) });
const state = (productionPort: number, pid: number): Changes => ({
  ".edge-ai/local/state.json": JSON.stringify({ supervisor: { pid }, productionPort }),
});

describe("port", () => {
  it("is an error when another program has it, for the local target only", async () => {
    const port = await takePort();
    const dir = await writeProject(onPort(port));
    expect(await findingsOf(titled("port"), dir, "local")).toEqual([
      expect.objectContaining({ level: "error", message: expect.stringContaining(`port ${port} is in use`) }),
    ]);
    expect(await findingsOf(titled("port"), dir)).toEqual([]);
  });

  it("is fine when nobody has it, by default 4100", async () => {
    const asked: number[] = [];
    const check = portCheck(async (_dir, port) => {
      asked.push(port);
      return "nobody";
    });
    expect(await findingsOf(check, await writeProject(), "local")).toEqual([]);
    expect(asked).toEqual([4100]);
  });

  it("does not keep the port it tries", async () => {
    const port = await new Promise<number>((resolve) => {
      const server = net.createServer().listen(0, "127.0.0.1", () => {
        const { port: free } = server.address() as net.AddressInfo;
        server.close(() => resolve(free));
      });
    });
    expect([await portHolder("/nowhere", port), await portHolder("/nowhere", port)]).toEqual(["nobody", "nobody"]);
  });

  it.each<[what: string, pid: number, others: Changes, holder: string]>([
    ["a supervisor that is alive", process.pid, {}, "supervisor"],
    ["a stale pid", 2 ** 22 - 1, {}, "another"],
    ["a state that is not ours", process.pid, { ".edge-ai/local/state.json": "[]" }, "another"],
    ["a state that is cut", process.pid, { ".edge-ai/local/state.json": '{"supervisor"' }, "another"],
    ["a supervisor of another port", process.pid, state(1, process.pid), "another"],
  ])("knows %s", async (_what, pid, others, holder) => {
    const port = await takePort();
    const dir = await writeProject({ ...state(port, pid), ...others });
    expect(await portHolder(dir, port)).toBe(holder);
  });
});

describe("preflight", () => {
  it("reports everything at once", async () => {
    const dir = await writeProject({
      "edge-ai.json": "{",
      "public/index.html": null,
      "package.json": packageWith({ scripts: { build: "x" } }),
      "vercel.json": "{",
    });
    const findings = await preflight(await projectAt(dir));
    expect(findings.filter(({ level }) => level === "error").map(({ check }) => check)).toEqual([
      "configuration",
      "configuration",
      "dependencies",
      "public files",
    ]);
    expect(findings.map(({ check }) => check)).toContain("build script");
  });

  it("turns a check that breaks into a finding", async () => {
    const check = defineCheck("fragile", () => Promise.reject(new TypeError("x is not a function")));
    expect(await findingsOf(check, await writeProject())).toEqual([
      {
        check: "fragile",
        level: "error",
        message: expect.stringContaining("x is not a function"),
        hint: expect.stringContaining("bug"),
      },
    ]);
  });

  it("is over when a signal comes", async () => {
    const dir = await writeProject({ "tsconfig.json": "{}" });
    await linkPackages(dir, ["typescript"]);
    const project = await openProject(io(AbortSignal.abort(new Interrupted("SIGINT"))), dir);
    await expect(preflight(project)).rejects.toThrow(Interrupted);
  });
});

describe("applyFixes", () => {
  it("adds what is missing, once, and touches nothing else", async () => {
    const dir = await writeProject({ "public/index.html": null, "package.json": ONNX_PACKAGE, ".npmrc": "fund=false" });
    expect(await applyFixes(await projectAt(dir))).toHaveLength(2);
    expect(await fs.readFile(path.join(dir, ".npmrc"), "utf8")).toBe("fund=false\nonnxruntime-node-install=skip\n");
    expect(await fs.readFile(path.join(dir, "public/index.html"), "utf8")).toContain("<title>app</title>");
    const others = new Set(["dependencies", "Vercel CLI", "Vercel project"]);
    expect((await preflight(await projectAt(dir))).filter(({ check }) => !others.has(check))).toEqual([
      expect.objectContaining({ check: "handlers", level: "warning" }),
    ]);
    expect(await applyFixes(await projectAt(dir))).toEqual([]);
  });

  it("leaves a public/ that is there alone, whatever it is", async () => {
    const dir = await writeProject({ "public/index.html": null, public: "a file" });
    expect(await applyFixes(await projectAt(dir))).toEqual([]);
    expect(await fs.readFile(path.join(dir, "public"), "utf8")).toBe("a file");
  });
});

describe("dependencies", () => {
  it("names what is not installed, and how to get it", async () => {
    const dir = await writeProject({
      "package.json": packageWith({
        dependencies: { left: "1.0.0" },
        devDependencies: { esbuild: "1", "@vercel/nft": "1" },
      }),
    });
    expect(await findingsOf(titled("dependencies"), dir)).toEqual([
      {
        check: "dependencies",
        level: "error",
        code: "MISSING_PROGRAM",
        message: "not installed: esbuild, @vercel/nft, left",
        hint: "npm install",
      },
    ]);
  });

  it("is quiet when everything is there", async () => {
    const dir = await writeProject({ "package.json": ONNX_PACKAGE });
    await linkPackages(dir, ["esbuild", "@vercel/nft", "onnxruntime-node"]);
    expect(await findingsOf(titled("dependencies"), dir)).toEqual([]);
  });
});
