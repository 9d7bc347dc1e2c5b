// Releases that pass the gate and turn sick as production.
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { makeProject, makeReleased } from "./fixture.ts";
import { buildsOf, failuresOf, startLoad } from "./load.ts";

const SLOW_MS = 120_000;

/** The gate sends 1 + 10 + some 1100 requests to the function: 10 s at 110 a second. Then it fails, and goes on to fail. */
const turnsSick = { release: "sick", embeddings: 'return n > 1_250 ? new Response("no", { status: 500 }) : answer();' };

describe.concurrent("production that turns sick while it is watched", () => {
  it(
    "goes back to the release before, by itself",
    async () => {
      const { project, ...good } = await makeReleased();
      await using _ = project;
      await project.write(turnsSick);
      const load = startLoad(project.url, 20);
      const { code, document, stderr } = await project.deploy("--prod").finally(() => load.stop());
      expect(code).toBe(1);
      expect(document).toMatchObject({ outcome: "rolled-back", verdict: "fail", previous: good, rolledBackTo: good });
      expect(document.health?.verdict).toBe("pass");
      expect(document.watch?.verdict).toBe("fail");
      expect(document).toMatchObject({ cause: "slo", message: expect.stringMatching(/error rate .* rules out/) });
      expect(stderr).toContain(`production is ${good.id} again`);
      expect(await project.production()).toBe(good.buildId);
      // Until it was promoted, production was the good one and answered everything.
      const sick = document.deployment?.buildId ?? "";
      const seen = await load.stop();
      const before = seen.slice(
        0,
        seen.findIndex(({ buildId }) => buildId === sick),
      );
      expect(before.length).toBeGreaterThan(100);
      expect(failuresOf(before)).toEqual([]);
      const after = startLoad(project.url, 20);
      await sleep(1_000);
      expect(new Set(buildsOf(await after.stop()))).toEqual(new Set([good.buildId]));
      const sickId = document.deployment?.id ?? "";
      expect((await project.ledger()).slice(2).map(({ event, id }) => [event, id])).toEqual([
        ["staged", sickId],
        ["passed", sickId],
        ["promoted", sickId],
        ["sick", sickId],
        ["rolled-back-from", sickId],
      ]);

      // The same build once more is a new deployment, not the one that was gone back from; and what it goes back to is good.
      const again = (await project.deploy("--prod", "--no-gate")).document;
      expect(again.deployment?.buildId).toBe(sick);
      expect(again.deployment?.id).not.toBe(sickId);
      const back = await project.switch("rollback");
      expect(back.document.deployment).toMatchObject({ id: good.id });
    },
    SLOW_MS,
  );

  it(
    "stays when there is nothing to go back to, says so, and does not pass when it is asked again",
    async () => {
      await using project = await makeProject(turnsSick);
      const first = await project.deploy("--prod");
      expect(first.code).toBe(1);
      expect(first.document).toMatchObject({
        outcome: "promoted",
        verdict: "fail",
        cause: "slo",
        hint: expect.stringContaining("no earlier release to go back to"),
        previous: null,
        rolledBackTo: null,
      });
      expect(await project.production()).toBe(first.document.deployment?.buildId);
      const again = await project.deploy("--prod");
      expect(again.code).toBe(1);
      expect(again.document).toMatchObject({ outcome: "promoted", verdict: "fail" });
      expect(again.document.deployment?.id).toBe(first.document.deployment?.id);
    },
    SLOW_MS,
  );

  it(
    "is not touched by a healthy release: it passes, and production never fails a request",
    async () => {
      const { project, ...old } = await makeReleased();
      await using _ = project;
      await project.write({ release: "b" });
      const load = startLoad(project.url, 20);
      const { code, document } = await project.deploy("--prod").finally(() => load.stop());
      expect(code).toBe(0);
      expect(document).toMatchObject({ outcome: "promoted", verdict: "pass", previous: old, rolledBackTo: null });
      expect(document.cause).toBeUndefined();
      expect(document.watch?.verdict).toBe("pass");
      expect(failuresOf(await load.stop())).toEqual([]);
      expect(await project.production()).toBe(document.deployment?.buildId);
      expect(Object.keys(document.stagesMs)).toEqual([
        "anchor",
        "preflight",
        "build",
        "smoke",
        "stage",
        "gate",
        "promote",
        "watch",
      ]);
      // It was watched to the end, so there is nothing left to do.
      const again = await project.deploy("--prod");
      expect(again.document).toMatchObject({ outcome: "promoted", verdict: "pass", cause: "unchanged", watch: null });
    },
    SLOW_MS,
  );
});
