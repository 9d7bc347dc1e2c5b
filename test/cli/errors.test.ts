// What every command says when it cannot run: exit 2, one clear line and a hint; with --json one document on stdout.
import net from "node:net";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tempDir, writeTree } from "../temp.ts";
import { runBin } from "./run.ts";

let busy: net.Server;
let busyPort: string;
beforeAll(async () => {
  busy = net.createServer();
  await new Promise<void>((resolve) => {
    busy.listen(0, "127.0.0.1", resolve);
  });
  busyPort = String((busy.address() as net.AddressInfo).port);
});
afterAll(() => {
  busy.close();
});

const OUTPUT = ".vercel/output/config.json";

describe.each<[what: string, args: () => string[], files: Record<string, string>, code: string, text: string]>([
  ["an unknown command", () => ["deplyo"], {}, "USAGE", "deplyo"],
  ["an unknown flag", () => ["build", "--fast"], {}, "USAGE", "--fast"],
  ["too many arguments", () => ["build", "a", "b"], {}, "USAGE", "arguments"],
  ["build without a project", () => ["build"], {}, "BAD_CONFIG", "package.json"],
  ["build of a folder that is not there", () => ["build", "gone"], {}, "BAD_CONFIG", "gone"],
  ["build without functions", () => ["build"], { "package.json": "{}" }, "BUILD_FAILED", "api"],
  ["build without esbuild", () => ["build"], { "package.json": "{}", "api/a.ts": "" }, "MISSING_PROGRAM", "esbuild"],
  [
    "build with a broken vercel.json",
    () => ["build"],
    { "package.json": "{}", "vercel.json": "{,", "api/a.ts": "" },
    "BAD_CONFIG",
    "vercel.json",
  ],
  [
    "dev without a build to serve",
    () => ["dev", "--prebuilt", "--port", "0"],
    { "package.json": "{}" },
    "BAD_CONFIG",
    "output",
  ],
  [
    "dev on a port in use",
    () => ["dev", "--prebuilt", "--port", busyPort],
    { "package.json": "{}", [OUTPUT]: '{"version":3}' },
    "PORT",
    "in use",
  ],
  ["dev on a port that is none", () => ["dev", "--port", "65536"], {}, "USAGE", "65536"],
  [
    "dev with an environment file that is not there",
    () => ["dev", "--dotenv", "no.env"],
    { "package.json": "{}" },
    "FILE",
    "no.env",
  ],
  [
    "dev with an older output version",
    () => ["dev", "--prebuilt", "--port", "0"],
    { "package.json": "{}", [OUTPUT]: '{"version":2}' },
    "BAD_CONFIG",
    "version",
  ],
])("%s", (_what, args, files, code, text) => {
  it("is exit 2 with a line and a hint, and a document with --json", async () => {
    const dir = await tempDir();
    await writeTree(dir, files);
    const plain = await runBin(args(), { cwd: dir });
    expect([plain.code, plain.stdout]).toEqual([2, ""]);
    expect(plain.stderr).toMatch(/^error: [^\n]*\n(?: {2}(?!hint)[^\n]*\n)*(?: {2}hint: [^\n]+\n)?/m);
    const document = await runBin([...args(), "--json"], { cwd: dir });
    expect(document.code).toBe(2);
    const { version, error } = JSON.parse(document.stdout) as {
      version: number;
      error: { code: string; message: string };
    };
    expect([version, error.code]).toEqual([1, code]);
    expect(error.message).toContain(text);
  });
});

it("--help and --version go to stdout with exit 0", async () => {
  for (const args of [["--help"], ["plan", "--help"], ["help", "create"], ["--version"]]) {
    const run = await runBin(args);
    expect([run.code, run.stderr]).toEqual([0, ""]);
    expect(run.stdout.length).toBeGreaterThan(3);
  }
});

it("no arguments is a question that has an answer", async () => {
  const run = await runBin([]);
  expect(run.code).toBe(2);
  expect(run.stderr).toContain("Usage: edge-ai");
});

it("a reader that goes away is not an error", async () => {
  const { execFile } = await import("node:child_process");
  const code = await new Promise<number>((resolve) => {
    const script = `set -o pipefail; '${process.execPath}' '${path.resolve("dist/edge-ai.js")}' plan --json | head -c 1 >/dev/null`;
    execFile("bash", ["-c", script], (error) => resolve(typeof error?.code === "number" ? error.code : 0));
  });
  expect(code).toBe(0);
});
