// Releases on the emulated Vercel API, by the built bin and the real `vercel` program.
import fs from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TestProject, Variant } from "./fixture.ts";
import { writeTree } from "../temp.ts";
import { makeOnVercel, SECRET, type OnVercel } from "./vercel.ts";

const SLOW_MS = 300_000;

describe("releases on Vercel", () => {
  let vercel: OnVercel;
  let project: TestProject;
  beforeAll(async () => {
    vercel = await makeOnVercel({}, { functionsEnv: { ONLY_THERE: "1" } });
    ({ project } = vercel);
  });
  afterAll(() => vercel[Symbol.asyncDispose](), SLOW_MS);

  const promotions = (): number => vercel.api.calls.filter(({ endpoint }) => endpoint === "promote").length;

  it("a preview before the first release would become production, and is not made", { timeout: SLOW_MS }, async () => {
    const { code, document } = await project.fail("deploy");
    expect(document.error).toMatchObject({ code: "PLATFORM", hint: expect.stringContaining("--prod") });
    expect(code).toBe(2);
    expect(vercel.api.deployments).toEqual([]);
    expect(vercel.api.projects).toEqual([]);
  });

  it(
    "the first one is staged, measured, promoted and watched; the same again changes nothing",
    { timeout: SLOW_MS },
    async () => {
      const { api } = vercel;
      const { code, document } = await project.deploy("--prod");
      expect(document).toMatchObject({
        target: "vercel",
        environment: "production",
        outcome: "promoted",
        verdict: "pass",
        productionUrl: api.productionUrl,
        previous: null,
        health: { verdict: "pass" },
        watch: { verdict: "pass", url: api.productionUrl },
      });
      expect(code).toBe(0);
      const stages = ["anchor", "preflight", "build", "smoke", "stage", "gate", "promote", "watch"];
      expect(Object.keys(document.stagesMs)).toEqual(stages);
      expect(await project.production()).toBe(document.deployment?.buildId);
      expect(await project.deploy("--prod")).toMatchObject({
        code: 0,
        document: { cause: "unchanged", verdict: "pass" },
      });
      expect(api.deployments).toHaveLength(1);
      expect(api.unknownCalls).toEqual([]);
    },
  );

  it("the next one carries the one before as known-good", { timeout: SLOW_MS }, async () => {
    const before = vercel.api.production?.id;
    const { id } = await project.release("b");
    expect(vercel.api.production).toMatchObject({ id, meta: { knownGood: before } });
  });

  it("in CI the environment names project and team, and nothing is linked", { timeout: SLOW_MS }, async () => {
    const [made] = vercel.api.projects;
    await project.remove(".vercel/project.json");
    const config = JSON.parse(await fs.readFile(path.join(project.dir, "edge-ai.json"), "utf8")) as object;
    await writeTree(project.dir, { "edge-ai.json": JSON.stringify({ ...config, targets: {} }) });
    const ci = project.with({ VERCEL_ORG_ID: made?.teamId ?? "", VERCEL_PROJECT_ID: made?.id ?? "" });
    await project.write({ release: "ci" });
    const { code, document } = await ci.deploy("--prod", "--no-gate");
    expect(document).toMatchObject({ outcome: "promoted", previous: { id: expect.any(String) } });
    expect(code).toBe(0);
    expect(await fs.readdir(path.join(project.dir, ".vercel"))).toEqual(["output"]);
    await writeTree(project.dir, { "edge-ai.json": JSON.stringify(config) });
  });

  it("a preview stops after the gate and cannot be promoted", { timeout: SLOW_MS }, async () => {
    const before = await project.production();
    await project.write({ release: "preview" });
    const { code, document } = await project.deploy();
    expect(document).toMatchObject({ environment: "preview", outcome: "staged", verdict: "pass" });
    expect(code).toBe(0);
    // Trap 5: Vercel would make a new production deployment of it, and the CLI would end with 0.
    expect(await project.fail("promote", document.deployment?.id ?? "")).toMatchObject({
      code: 2,
      document: { error: { code: "NOT_PROMOTABLE" } },
    });
    expect(await project.production()).toBe(before);
  });

  it.each<{ what: string; cause: string; variant?: Variant; sicken?: (on: OnVercel) => void }>([
    {
      what: "throws at import, here too",
      variant: { onImport: 'if (buildId !== "") throw new Error("no");' },
      cause: "function-failed",
    },
    {
      what: "throws at import on the platform alone",
      variant: { onImport: 'if (process.env.ONLY_THERE !== undefined) throw new Error("no");' },
      cause: "slo",
    },
    {
      what: "is over its p95",
      sicken: ({ api }) => api.sicken("next", { kind: "slow", delayMs: 1_200 }),
      cause: "slo",
    },
    { what: "fails 5 %", sicken: ({ api }) => api.sicken("next", { kind: "errors", share: 0.05 }), cause: "slo" },
    {
      what: "serves another build",
      sicken: ({ api }) => api.sicken("next", { kind: "wrong-build" }),
      cause: "wrong-build",
    },
    {
      what: "answers with a login page and status 200",
      sicken: ({ api }) => api.sicken("next", { kind: "sso-page" }),
      cause: "login-page",
    },
  ])("a sick one is refused: $what", { timeout: SLOW_MS }, async ({ what, variant = {}, sicken, cause }) => {
    const [before, promoted] = [await project.production(), promotions()];
    await project.write({ release: what, ...variant });
    sicken?.(vercel);
    const { code, document } = await project.deploy("--prod");
    expect(document).toMatchObject({ outcome: "refused", verdict: "fail", cause, rolledBackTo: null });
    expect(code).toBe(1);
    expect(document.message).not.toBe("");
    expect(await project.production()).toBe(before);
    expect(promotions()).toBe(promoted);
  });

  it("a sick one is refused: its model file is missing", { timeout: SLOW_MS }, async () => {
    const before = await project.production();
    await project.move("models/m/onnx", "models/m/elsewhere");
    const { code, document } = await project.deploy("--prod");
    await project.move("models/m/elsewhere", "models/m/onnx");
    expect(document).toMatchObject({ outcome: "refused", cause: "preflight", message: expect.stringMatching(/onnx/) });
    expect(code).toBe(1);
    expect(await project.production()).toBe(before);
  });

  it.each<{ what: string; env: Record<string, string>; message: RegExp }>([
    { what: "there is no secret", env: {}, message: /no secret that lets the health check through/ },
    {
      what: "the secret is another project's",
      env: { VERCEL_AUTOMATION_BYPASS_SECRET: "anotherSecret" },
      message: /a login stands before the app \(HTTP 401/,
    },
  ])("a protected one is neither healthy nor sick when $what", { timeout: SLOW_MS }, async ({ env, message }) => {
    const before = await project.production();
    vercel.api.protect({ secret: SECRET });
    await project.write({ release: "protected" });
    const { code, document } = await project.with(env).fail("deploy", "--prod");
    vercel.api.protect(null);
    expect(document.error).toMatchObject({ code: "PROTECTED", message: expect.stringMatching(message) });
    expect(document.error.hint).toContain("VERCEL_AUTOMATION_BYPASS_SECRET");
    expect(code).toBe(2);
    expect(await project.production()).toBe(before);
  });

  it(
    "a protected one is measured with the secret, and what was staged before is used again",
    { timeout: SLOW_MS },
    async () => {
      const made = vercel.api.deployments.length;
      vercel.api.protect({ secret: SECRET, mode: "all" });
      const secret = { VERCEL_AUTOMATION_BYPASS_SECRET: SECRET };
      const { code, document, stderr } = await project.with(secret).deploy("--prod");
      vercel.api.protect(null);
      expect(document).toMatchObject({ outcome: "promoted", verdict: "pass" });
      expect(code).toBe(0);
      expect(vercel.api.deployments).toHaveLength(made);
      expect(JSON.stringify(document) + stderr).not.toContain(SECRET);
      expect(vercel.api.unknownCalls).toEqual([]);
    },
  );
});

it(
  "two rollbacks, after a bad release and a redeployment for changed variables, never end on the bad code",
  { timeout: SLOW_MS },
  async () => {
    await using vercel = await makeOnVercel();
    const { project, api } = vercel;
    const a = await project.release("a");
    const b = await project.release("b");
    const bad = await project.release("bad");
    // The same bad code again, with other variables.
    const { document } = await project.deploy("--prod", "--no-gate", "--force");
    expect(document).toMatchObject({ outcome: "promoted", deployment: { buildId: bad.buildId } });
    expect(document.deployment?.id).not.toBe(bad.id);
    // A CI runner has no ledger: what it needs to know is on the platform.
    await project.remove(".edge-ai");
    expect(await project.switch("rollback")).toMatchObject({ code: 0, document: { deployment: { id: b.id } } });
    await project.remove(".edge-ai");
    const second = await project.switch("rollback");
    expect(second).toMatchObject({ code: 0, document: { outcome: "rolled-back", deployment: { id: a.id } } });
    expect(second.document.notes.join(" ")).toMatch(/environment variables.*cron.*next promote.*Hobby/);
    expect(await project.production()).toBe(a.buildId);
    expect(await project.fail("rollback")).toMatchObject({ code: 2, document: { error: { code: "NO_KNOWN_GOOD" } } });
    expect(await project.fail("rollback", "dpl_nobody")).toMatchObject({
      code: 2,
      document: { error: { code: "UNKNOWN_DEPLOYMENT" } },
    });
    expect(api.calls.filter(({ endpoint, status }) => endpoint === "rollback" && status === 201)).toHaveLength(2);
  },
);
