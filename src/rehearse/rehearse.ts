import fs from "node:fs/promises";
import type { Config } from "../config/schema.ts";
import type { Io } from "../io.ts";
import { reapedFolder } from "../reaper.ts";
import type { Release } from "../release/deploy.ts";
import type { DeployDocument, Verdict } from "../release/document.ts";
import type { SwitchDocument } from "../release/switch.ts";
import type { Target } from "../targets/target.ts";
import { cloudflareStage } from "./cloudflare.ts";
import type { OpenStage, RehearsedApi, Stage } from "./platform.ts";
import { Play } from "./play.ts";
import { vercelStage } from "./vercel.ts";

/** The platforms that can be rehearsed on. Each takes the texts of --fault, and refuses what it does not know. */
export const stages = { vercel: vercelStage, cloudflare: cloudflareStage } as const satisfies Record<
  string,
  (faults: readonly string[]) => OpenStage
>;

export type RehearsedName = keyof typeof stages;

/** What `rehearse --json` prints. */
export interface RehearsalDocument {
  version: 1;
  target: RehearsedName;
  /** pass when every step came to what it should; inconclusive when this machine was too busy to measure one. */
  verdict: Verdict;
  /** The program that was driven. */
  cli: Stage["cli"];
  steps: Step[];
  /** Steps that were not come to, because one before them did not go well. */
  skipped: Step["name"][];
  /** The releases, as `deploy --json` and `rollback --json` print them; null for one that was not reached. */
  releases: { good: DeployDocument | null; sick: DeployDocument | null; next: DeployDocument | null };
  rollback: SwitchDocument | null;
  /** How often the program called each endpoint of the API. */
  calls: Record<string, number>;
  /** "GET /v99/thing": what it called and the emulator does not know. */
  unknownCalls: readonly string[];
  /** Endpoints of faults that nothing has met. */
  unmetFaults: readonly string[];
}

const stepNames = [
  "link",
  "good release",
  "sick release",
  "next release",
  "rollback",
  "rollback again",
  "api",
] as const;

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
  targetName: RehearsedName;
  open: OpenStage;
  timeoutMs?: number | undefined;
  /** What the checks before a release find, with the environment of the rehearsal. */
  preflight: (io: Io, target: Target) => Release["preflight"];
  onStep: (name: Step["name"]) => void;
  onProgress: (line: string) => void;
}

/**
 * Goes through a whole release on this machine: the platform's real program against an emulated API whose deployments are
 * served from the uploaded files. A good release, a sick one that has to be refused, the next one, and the way back, twice.
 * It builds what the project would ship, since what was rehearsed is what ships; its link, ledger and the user's login are
 * neither read nor written.
 * @throws CliError when it cannot run
 */
export async function rehearse(rehearsal: Rehearsal): Promise<RehearsalDocument> {
  const { dir: root, reaper } = await reapedFolder("edge-ai-rehearsal");
  let stage: Stage | undefined;
  try {
    stage = await rehearsal.open({ ...rehearsal, root });
    const play = new Play(rehearsal, stage);
    await play.run();
    const { api, cli } = stage;
    return {
      version: 1,
      target: rehearsal.targetName,
      verdict: overall(play.steps.map(({ verdict }) => verdict)),
      cli,
      steps: play.steps,
      skipped: stepNames.filter((name) => play.steps.every((step) => step.name !== name)),
      releases: play.releases,
      rollback: play.rollback,
      calls: countCalls(api),
      unknownCalls: api.unknownCalls,
      unmetFaults: api.unmetFaults.map(({ endpoint }) => endpoint),
    };
  } finally {
    await stage?.api.close();
    await reaper.done();
    await fs.rm(root, { recursive: true, force: true });
  }
}

function overall(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes("fail")) return "fail";
  return verdicts.includes("inconclusive") ? "inconclusive" : "pass";
}

function countCalls(api: RehearsedApi): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { endpoint } of api.calls) if (endpoint !== null) counts[endpoint] = (counts[endpoint] ?? 0) + 1;
  return counts;
}
