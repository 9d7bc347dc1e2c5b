// Where production goes back to, and what stays to go back to. Nothing is measured here: releases take seconds.
import fs from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { PublicDeployment } from "../../src/release/document.ts";
import type { SwitchDocument } from "../../src/release/switch.ts";
import { writeTree } from "../temp.ts";
import { makeProject, until, type TestProject } from "./fixture.ts";
import { askOnce } from "./load.ts";

const SLOW_MS = 60_000;

/** Rolls back or promotes, and looks who production is then. */
async function goTo(project: TestProject, args: readonly string[], wanted: PublicDeployment): Promise<SwitchDocument> {
  const { code, document } = await project.switch(...args);
  expect({ code, id: document.deployment.id }).toEqual({ code: 0, id: wanted.id });
  expect(await project.production()).toBe(wanted.buildId);
  return document;
}

async function expectError(project: TestProject, args: readonly string[], code: string): Promise<void> {
  const before = await project.production();
  const run = await project.fail(...args);
  expect(run.code).toBe(2);
  expect(run.document.error).toMatchObject({ code, hint: expect.stringMatching(/./) });
  expect(await project.production()).toBe(before);
}

describe.concurrent("rollback", () => {
  it(
    "twice in a row, and again after a new release, never lands on the bad code",
    async () => {
      await using project = await makeProject();
      const a = await project.release("a");
      await expectError(project, ["rollback"], "NO_KNOWN_GOOD");
      const b = await project.release("b");
      const bad = await project.release("bad");
      expect(await goTo(project, ["rollback"], b)).toMatchObject({
        outcome: "rolled-back",
        previous: { id: bad.id, buildId: bad.buildId },
      });

      const d = await project.release("d");
      await goTo(project, ["rollback"], b);
      await goTo(project, ["rollback"], a);
      await expectError(project, ["rollback"], "NO_KNOWN_GOOD");
      await expectError(project, ["rollback", "dpl_unknown"], "UNKNOWN_DEPLOYMENT");
      await expectError(project, ["rollback", "../../.."], "UNKNOWN_DEPLOYMENT");
      await expectError(project, ["promote", "dpl_unknown"], "UNKNOWN_DEPLOYMENT");

      // What was good is still there; the bad one is not among the three that are kept.
      expect((await project.deployments()).map(({ id }) => id).toSorted()).toEqual([a.id, b.id, d.id].toSorted());
      await goTo(project, ["promote", b.id, "--no-gate"], b);
      expect((await project.ledger()).map(({ event, id }) => [event, id])).toEqual([
        ["staged", a.id],
        ["promoted", a.id],
        ["staged", b.id],
        ["promoted", b.id],
        ["staged", bad.id],
        ["promoted", bad.id],
        ["rolling-back-to", b.id],
        ["rolled-back-from", bad.id],
        ["promoted", b.id],
        ["staged", d.id],
        ["promoted", d.id],
        ["rolling-back-to", b.id],
        ["rolled-back-from", d.id],
        ["promoted", b.id],
        ["rolling-back-to", a.id],
        ["rolled-back-from", b.id],
        ["promoted", a.id],
        ["promoted", b.id],
      ]);
    },
    SLOW_MS,
  );

  it(
    "starts a release that is only on disk, and keeps three",
    async () => {
      await using project = await makeProject();
      const releases: PublicDeployment[] = [];
      for (const name of ["a", "b", "c", "d"]) releases.push(await project.release(name));
      const [a, b, c, d] = releases;
      if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error("four releases");

      const kept = await project.deployments();
      expect(
        kept.map(({ id, url, production, knownGood }) => ({ id, runs: url !== "", production, knownGood })),
      ).toEqual([
        { id: d.id, runs: true, production: true, knownGood: c.id },
        { id: c.id, runs: true, production: false, knownGood: b.id },
        { id: b.id, runs: false, production: false, knownGood: a.id },
      ]);
      const folder = path.join(project.dir, ".edge-ai/local/deployments");
      await until(async () => (await fs.readdir(folder)).length === 3);
      await expectError(project, ["rollback", a.id], "UNKNOWN_DEPLOYMENT");

      const { stdout } = await project.bin("deployments");
      expect(stdout.split("\n").map((line) => line.replace(/ +/g, " ").split(" "))).toEqual([
        ["*", d.id, kept[0]?.createdAt, "production", d.buildId, kept[0]?.url],
        ["", c.id, kept[1]?.createdAt, "production", c.buildId, kept[1]?.url],
        ["", b.id, kept[2]?.createdAt, "production", b.buildId, "(on", "disk)"],
        [""],
      ]);

      const document = await goTo(project, ["rollback", b.id], b);
      expect(document.deployment.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
      expect(await goTo(project, ["promote", b.id], b)).toMatchObject({ outcome: "unchanged" });
      expect((await project.deployments()).map(({ id }) => id)).toEqual([d.id, c.id, b.id]);
      expect((await project.bin("promote", c.id, "--no-gate")).stdout).toBe(`${project.url}\n`);
    },
    SLOW_MS,
  );

  it(
    "lets a request finish that a release is answering, also one that does not stay",
    async () => {
      await using project = await makeProject();
      const a = await project.release("a");
      const b = await project.release("b");
      // The newest, so that after going back to a nothing keeps b running.
      await project.write({ release: "preview" });
      expect((await project.bin("deploy", "--no-gate")).code).toBe(0);
      expect(await project.production()).toBe(b.buildId);

      const slow = askOnce(`${project.url}/api/embeddings?wait=6000`);
      await goTo(project, ["rollback", a.id], a);
      expect((await project.deployments()).find(({ id }) => id === b.id)?.url).toBe("");
      expect(await slow).toMatchObject({ failure: null, buildId: b.buildId });
    },
    SLOW_MS,
  );

  it(
    "to a release that cannot start any more is exit 2, and production stays",
    async () => {
      await using project = await makeProject({
        onImport: 'if (process.env["KEY"] === undefined) throw new Error("no KEY");',
      });
      await writeTree(project.dir, { ".env.local": "KEY=1" });
      const first = await project.deploy("--prod", "--no-gate");
      const { id = "" } = first.document.deployment ?? {};
      await project.release("b");
      const c = await project.release("c");
      await project.stop();
      await fs.rm(path.join(project.dir, ".env.local"));
      await goTo(project, ["promote", c.id], c);
      await expectError(project, ["rollback", id], "CHILD_FAILED");
      // What was started for it has ended: two releases run, as before.
      await until(async () => (await project.processes()).filter((line) => line.includes("/bin/sh -c")).length === 3);
      expect((await project.deployments()).find((each) => each.id === id)?.url).toBe("");
      await fs.rm(path.join(project.dir, ".edge-ai/local/deployments", id), { recursive: true });
      await expectError(project, ["rollback", id], "BAD_CONFIG");
    },
    SLOW_MS,
  );
});
