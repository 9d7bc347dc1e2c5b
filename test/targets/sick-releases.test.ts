// Releases that are sick before they take traffic: refused, the cause named, production untouched and answering meanwhile.
import fs from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DeployDocument } from "../../src/release/document.ts";
import { writeTree } from "../temp.ts";
import { makeProject, makeReleased, type TestProject, type Variant } from "./fixture.ts";
import { buildsOf, failuresOf, startLoad } from "./load.ts";

const SLOW_MS = 90_000;
/** Requests a second to production while a sick release is being refused. */
const LOAD_PER_SECOND = 20;

/** Deploys to production, where release "a" has to answer every request meanwhile. */
async function deployBesideLoad(project: TestProject): Promise<DeployDocument & { exitCode: number | null }> {
  const before = await project.production();
  const load = startLoad(project.url, LOAD_PER_SECOND);
  const { code, document } = await project.deploy("--prod").finally(() => load.stop());
  const seen = await load.stop();
  expect(failuresOf(seen)).toEqual([]);
  expect(buildsOf(seen)).toEqual([before]);
  expect(seen.length).toBeGreaterThan(0);
  expect(await project.production()).toBe(before);
  return { ...document, exitCode: code };
}

/** What every refused release says. */
const refused = { exitCode: 1, outcome: "refused", verdict: "fail", environment: "production", rolledBackTo: null };

const health = (body: string): string =>
  `import { buildId } from "../lib/app.ts";\nexport default { fetch: async (): Promise<Response> => ${body} };\nvoid buildId;\n`;

const page = '<html><a href="https://vercel.com/sso-api?url=app">Log in</a></html>';

describe("a release that is sick before there is a deployment", () => {
  let project: TestProject;
  let production: { id: string; buildId: string };
  beforeAll(async () => {
    ({ project, ...production } = await makeReleased());
  });
  afterAll(() => project[Symbol.asyncDispose]());

  it.each<{ what: string; variant: Variant; cause: string; message: RegExp; hint: RegExp }>([
    {
      what: "throws at import",
      variant: { onImport: 'if (buildId !== "") throw new Error("API_KEY is not set");' },
      cause: "function-failed",
      message: /^api\/embeddings cannot start: exited with 1$/,
      hint: /API_KEY is not set/,
    },
    {
      what: "serves another build id",
      variant: {
        health: health('Response.json({ version: 1, status: "ok", buildId: "yesterday", modelId: "m" })'),
      },
      cause: "wrong-build",
      message: /the build that answers is yesterday, not [0-9a-f]{16}/,
      hint: /./,
    },
    {
      what: "answers its health check with a login page and status 200",
      variant: {
        health: health(`new Response(${JSON.stringify(page)}, { headers: { "content-type": "text/html" } })`),
      },
      cause: "login-page",
      message: /a login stands before the app \(HTTP 200 at \/api\/health\)/,
      hint: /./,
    },
    {
      what: "answers its health check with somebody else's page",
      variant: { health: health('new Response("<h1>It works!</h1>", { headers: { "content-type": "text/html" } })') },
      cause: "wrong-app",
      message: /no health document at \/api\/health: HTTP 200, text\/html/,
      hint: /./,
    },
    {
      what: "fails on every request",
      variant: { embeddings: 'throw new Error("no session");' },
      cause: "server-error",
      message: /a probe failed in isolation: .*HTTP 500/,
      hint: /no session/,
    },
    {
      what: "answers something else than was asked for",
      variant: { embeddings: "return Response.json({ buildId, release, data: [] });" },
      cause: "assertion",
      message: /a probe failed in isolation: .*data/,
      hint: /./,
    },
    {
      what: "has a model that is cut, which only its function notices",
      variant: {
        onImport:
          'import fs from "node:fs";\nconst model = new URL("models/m/onnx/model_quantized.onnx", import.meta.url);',
        embeddings: 'if (fs.statSync(model).size < 100) throw new Error("the model is cut");\nreturn answer();',
      },
      cause: "server-error",
      message: /a probe failed in isolation: .*HTTP 500/,
      hint: /the model is cut/,
    },
  ])("$what", async ({ what, variant, cause, message, hint }) => {
    await project.write({ release: what.replaceAll('"', ""), ...variant });
    const document = await deployBesideLoad(project);
    expect(document).toMatchObject({ ...refused, cause, deployment: null, previous: production, health: null });
    expect(document.message).toMatch(message);
    expect(document.hint).toMatch(hint);
  });

  it.each<{ what: string; change: (model: string) => Promise<void>; message: RegExp }>([
    {
      what: "lacks its model file",
      change: (model) => fs.rm(path.join(model, "onnx/model_quantized.onnx")),
      message: /models\/m\/onnx\/model_quantized\.onnx is missing/,
    },
    {
      what: "has a model file that is cut",
      change: (model) =>
        writeTree(path.dirname(path.dirname(model)), {
          "models.lock.json": JSON.stringify({
            version: 1,
            models: [
              {
                id: "m",
                path: "models/m",
                files: [{ path: "onnx/model_quantized.onnx", bytes: 8, sha256: "0".repeat(64) }],
              },
            ],
          }),
        }),
      message: /models\/m\/onnx\/model_quantized\.onnx is truncated: it has 7 bytes, and models\.lock\.json says 8/,
    },
  ])("$what", async ({ what, change, message }) => {
    await project.write({ release: what });
    const model = path.join(project.dir, "models/m");
    await change(model);
    const document = await deployBesideLoad(project);
    await fs.rm(path.join(project.dir, "models.lock.json"), { force: true });
    await writeTree(model, { "onnx/model_quantized.onnx": "weights" });
    expect(document).toMatchObject({ ...refused, cause: "preflight", deployment: null, previous: production });
    expect(document.message).toMatch(message);
  });

  it("leaves one deployment and no word of the others in the ledger", async () => {
    expect((await project.deployments()).map(({ id }) => id)).toEqual([production.id]);
    expect((await project.ledger()).map(({ event, id }) => [event, id])).toEqual([
      ["staged", production.id],
      ["promoted", production.id],
    ]);
  });
});

// These wait: for the measurement, or for somebody who never answers.
describe.concurrent("a release that is sick, which takes time to see", () => {
  it.each<{ what: string; variant: Variant; cause: string; message: RegExp }>([
    {
      what: "never becomes ready",
      variant: { onImport: "await new Promise(() => {});" },
      cause: "function-failed",
      message: /api\/embeddings cannot start: it was not ready within \d+ s/,
    },
    {
      what: "never answers its health check",
      variant: { health: health("new Promise(() => {})") },
      cause: "first-byte-timeout",
      message: /it does not answer in time/,
    },
  ])(
    "$what",
    async ({ what, variant, cause, message }) => {
      const { project, ...production } = await makeReleased();
      await using _ = project;
      await project.write({ release: what, ...variant });
      const document = await deployBesideLoad(project);
      expect(document).toMatchObject({ ...refused, cause, deployment: null, previous: production });
      expect(document.message).toMatch(message);
    },
    SLOW_MS,
  );

  it.each<{ what: string; embeddings: string; check: object; message: RegExp }>([
    {
      what: "is over its p95",
      embeddings: "await sleep(1_100);\nreturn answer();",
      check: { name: "p95", verdict: "fail", limit: 1_000 },
      message: /^p95 1[12]\d\d ms: .* that rules out p95 < 1000 ms$/,
    },
    {
      what: "fails on 5 % of its requests",
      embeddings: 'return n % 20 === 0 ? new Response("no", { status: 500 }) : answer();',
      check: { name: "error rate", verdict: "fail", limit: 0.01 },
      message: /^error rate \d(\.\d+)? %: \d+ errors of \d+; that rules out error rate < 1 %$/,
    },
  ])(
    "$what",
    async ({ what, embeddings, check, message }) => {
      const { project, ...production } = await makeReleased();
      await using _ = project;
      await project.write({ release: what, embeddings });
      const document = await deployBesideLoad(project);
      expect(document).toMatchObject({ ...refused, cause: "slo", previous: production, watch: null });
      expect(document.message).toMatch(message);
      expect(document.health?.checks).toContainEqual(expect.objectContaining(check));
      expect(document.deployment?.buildId).toBe(document.health?.buildId);
      expect((await project.ledger()).at(-1)).toMatchObject({ event: "refused", id: document.deployment?.id });
      // The refused one is there to be looked at, and production would not go back to it.
      expect((await fetch(`${document.deployment?.url}/api/health`)).status).toBe(200);
      expect((await project.bin("rollback")).code).toBe(2);
    },
    SLOW_MS,
  );

  it(
    "fails on 5 % of its requests, and was made without a gate: promote measures it first, also when it was only on disk",
    async () => {
      const { project, ...production } = await makeReleased();
      await using _ = project;
      await project.write({ embeddings: 'return n % 20 === 0 ? new Response("no", { status: 500 }) : answer();' });
      const preview = await project.deploy("--no-gate");
      const { id = "" } = preview.document.deployment ?? {};
      await project.stop();
      const { code, document } = await project.switch("promote", id);
      expect(code).toBe(1);
      expect(document).toMatchObject({ outcome: "refused", verdict: "fail", cause: "slo", previous: production });
      expect(await project.production()).toBe(production.buildId);
    },
    SLOW_MS,
  );
});

describe("without production", () => {
  it("refuses a sick first release, and a preview of it too", async () => {
    await using project = await makeProject({ embeddings: 'throw new Error("no");' });
    for (const args of [["--prod"], []]) {
      const { code, document } = await project.deploy(...args);
      expect(code).toBe(1);
      expect(document).toMatchObject({ outcome: "refused", deployment: null, previous: null, cause: "server-error" });
    }
    expect(await project.ledger()).toEqual([]);
    expect(await project.processes()).toEqual([]);
  });
});
