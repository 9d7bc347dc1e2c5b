// `edge-ai rehearse` as a user runs it: the real `vercel` program, no account.
import fs from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { judgeCalls } from "../../src/rehearse/play.ts";
import type { RehearsalDocument } from "../../src/rehearse/rehearse.ts";
import { writeProject, type TestProject } from "../targets/fixture.ts";
import { writeTree } from "../temp.ts";
import { startApi } from "./vercel.ts";

const SLOW_MS = 400_000;

describe("a rehearsal", () => {
  let project: TestProject;
  beforeAll(async () => {
    // The user's own login, project and secret: none of them may be used.
    const env = { VERCEL_TOKEN: "theUsersOwnToken", VERCEL_ORG_ID: "team_real", VERCEL_PROJECT_ID: "prj_real" };
    project = await writeProject({}, { target: "vercel", port: 1, env });
    await writeTree(project.dir, { ".vercel/project.json": '{"projectId":"prj_real","orgId":"team_real"}' });
  });
  afterAll(() => project[Symbol.asyncDispose]());

  const rehearse = async (...args: string[]) => {
    const { code, document, stderr } = await project.json("rehearse", ...args);
    return { code, document: document as RehearsalDocument, stderr };
  };

  it("goes through a good release, a sick one, the next one and the way back", { timeout: SLOW_MS }, async () => {
    const { code, document } = await rehearse();
    const { releases, rollback } = document;
    expect(document.steps.map(({ name, verdict }) => [name, verdict])).toEqual([
      ["link", "pass"],
      ["good release", "pass"],
      ["sick release", "pass"],
      ["next release", "pass"],
      ["rollback", "pass"],
      ["rollback again", "pass"],
      ["api", "pass"],
    ]);
    expect(document).toMatchObject({ version: 1, verdict: "pass", cli: { version: "58.4.4" }, unknownCalls: [] });
    expect(code).toBe(0);
    const [good, next] = [releases.good?.deployment, releases.next?.deployment];
    expect(good?.buildId).not.toBe(next?.buildId);
    expect(releases.sick).toMatchObject({ outcome: "refused", verdict: "fail", previous: { id: good?.id } });
    expect(releases.next).toMatchObject({ outcome: "promoted", previous: { id: good?.id } });
    expect(rollback).toMatchObject({
      outcome: "rolled-back",
      previous: { id: next?.id },
      deployment: { id: good?.id },
    });
    expect(document.steps.at(-3)?.text).toContain(`production answers with build ${good?.buildId}`);
    expect(document.steps.at(-2)?.text).toMatch(`production still answers with build ${good?.buildId}`);
    expect(document.calls).toMatchObject({ promote: 2, rollback: 1, createProject: 1 });
  });

  it("leaves the project's own link and ledger as they were", async () => {
    expect(await fs.readdir(path.join(project.dir, ".vercel"))).toEqual(["output", "project.json"]);
    expect(await fs.readFile(path.join(project.dir, ".vercel/project.json"), "utf8")).toContain("prj_real");
    expect(await project.ledger()).toEqual([]);
  });

  it("with a fault of the API fails at the step that meets it", { timeout: SLOW_MS }, async () => {
    const { code, document } = await rehearse("--fault", "createDeployment=build-error", "--fault", "setAlias=500*2");
    expect(document.steps).toMatchObject([
      { name: "link", verdict: "pass" },
      { name: "good release", verdict: "fail", text: expect.stringMatching(/^PLATFORM: .*exited with 1/s) },
      { name: "api", verdict: "pass" },
    ]);
    expect(document).toMatchObject({ verdict: "fail", unmetFaults: ["setAlias"] });
    expect(code).toBe(1);
  });

  it("names what the program called and the emulator does not know", async () => {
    const api = await startApi();
    expect(judgeCalls("vercel", api)).toMatchObject({ verdict: "pass" });
    await fetch(`${api.url}/v99/thing`, { headers: { authorization: "Bearer rehearsal" } });
    expect(judgeCalls("vercel", api)).toEqual({
      verdict: "fail",
      text: "vercel called what the emulator does not know: GET /v99/thing",
    });
  });
});
