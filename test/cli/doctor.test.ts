// `edge-ai doctor` as a user runs it, on an app as create-edge-ai makes it.
import fs from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { tempDir } from "../temp.ts";
import { linkPackages } from "../unit/release/preflight-project.ts";
import { runBin } from "./run.ts";

const TITLES = [
  "configuration",
  "dependencies",
  "model files",
  "handlers",
  "function sizes",
  "public files",
  "weights and native files",
  "types",
  "Node.js versions",
  "variables",
  "port",
  "build script",
];
const NPX = {
  check: "Vercel CLI",
  level: "warning",
  message: "the Vercel CLI is not installed: npx vercel@58.4.4 is used, which needs the network",
  hint: "npm install --save-dev --save-exact vercel@58.4.4",
};
/** Nobody is logged in to Vercel, and its program is not on the PATH: npx would take the tested one. */
const env = {
  VERCEL_TOKEN: "",
  HOME: "/nonexistent",
  XDG_DATA_HOME: "/nonexistent",
  PATH: [path.dirname(process.execPath), "/usr/bin", "/bin"].join(path.delimiter),
};
/** They have nothing to say of another target. */
const ON_CLOUDFLARE = ["wrangler", "Cloudflare Worker"];
const well = (title: string): string => `✓ ${title}`;
const UNASKED = {
  check: "Vercel project",
  level: "warning",
  message: "what only Vercel knows was not checked: there is no token",
  hint: "set VERCEL_TOKEN, or run vercel login",
};
const PACKAGES = [
  "@huggingface/tokenizers",
  "@types/node",
  "@vercel/functions",
  "@vercel/nft",
  "esbuild",
  "node",
  "onnxruntime-node",
  "typescript",
];

/** A new app with its packages, without an install. */
async function makeApp(): Promise<string> {
  const parent = await tempDir("edge-ai doctor ü");
  const made = await runBin(["create", "app", "--yes", "--no-install", "--no-git"], { cwd: parent });
  expect(made.code, made.stderr).toBe(0);
  const app = path.join(parent, "app");
  await linkPackages(app, PACKAGES);
  return app;
}

interface DoctorDocument {
  version: number;
  dir: string;
  ok: boolean;
  checks: { title: string; findings: { check: string; level: string; message: string; hint: string }[] }[];
}

describe("doctor", () => {
  it("finds nothing in a new app, and says that nobody asked Vercel", async () => {
    const app = await makeApp();
    const text = await runBin(["doctor", "app"], { cwd: path.dirname(app), env });
    const warnings = [NPX, UNASKED].map(({ check, message, hint }) => `! ${check}: ${message}\n    hint: ${hint}`);
    expect(text).toEqual({
      code: 0,
      stdout: `${[...TITLES.map(well), ...warnings, ...ON_CLOUDFLARE.map(well)].join("\n")}\n`,
      stderr: "",
    });
    const json = await runBin(["doctor", "--json"], { cwd: app, env });
    expect(json.code).toBe(0);
    expect(JSON.parse(json.stdout)).toEqual({
      version: 1,
      dir: app,
      ok: true,
      checks: [
        ...TITLES.map((title) => ({ title, findings: [] as object[] })),
        { title: NPX.check, findings: [NPX] },
        { title: UNASKED.check, findings: [UNASKED] },
        ...ON_CLOUDFLARE.map((title) => ({ title, findings: [] })),
      ],
    });
  });

  it("says what is wrong, all of it, with exit 1", async () => {
    const app = await makeApp();
    const weights = path.join(app, "models/use-lite/onnx/model_quantized.onnx");
    await fs.truncate(weights, 1_000_000);
    await fs.writeFile(path.join(app, "public/.env"), "KEY=1");
    await fs.writeFile(
      path.join(app, "api/seed.ts"),
      "export default async function handler(req: Request): Promise<Response> {\n  const n: number = await req.text();\n  return new Response(String(n));\n}\n",
    );
    const text = await runBin(["doctor"], { cwd: app, env });
    expect([text.code, text.stderr]).toEqual([1, ""]);
    expect(text.stdout).toMatch(
      /^✗ model files: .*is truncated: it has 1000000 bytes, and models\.lock\.json says \d+\n {4}hint: /m,
    );
    expect(text.stdout).toMatch(/^✗ handlers: api\/seed\.ts: .*hangs on Vercel\n {4}hint: /m);
    expect(text.stdout).toMatch(/^✗ types: .*\n {2}api\/seed\.ts\(2,9\): error TS2322/m);
    expect(text.stdout).toMatch(/^! public files: public\/\.env /m);
    expect(text.stdout).toContain("✓ configuration\n");
    const json = await runBin(["doctor", "--json"], { cwd: app, env });
    const document = JSON.parse(json.stdout) as DoctorDocument;
    expect([json.code, document.version, document.ok]).toEqual([1, 1, false]);
    const levels = document.checks.flatMap(({ findings }) => findings.map(({ check, level }) => [check, level]));
    expect(levels).toEqual([
      ["model files", "error"],
      ["handlers", "error"],
      ["public files", "warning"],
      ["types", "error"],
      ["Vercel CLI", "warning"],
      ["Vercel project", "warning"],
    ]);
  });

  it("--fix adds what is missing, says so on stderr, and leaves nothing to find", async () => {
    const app = await makeApp();
    await fs.rm(path.join(app, "public"), { recursive: true });
    await fs.rm(path.join(app, ".npmrc"));
    const before = await runBin(["doctor", "--json"], { cwd: app });
    expect(before.code).toBe(1);
    const fixed = await runBin(["doctor", "--fix", "--target", "local"], { cwd: app, env });
    expect(fixed.code).toBe(0);
    expect(fixed.stderr).toBe("fixed: made public/index.html\nfixed: added onnxruntime-node-install=skip to .npmrc\n");
    expect(fixed.stdout).not.toMatch(/^[✗!]/m);
  });

  it("warnings alone are exit 0", async () => {
    const app = await makeApp();
    await fs.writeFile(path.join(app, "public/.env"), "KEY=1");
    const run = await runBin(["doctor"], { cwd: app, env });
    expect(run.code).toBe(0);
    expect(run.stdout).toContain("! public files");
  });

  it("answers about a folder that is no project, and cannot run where there is none", async () => {
    const dir = await tempDir();
    const empty = await runBin(["doctor", "--json"], { cwd: dir });
    expect(empty.code).toBe(1);
    expect(JSON.parse(empty.stdout)).toMatchObject({ version: 1, ok: false });
    const gone = await runBin(["doctor", "gone", "--json"], { cwd: dir });
    expect(gone.code).toBe(2);
    expect(JSON.parse(gone.stdout)).toMatchObject({ version: 1, error: { code: "FILE", hint: expect.any(String) } });
    expect((await runBin(["doctor", "--target", "moon"], { cwd: dir })).code).toBe(2);
    expect(await fs.readdir(dir)).toEqual([]);
  });
});
