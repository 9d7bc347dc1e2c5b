// The most telling cells of the fault matrix, and kills of the CLI. bench/faults.ts and bench/crash-vercel.ts do them all.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CaseProject } from "./vercel-case-project.ts";
import { nameOf, runFaultCase, type FaultCase } from "./vercel-fault-cases.ts";
import { killOnVercel, momentName, type KillMoment } from "./vercel-kill-cases.ts";

const SLOW_MS = 180_000;

type Cell = FaultCase & { exit: number; answer: string };

// /proc says which processes are left.
describe.skipIf(process.platform !== "linux")("on Vercel", () => {
  let on: CaseProject;
  beforeAll(async () => {
    on = await CaseProject.make();
  });
  afterAll(() => on[Symbol.asyncDispose](), SLOW_MS);

  const cells: Cell[] = [
    { command: "deploy", endpoint: "project", kind: "bad-token", exit: 2, answer: "NO_ACCESS" },
    {
      command: "deploy",
      step: "stage",
      endpoint: "createDeployment",
      kind: "build-error",
      exit: 2,
      answer: "PLATFORM",
    },
    { command: "deploy", step: "promote", endpoint: "promote", kind: "409", exit: 2, answer: "PLATFORM" },
    { command: "promote", endpoint: "promote", kind: "skipped", exit: 1, answer: "NOT_PRODUCTION" },
    { command: "rollback", endpoint: "rollback", kind: "hang", after: true, exit: 0, answer: "rolled-back" },
    { command: "deployments", endpoint: "deployments", kind: "401", exit: 2, answer: "NO_ACCESS" },
    { command: "deployments", endpoint: "project", kind: "429", exit: 2, answer: "PLATFORM" },
  ];
  it.each(cells.map((cell) => [nameOf(cell), cell] as const))(
    "a fault is named, nothing is half done, and a rerun completes: %s",
    { timeout: SLOW_MS },
    async (_, { exit, answer, ...cell }) => {
      expect(await runFaultCase(on, cell)).toMatchObject({ problems: [], exit, answer });
    },
  );

  const moments: [KillMoment, "old" | "new"][] = [
    [{ command: "deploy", step: "anchor" }, "old"],
    [{ command: "deploy", step: "stage" }, "old"],
    [{ command: "deploy", call: "createDeployment" }, "old"],
    [{ command: "deploy", call: "promote", unanswered: true }, "new"],
    [{ command: "rollback", call: "rollback" }, "new"],
  ];
  it.each(moments.map(([moment, after]) => [momentName(moment), moment, after] as const))(
    "kill -9 leaves the old or the new release, whole, and a rerun completes: %s",
    { timeout: SLOW_MS },
    async (_, moment, after) => {
      expect(await killOnVercel(on, moment)).toEqual({ after, problems: [] });
    },
  );
});
