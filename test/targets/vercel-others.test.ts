// What other people, runners and projects do to a release on Vercel, and what it does not do to theirs.
import fs from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DeployDocument } from "../../src/release/document.ts";
import { runBin } from "../cli/run.ts";
import { writeTree } from "../temp.ts";
import type { TestProject } from "./fixture.ts";
import { makeOnVercel, TOKEN, type OnVercel } from "./vercel.ts";

const SLOW_MS = 300_000;

describe("a release beside others", () => {
  let vercel: OnVercel;
  let project: TestProject;
  beforeAll(async () => {
    vercel = await makeOnVercel();
    ({ project } = vercel);
  });
  afterAll(() => vercel[Symbol.asyncDispose](), SLOW_MS);

  /** Deploys to production; once a step begins, somebody else makes another deployment production. */
  async function deployWhile(step: "gate" | "watch", other: string) {
    const seen = { promoted: false };
    const { code, stdout } = await runBin(["deploy", "--prod", "--json"], {
      cwd: project.dir,
      env: { ...vercel.env, TMPDIR: path.join(path.dirname(project.dir), "tmp") },
      onSpawn: (child) => {
        child.stderr?.on("data", (chunk) => {
          if (seen.promoted || !String(chunk).includes(`→ ${step}`)) return;
          seen.promoted = true;
          void promoteElsewhere(other);
        });
      },
    });
    expect(seen.promoted).toBe(true);
    return { code, document: JSON.parse(stdout) as DeployDocument & { error?: { code: string; message: string } } };
  }

  async function promoteElsewhere(id: string): Promise<void> {
    const url = `${vercel.api.url}/v10/projects/${vercel.api.projects[0]?.id}/promote/${id}?teamId=team_rehearsal`;
    const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
    expect((await fetch(url, { method: "POST", headers, body: "{}" })).ok).toBe(true);
  }

  it("is refused in CI while nothing says which project it is", { timeout: SLOW_MS }, async () => {
    const { code, document } = await project.with({ CI: "true" }).fail("deploy", "--prod", "--no-gate");
    expect(document.error).toMatchObject({ code: "BAD_CONFIG", hint: expect.stringContaining("VERCEL_PROJECT_ID") });
    expect(code).toBe(2);
    expect(vercel.api.projects).toEqual([]);
  });

  it("does not overwrite what became production while it was measured", { timeout: SLOW_MS }, async () => {
    const a = await project.release("a");
    const b = await project.release("b");
    await project.write({ release: "late" });
    const { code, document } = await deployWhile("gate", a.id);
    expect(document.error).toMatchObject({ code: "NOT_PRODUCTION", message: expect.stringContaining(a.id) });
    expect(code).toBe(1);
    expect(await project.production()).toBe(a.buildId);
    expect(b.id).not.toBe(a.id);
  });

  it("does not go back when production is another's by then", { timeout: SLOW_MS }, async () => {
    const [first] = vercel.api.deployments;
    const other = vercel.api.deployments[1];
    await project.write({ release: "sick" });
    vercel.api.sicken("next", { kind: "errors", share: 0.2 }, "production");
    expect(vercel.api.production?.id).toBe(first?.id);
    const { code, document } = await deployWhile("watch", other?.id ?? "");
    expect(document).toMatchObject({
      outcome: "promoted",
      verdict: "inconclusive",
      cause: "overtaken",
      rolledBackTo: null,
    });
    expect(document.message).toContain(other?.id);
    expect(code).toBe(3);
    expect(vercel.api.production?.id).toBe(other?.id);
  });

  it(
    "that changes nothing does not go back from a production that is sick, on a runner that knows nothing of it",
    { timeout: SLOW_MS },
    async () => {
      const { id } = await project.release("now");
      await project.remove(".edge-ai");
      vercel.api.sicken(id, { kind: "errors", share: 0.2 }, "production");
      const { code, document } = await project.deploy("--prod");
      expect(document).toMatchObject({ outcome: "promoted", verdict: "fail", rolledBackTo: null, deployment: { id } });
      expect(document.hint).toContain("edge-ai rollback");
      expect(code).toBe(1);
      expect(vercel.api.production?.id).toBe(id);
    },
  );

  it("to a domain that is not the project's is refused", { timeout: SLOW_MS }, async () => {
    const file = path.join(project.dir, "edge-ai.json");
    const config = JSON.parse(await fs.readFile(file, "utf8")) as object;
    const targets = { vercel: { scope: "rehearsal", domain: "other.example.com" } };
    await writeTree(project.dir, { "edge-ai.json": JSON.stringify({ ...config, targets }) });
    for (const command of [["deploy", "--prod"], ["rollback"], ["status"]]) {
      const { code, document } = await project.fail(...command);
      expect([code, document.error.code, document.error.message]).toEqual([
        2,
        "BAD_CONFIG",
        expect.stringContaining("other.example.com"),
      ]);
    }
    await fs.writeFile(file, JSON.stringify(config));
  });
});
