import { CliError } from "../errors.ts";
import { deploy, type Release } from "../release/deploy.ts";
import type { Verdict } from "../release/document.ts";
import { Ledger } from "../release/ledger.ts";
import { rollback, type SwitchDocument } from "../release/switch.ts";
import type { Artefact } from "../targets/target.ts";
import { vercelArgs } from "../targets/vercel/command-lines.ts";
import type { Rehearsal, RehearsalDocument, Step } from "./rehearse.ts";
import { restamp } from "./restamp.ts";
import type { VercelApi } from "./vercel-api/vercel-api.ts";
import { addVariables, buildInto, type Workspace } from "./workspace.ts";

/** A rehearsal on its way. */
export class Play {
  readonly steps: Step[] = [];
  readonly releases: RehearsalDocument["releases"] = { good: null, sick: null, next: null };
  rollback: SwitchDocument | null = null;
  readonly #rehearsal: Rehearsal;
  readonly #api: VercelApi;
  readonly #workspace: Workspace;
  readonly #ledger: Ledger;

  constructor(rehearsal: Rehearsal, api: VercelApi, workspace: Workspace) {
    this.#rehearsal = rehearsal;
    this.#api = api;
    this.#workspace = workspace;
    this.#ledger = new Ledger(workspace.dir);
  }

  /** What builds on a step that did not go well is left out. */
  async run(): Promise<void> {
    const first = await buildInto(this.#workspace, this.#rehearsal.projectDir);
    let current = first;
    const another = (release: number) => async (): Promise<Artefact> =>
      (current = await restamp(current, `${first.buildId.slice(0, -2)}0${release}`));

    const isLinked = await this.#step("link", () => this.#link());
    const isReleased =
      isLinked && (await this.#step("good release", () => this.#goodRelease("good", async () => first)));
    if (isReleased) {
      await this.#step("sick release", () => this.#sickRelease(another(2)));
      const isNext = await this.#step("next release", () => this.#goodRelease("next", another(3)));
      if (isNext) await this.#step("rollback", () => this.#goBack(first.buildId));
    }
    await this.#step("api", async () => judgeCalls(this.#api));
  }

  async #link(): Promise<Outcome> {
    const { target } = this.#workspace;
    const { project, scope } = await target.project.linked();
    await addVariables(this.#api, project, this.#rehearsal.projectDir);
    await target.cli.output(vercelArgs.pull("production", scope));
    return { verdict: "pass", text: "the project was made, linked and pulled" };
  }

  async #goodRelease(which: "good" | "next", build: Release["build"]): Promise<Outcome> {
    const document = await deploy(this.#release(build));
    this.releases[which] = document;
    const answers = await this.#production();
    const { outcome, verdict, deployment, cause, message } = document;
    const ok = outcome === "promoted" && verdict === "pass" && answers === deployment?.buildId;
    const why = cause === undefined ? "" : ` (${cause}: ${message ?? ""})`;
    return {
      verdict: verdict === "inconclusive" ? verdict : passIf(ok),
      text: `${outcome}, verdict ${verdict ?? "none"}${why}${ok ? `; production answers with build ${answers}` : ""}`,
    };
  }

  async #sickRelease(build: Release["build"]): Promise<Outcome> {
    const before = await this.#production();
    this.#api.sicken("next", { kind: "errors", share: 0.05 });
    const document = await deploy(this.#release(build)).finally(() => this.#api.sicken("next", null));
    this.releases.sick = document;
    const answers = await this.#production();
    const ok = document.outcome === "refused" && document.verdict === "fail" && answers === before;
    const why = `${document.cause ?? "no cause"}: ${document.message ?? ""}`;
    return {
      verdict: document.verdict === "inconclusive" ? document.verdict : passIf(ok),
      text: `${document.outcome} (${why})${ok ? `; production answers with build ${answers}` : ""}`,
    };
  }

  async #goBack(wanted: string): Promise<Outcome> {
    const { io, config, onProgress } = this.#rehearsal;
    const common = { config, signal: io.signal, now: () => new Date(), onProgress, gate: false };
    const { target } = this.#workspace;
    const document = await rollback({ ...common, targetName: "vercel", target, ledger: this.#ledger }, undefined);
    this.rollback = document;
    const answers = await this.#production();
    const ok = document.outcome === "rolled-back" && answers === wanted;
    return {
      verdict: passIf(ok),
      text: `${document.outcome}${ok ? `; production answers with build ${answers}` : ""}`,
    };
  }

  #release(build: Release["build"]): Release {
    const { io, projectDir, config, preflight, onProgress } = this.#rehearsal;
    return {
      projectDir,
      config,
      targetName: "vercel",
      target: this.#workspace.target,
      environment: "production",
      gate: true,
      force: false,
      ledger: this.#ledger,
      signal: io.signal,
      now: () => new Date(),
      build,
      preflight: preflight(this.#workspace.io, this.#workspace.target),
      onStep: (name) => onProgress(`→ ${name}`),
      onProgress,
    };
  }

  /** The build id that production answers with, to somebody who asks it and nobody else. */
  async #production(): Promise<string> {
    const response = await fetch(`${this.#api.productionUrl}/api/health`);
    const body: unknown = await response.json().catch(() => null);
    if (typeof body === "object" && body !== null && "buildId" in body && typeof body.buildId === "string")
      return body.buildId;
    return response.status === 404 ? "none: nothing is deployed there" : `none (HTTP ${response.status})`;
  }

  /** A step that the platform keeps from happening did not come to what it should. */
  async #step(name: Step["name"], work: () => Promise<Outcome>): Promise<boolean> {
    this.#rehearsal.io.signal.throwIfAborted();
    this.#rehearsal.onStep(name);
    const started = performance.now();
    const { verdict, text } = await work().catch((error: unknown): Outcome => {
      this.#rehearsal.io.signal.throwIfAborted();
      if (!(error instanceof CliError)) throw error;
      const hint = error.hint === undefined ? "" : ` (${error.hint})`;
      return { verdict: "fail", text: `${error.code}: ${error.message}${hint}` };
    });
    const after = verdict === "pass" ? "" : `; production answers with build ${await this.#production()}`;
    const again = verdict === "inconclusive" ? "; run it again when the machine has less to do" : "";
    this.steps.push({ name, verdict, text: `${text}${after}${again}`, ms: Math.round(performance.now() - started) });
    return verdict === "pass";
  }
}

type Outcome = Pick<Step, "verdict" | "text">;

function passIf(ok: boolean): Verdict {
  return ok ? "pass" : "fail";
}

/** A new version of the program may call what nobody has looked at: that is not passed over. */
export function judgeCalls({ calls, unknownCalls }: Pick<VercelApi, "calls" | "unknownCalls">): Outcome {
  if (unknownCalls.length === 0) return { verdict: "pass", text: `${calls.length} calls, all of them known` };
  return { verdict: "fail", text: `vercel called what the emulator does not know: ${unknownCalls.join(", ")}` };
}
