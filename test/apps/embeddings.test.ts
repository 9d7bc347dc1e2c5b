// A stranger's way: the packed tarball in an empty folder, a project made with it, built by us and by the real `vercel build`.
import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serveBin, type Served } from "../cli/serve.ts";
import { embeddingsContract } from "./contract.ts";

const run = promisify(execFile);
const SLOW_MS = 240_000;

let root: string;
let app: string;
/** What `create --deploy` came to where nobody is logged in to Vercel. */
let created: { code: number; document: { dir: string; files: string[]; deploy: { error: { code: string } } } };

/** The edge-ai that the app installed from the tarball. */
const appBin = (): string => path.join(app, "node_modules/create-edge-ai/dist/edge-ai.js");

beforeAll(async () => {
  root = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), "edge-ai apps ü-")));
  const empty = path.join(root, "empty");
  await fs.mkdir(empty);
  const { stdout } = await run("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", root]);
  await run("npm", ["install", "--no-audit", "--no-fund", "--prefix", empty, path.join(root, stdout.trim())], {
    cwd: empty,
  });
  app = path.join(root, "mein projekt ü");
  const { VERCEL_TOKEN: _token, ...env } = process.env;
  const args = ["mein projekt ü", "--yes", "--no-git", "--deploy", "--json"];
  const made = await run(path.join(empty, "node_modules/.bin/create-edge-ai"), args, {
    cwd: root,
    env: {
      ...env,
      XDG_DATA_HOME: root,
      HOME: root,
      npm_config_cache: env["npm_config_cache"] ?? path.join(os.homedir(), ".npm"),
    },
  }).then(
    () => ({ code: 0, stdout: "" }),
    (error: { code: number; stdout: string }) => error,
  );
  created = { code: made.code, document: JSON.parse(made.stdout) as (typeof created)["document"] };
}, SLOW_MS);

afterAll(async () => {
  await fs.rm(root, { recursive: true, force: true });
});

describe("the packed tarball", () => {
  it("installs alone: no other package comes with it", async () => {
    expect((await fs.readdir(path.join(root, "empty/node_modules"))).filter((name) => !name.startsWith("."))).toEqual([
      "create-edge-ai",
    ]);
  });

  it("has both bins, the schema, and the model with its notice", async () => {
    const dir = path.join(root, "empty/node_modules/create-edge-ai");
    for (const file of ["schema/edge-ai.json", "templates/models/use-lite/NOTICE", "templates/app/_npmrc", "LICENSE"])
      await fs.access(path.join(dir, file));
    const { stdout } = await run(path.join(root, "empty/node_modules/.bin/edge-ai"), ["--version"]);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("the generated app", () => {
  it("is whole although its release, which came at once, could not run", async () => {
    expect(created).toMatchObject({ code: 2, document: { dir: app, deploy: { error: { code: "NO_ACCESS" } } } });
    for (const file of created.document.files) await fs.access(path.join(app, file));
    await fs.access(path.join(app, "node_modules/create-edge-ai"));
  });

  it(
    "type-checks in strict mode and passes its own tests",
    async () => {
      await run("npm", ["run", "types"], { cwd: app });
      const { stdout } = await run("npm", ["test"], { cwd: app });
      expect(stdout).toMatch(/pass 6\b/);
      expect(stdout).toMatch(/fail 0\b/);
    },
    SLOW_MS,
  );

  it("is built with the embeddings function under 60 MB and the model in no other one", async () => {
    const { stdout } = await run(process.execPath, [appBin(), "build", "--json"], { cwd: app });
    const { functions } = JSON.parse(stdout) as { functions: { path: string; bytes: number }[] };
    const bytes = Object.fromEntries(functions.map((each) => [each.path, each.bytes]));
    expect(Object.keys(bytes)).toEqual(["api/batch", "api/embeddings", "api/health", "api/prefetch"]);
    expect(bytes["api/embeddings"]).toBeLessThan(60_000_000);
    for (const small of ["api/batch", "api/health", "api/prefetch"]) expect(bytes[small]).toBeLessThan(100_000);
  });
});

describe("served from our build", () => {
  let served: Served;
  beforeAll(async () => {
    await run(process.execPath, [appBin(), "build"], { cwd: app });
    served = await serveBin(app, ["--prebuilt"], { bin: appBin() });
  }, SLOW_MS);
  afterAll(async () => {
    expect(await served.stop()).toBe(143);
  });

  embeddingsContract("edge-ai build", () => served.url);

  it("has its build id in the health document", async () => {
    const { buildId } = JSON.parse(
      (await run(process.execPath, [appBin(), "build", "--json"], { cwd: app })).stdout,
    ) as { buildId: string };
    const health = (await (await fetch(`${served.url}/api/health`)).json()) as { buildId: string };
    expect(health.buildId).toBe(buildId);
  });
});

describe("prefetch", () => {
  it("loads the very model that the embeddings function uses", async () => {
    // What prefetch loaded is in memory: the function goes on when its files are taken away, and without prefetch it cannot.
    const answers: Record<string, number> = {};
    for (const warm of [true, false]) {
      const temp = await fs.mkdtemp(path.join(root, "host-"));
      const served = await serveBin(app, ["--prebuilt"], { bin: appBin(), env: { TMPDIR: temp } });
      try {
        if (warm) expect((await fetch(`${served.url}/api/prefetch`)).status).toBe(200);
        else await fs.rm(path.join(app, ".vercel/output/functions/api/embeddings.func/models"), { recursive: true });
        const copies = (await fs.readdir(temp, { recursive: true })).filter((file) =>
          file.endsWith("onnx/model_quantized.onnx"),
        );
        expect(copies).toHaveLength(warm ? 1 : 0);
        for (const file of copies) await fs.rm(path.join(temp, file));
        answers[String(warm)] = (
          await fetch(`${served.url}/api/embeddings`, { method: "POST", body: '{"input":"hello"}' })
        ).status;
      } finally {
        await served.stop();
      }
    }
    expect(answers).toEqual({ true: 200, false: 500 });
  });
});

describe("dev", () => {
  it(
    "serves a change without a restart, and keeps the last good build",
    async () => {
      const served = await serveBin(app, [], { bin: appBin() });
      const health = async (): Promise<{ buildId: string; status: string }> =>
        (await (await fetch(`${served.url}/api/health`)).json()) as { buildId: string; status: string };
      const file = path.join(app, "api/health.ts");
      const original = await fs.readFile(file, "utf8");
      try {
        const before = await health();
        await fs.writeFile(file, original.replace('? "ok"', '? "changed"'));
        await expect.poll(async () => (await health()).status, { timeout: 20_000 }).toBe("changed");
        expect((await health()).buildId).not.toBe(before.buildId);
        await fs.writeFile(file, "export default {");
        await expect.poll(() => served.log(), { timeout: 20_000 }).toContain("the last build goes on");
        expect((await health()).status).toBe("changed");
      } finally {
        await fs.writeFile(file, original);
        expect(await served.stop("SIGINT")).toBe(130);
      }
      expect(await fs.readdir(path.join(app, ".edge-ai")).catch(() => [])).toEqual([]);
    },
    SLOW_MS,
  );
});

describe("served from the real `vercel build`", () => {
  let served: Served;
  beforeAll(async () => {
    await fs.rm(path.join(app, ".vercel"), { recursive: true, force: true });
    await fs.mkdir(path.join(app, ".vercel"));
    // What `vercel link` writes: with `settings` in it the build asks no server.
    await fs.writeFile(path.join(app, ".vercel/project.json"), '{"projectId":"prj_x","orgId":"team_x","settings":{}}');
    const env = { ...process.env, VERCEL_TELEMETRY_DISABLED: "1", NO_UPDATE_NOTIFIER: "1", CI: "1" };
    await run(
      process.execPath,
      [path.resolve("node_modules/vercel/dist/index.js"), "build", "--yes", "--token", "offline"],
      { cwd: app, env },
    );
    served = await serveBin(app, ["--prebuilt"], { bin: appBin() });
  }, SLOW_MS);
  afterAll(async () => {
    await served.stop();
  });

  embeddingsContract("vercel build", () => served.url);
});
