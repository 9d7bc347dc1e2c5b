// What a release does is the same wherever it goes: these cases run unchanged on every target, each as real as it can be here.
import fs from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PublicDeployment } from "../../src/release/document.ts";
import { writeTree } from "../temp.ts";
import { makeOnCloudflare } from "./cloudflare.ts";
import { makeProject, type Platform, type TestProject, type Variant } from "./fixture.ts";
import { processesOf, settled } from "./leftovers.ts";
import { makeOnVercel } from "./vercel.ts";

const SLOW_MS = 300_000;
const VALUE = "sk-value-of-the-contract";

interface Place extends AsyncDisposable {
  project: TestProject;
  /** What makes the next release sick, but only as production. */
  sickLater: () => Variant;
}

const FAILS_LATER = { kind: "errors", share: 0.5 } as const;
const sick = 'return new Response("no", { status: 500 });';
const wrongBuild =
  'export default { fetch: () => Response.json({ version: 1, status: "ok", buildId: "yesterday", modelId: "m" }) };\n';

const places: Record<Platform, () => Promise<Place>> = {
  local: async () => {
    const project = await makeProject();
    // The gate sends some 1,100 requests: see sick-production.test.ts.
    const embeddings = 'return n > 1_250 ? new Response("no", { status: 500 }) : answer();';
    return { project, sickLater: () => ({ embeddings }), [Symbol.asyncDispose]: () => project[Symbol.asyncDispose]() };
  },
  vercel: async () => {
    const on = await makeOnVercel();
    const sickLater = () => {
      on.api.sicken("next", FAILS_LATER, "production");
      return {};
    };
    return { project: on.project, sickLater, [Symbol.asyncDispose]: () => on[Symbol.asyncDispose]() };
  },
  cloudflare: async () => {
    const on = await makeOnCloudflare();
    const sickLater = () => {
      on.api.sicken("next", FAILS_LATER, "production");
      return {};
    };
    return { project: on.project, sickLater, [Symbol.asyncDispose]: () => on[Symbol.asyncDispose]() };
  },
};

describe.each(Object.keys(places) as Platform[])("a release on %s", (platform) => {
  let place: Place;
  let project: TestProject;
  const printed: string[] = [];
  let a: PublicDeployment;
  beforeAll(async () => {
    place = await places[platform]();
    ({ project } = place);
    await writeTree(project.dir, { ".env.example": "# API_KEY=\n", ".env.local": `API_KEY=${VALUE}\n` });
  });
  afterAll(() => place[Symbol.asyncDispose](), SLOW_MS);

  /** Deploys, and keeps what was printed. */
  async function deploy(...args: string[]) {
    const run = await project.deploy(...args);
    printed.push(JSON.stringify(run.document), run.stderr);
    return run;
  }

  async function productionId(): Promise<string | undefined> {
    return (await project.deployments()).find(({ production }) => production)?.id;
  }

  it("the first one is gated too: a sick one never becomes production", { timeout: SLOW_MS }, async () => {
    await project.write({ release: "sick", embeddings: sick });
    const { code, document } = await deploy("--prod");
    expect(document).toMatchObject({ outcome: "refused", verdict: "fail", previous: null });
    expect(code).toBe(1);
    expect(await productionId()).toBeUndefined();
    await expect(project.production()).rejects.toThrow(/./);
  });

  it("a good first one is measured, promoted and watched", { timeout: SLOW_MS }, async () => {
    await project.write({ release: "a" });
    const { code, document } = await deploy("--prod");
    expect(document).toMatchObject({ outcome: "promoted", verdict: "pass", previous: null, environment: "production" });
    expect(document.watch?.verdict).toBe("pass");
    expect(code).toBe(0);
    if (document.deployment === null) throw new Error("what was promoted is a deployment");
    a = document.deployment;
    expect(await project.production()).toBe(a.buildId);
    expect(await productionId()).toBe(a.id);
  });

  it("the same build again is nothing to do", { timeout: SLOW_MS }, async () => {
    const { code, document } = await deploy("--prod");
    expect(document).toMatchObject({ outcome: "promoted", cause: "unchanged", deployment: { id: a.id } });
    expect(code).toBe(0);
  });

  it("a preview is measured and staged, and production stays", { timeout: SLOW_MS }, async () => {
    await project.write({ release: "preview" });
    const { code, document } = await deploy();
    expect(document).toMatchObject({ environment: "preview", outcome: "staged", verdict: "pass" });
    expect(code).toBe(0);
    expect(await project.production()).toBe(a.buildId);
  });

  it.each<{ what: string; variant: Variant; cause: RegExp }>([
    { what: "fails every request", variant: { embeddings: sick }, cause: /slo|server-error/ },
    { what: "answers as another build", variant: { health: wrongBuild }, cause: /^wrong-build$/ },
  ])(
    "one that $what is refused, and production is untouched",
    { timeout: SLOW_MS },
    async ({ what, variant, cause }) => {
      await project.write({ release: what, ...variant });
      const { code, document } = await deploy("--prod");
      expect(document).toMatchObject({ outcome: "refused", verdict: "fail", previous: { id: a.id } });
      expect(document.cause).toMatch(cause);
      expect(code).toBe(1);
      expect(await project.production()).toBe(a.buildId);
    },
  );

  it("one that turns sick as production is rolled back", { timeout: SLOW_MS }, async () => {
    await project.write({ release: "sick later", ...place.sickLater() });
    const { code, document } = await deploy("--prod");
    expect(document).toMatchObject({ outcome: "rolled-back", verdict: "fail", rolledBackTo: { id: a.id } });
    expect(document.health?.verdict).toBe("pass");
    expect(code).toBe(1);
    expect(await project.production()).toBe(a.buildId);
  });

  it("a signal while it is staged ends it: production stays, nothing goes on", { timeout: SLOW_MS }, async () => {
    await project.write({ release: "interrupted" });
    const { code, document } = await project.interrupted("stage", "SIGTERM", "deploy", "--prod", "--no-gate");
    expect(document).toMatchObject({ error: { code: "INTERRUPTED" } });
    expect(code).toBe(143);
    expect(await project.production()).toBe(a.buildId);
    if (platform !== "local")
      expect(await settled(async () => (await processesOf(project.dir)).map(({ command }) => command))).toEqual([]);
  });

  it("rollbacks go back and never forth, or to a named one", { timeout: SLOW_MS }, async () => {
    const b = await project.release("b");
    const c = await project.release("c");
    expect(await project.switch("rollback")).toMatchObject({ code: 0, document: { deployment: { id: b.id } } });
    const second = await project.switch("rollback");
    expect(second).toMatchObject({ code: 0, document: { outcome: "rolled-back", deployment: { id: a.id } } });
    expect(second.document.notes.length).toBeGreaterThan(0);
    expect(await project.production()).toBe(a.buildId);
    expect(await project.fail("rollback")).toMatchObject({ code: 2, document: { error: { code: "NO_KNOWN_GOOD" } } });
    expect(await project.switch("rollback", c.id)).toMatchObject({ code: 0, document: { deployment: { id: c.id } } });
    expect(await project.production()).toBe(c.buildId);
  });

  it("an unknown id is refused, and production stays", { timeout: SLOW_MS }, async () => {
    const before = await project.production();
    for (const command of ["rollback", "promote"])
      expect(await project.fail(command, "dpl_nobody")).toMatchObject({
        code: 2,
        document: { error: { code: "UNKNOWN_DEPLOYMENT" } },
      });
    expect(await project.production()).toBe(before);
  });

  it("no value of .env.local was printed, or written into the project", async () => {
    expect(printed.join("\n")).not.toContain(VALUE);
    for (const folder of [".edge-ai", ".vercel", ".cloudflare"]) {
      const root = path.join(project.dir, folder);
      const names = await fs.readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
      for (const name of names.filter((each) => each.isFile())) {
        const file = path.join(name.parentPath, name.name);
        expect((await fs.readFile(file, "utf8")).includes(VALUE), file).toBe(false);
      }
    }
  });
});
