import fs from "node:fs/promises";
import type { Config } from "../config/schema.ts";
import { chooseNode } from "../host/node-binary.ts";
import type { Io } from "../io.ts";
import { reapedFolder } from "../reaper.ts";
import type { Release } from "../release/deploy.ts";
import type { DeployDocument, Verdict } from "../release/document.ts";
import type { SwitchDocument } from "../release/switch.ts";
import type { VercelTarget } from "../targets/vercel/vercel.ts";
import { findVercel, type CliProgram } from "../targets/vercel/cli.ts";
import { Play } from "./play.ts";
import type { EndpointName } from "./vercel-api/endpoint-names.ts";
import type { Fault } from "./vercel-api/faults.ts";
import { startVercelApi, type VercelApi } from "./vercel-api/vercel-api.ts";
import { makeWorkspace, TOKEN } from "./workspace.ts";

/** What `rehearse --json` prints. */
export interface RehearsalDocument {
  version: 1;
  target: "vercel";
  /** pass when every step came to what it should; inconclusive when this machine was too busy to measure one. */
  verdict: Verdict;
  /** The program that was driven. */
  cli: { version: string | null; from: CliProgram["from"] };
  steps: Step[];
  /** Steps that were not come to, because one before them did not go well. */
  skipped: Step["name"][];
  /** The releases, as `deploy --json` and `rollback --json` print them; null for one that was not reached. */
  releases: { good: DeployDocument | null; sick: DeployDocument | null; next: DeployDocument | null };
  rollback: SwitchDocument | null;
  /** How often the program called each endpoint of the API. */
  calls: Partial<Record<EndpointName, number>>;
  /** "GET /v99/thing": what it called and the emulator does not know. */
  unknownCalls: readonly string[];
  /** Endpoints of faults that nothing has met. */
  unmetFaults: readonly EndpointName[];
}

const stepNames = ["link", "good release", "sick release", "next release", "rollback", "api"] as const;

export interface Step {
  name: (typeof stepNames)[number];
  verdict: Verdict;
  /** What happened, in a sentence. */
  text: string;
  ms: number;
}

export interface Rehearsal {
  io: Io;
  projectDir: string;
  config: Config;
  faults: readonly Fault[];
  timeoutMs?: number | undefined;
  /** What the checks before a release find, with the environment of the rehearsal. */
  preflight: (io: Io, target: VercelTarget) => Release["preflight"];
  onStep: (name: Step["name"]) => void;
  onProgress: (line: string) => void;
}

/**
 * Goes through a whole release on this machine: the real `vercel` program against an emulated API whose deployments are
 * served from the uploaded files. A good release, a sick one that has to be refused, the next one, and the way back.
 * It builds the project's .vercel/output, since what was rehearsed is what ships; its link, ledger and the user's login are
 * neither read nor written.
 * @throws CliError when it cannot run
 */
export async function rehearse(rehearsal: Rehearsal): Promise<RehearsalDocument> {
  const { io, projectDir, faults } = rehearsal;
  const { dir: root, reaper } = await reapedFolder("edge-ai-rehearsal");
  const api = await startVercelApi({
    token: TOKEN,
    node: (await chooseNode(projectDir)).path,
    onLog: rehearsal.onProgress,
    signal: io.signal,
  });
  try {
    for (const fault of faults) api.inject(fault);
    const workspace = await makeWorkspace({ ...rehearsal, root, api, timeoutMs: rehearsal.timeoutMs });
    const { from } = await findVercel(io, projectDir);
    if (from === "npx")
      rehearsal.onProgress("vercel is not installed here: npx gets it, from its cache or the network");
    const version = await workspace.target.cli.version();
    const play = new Play(rehearsal, api, workspace);
    await play.run();
    return {
      version: 1,
      target: "vercel",
      verdict: overall(play.steps.map(({ verdict }) => verdict)),
      cli: { version, from },
      steps: play.steps,
      skipped: stepNames.filter((name) => play.steps.every((step) => step.name !== name)),
      releases: play.releases,
      rollback: play.rollback,
      calls: countCalls(api),
      unknownCalls: api.unknownCalls,
      unmetFaults: api.unmetFaults.map(({ endpoint }) => endpoint),
    };
  } finally {
    await api.close();
    await reaper.done();
    await fs.rm(root, { recursive: true, force: true });
  }
}

function overall(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes("fail")) return "fail";
  return verdicts.includes("inconclusive") ? "inconclusive" : "pass";
}

function countCalls(api: VercelApi): RehearsalDocument["calls"] {
  const counts: RehearsalDocument["calls"] = {};
  for (const { endpoint } of api.calls) if (endpoint !== null) counts[endpoint] = (counts[endpoint] ?? 0) + 1;
  return counts;
}
