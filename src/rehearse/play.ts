import { CliError } from "../errors.ts";
import { planHealth } from "../health/plan.ts";
import { deploy, type Release } from "../release/deploy.ts";
import type { Verdict } from "../release/document.ts";
import { Ledger } from "../release/ledger.ts";
import { rollback, type Switch, type SwitchDocument } from "../release/switch.ts";
import type { Artefact } from "../targets/target.ts";
import type { RehearsedApi, Stage } from "./platform.ts";
import type { Rehearsal, RehearsalDocument, Step } from "./rehearse.ts";
import { restamp } from "./restamp.ts";

/** A rehearsal on its way. */
export class Play {
  readonly steps: Step[] = [];
  readonly releases: RehearsalDocument["releases"] = { good: null, sick: null, next: null };
  rollback: SwitchDocument | null = null;
  readonly #rehearsal: Rehearsal;
  readonly #stage: Stage;
  readonly #ledger: Ledger;

  constructor(rehearsal: Rehearsal, stage: Stage) {
    this.#rehearsal = rehearsal;
    this.#stage = stage;
    this.#ledger = new Ledger(stage.dir);
  }

  /** What builds on a step that did not go well is left out. */
  async run(): Promise<void> {
    const first = await this.#stage.build();
    let current = first;
    const files = await this.#stage.stampedFiles(first.outputDir);
    const another = (release: number) => async (): Promise<Artefact> =>
      (current = await restamp(current, files, `${first.buildId.slice(0, -2)}0${release}`));

    const isLinked = await this.#step("link", async () => ({ verdict: "pass", text: await this.#stage.prepare() }));
    const isReleased =
      isLinked && (await this.#step("good release", () => this.#goodRelease("good", async () => first)));
    if (isReleased) {
      await this.#step("sick release", () => this.#sickRelease(another(2)));
      const isNext = await this.#step("next release", () => this.#goodRelease("next", another(3)));
      const isBack = isNext && (await this.#step("rollback", () => this.#goBack()));
      if (isBack) await this.#step("rollback again", () => this.#goBackAgain());
    }
    await this.#step("api", async () => judgeCalls(this.#stage.cli.name, this.#stage.api));
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
    // A gate that pays for its requests sends too few to be sure of one in twenty.
    const share = planHealth(this.#stage.config).isPaid ? 0.5 : 0.05;
    this.#stage.api.sicken("next", { kind: "errors", share });
    const document = await deploy(this.#release(build)).finally(() => this.#stage.api.sicken("next", null));
    this.releases.sick = document;
    const answers = await this.#production();
    const ok = document.outcome === "refused" && document.verdict === "fail" && answers === before;
    const why = `${document.cause ?? "no cause"}: ${document.message ?? ""}`;
    return {
      verdict: document.verdict === "inconclusive" ? document.verdict : passIf(ok),
      text: `${document.outcome} (${why})${ok ? `; production answers with build ${answers}` : ""}`,
    };
  }

  async #goBack(): Promise<Outcome> {
    const document = await rollback(this.#way(), undefined);
    this.rollback = document;
    const answers = await this.#production();
    const ok = document.outcome === "rolled-back" && answers === this.releases.good?.deployment?.buildId;
    return {
      verdict: passIf(ok),
      text: `${document.outcome}${ok ? `; production answers with build ${answers}` : ""}`,
    };
  }

  /** Before the first release there is none: the one that was left must not come back for want of another. */
  async #goBackAgain(): Promise<Outcome> {
    const outcome = await rollback(this.#way(), undefined).then(
      (document) => document.outcome,
      (error: unknown) => {
        if (!(error instanceof CliError) || error.code !== "NO_KNOWN_GOOD") throw error;
        return `${error.code}: ${error.message}`;
      },
    );
    const answers = await this.#production();
    const ok = answers === this.releases.good?.deployment?.buildId;
    return { verdict: passIf(ok), text: `${outcome}${ok ? `; production still answers with build ${answers}` : ""}` };
  }

  #way(): Switch {
    const { io, onProgress } = this.#rehearsal;
    const { target, config } = this.#stage;
    const common = { config, signal: io.signal, now: () => new Date(), onProgress, gate: false };
    return { ...common, targetName: this.#rehearsal.targetName, target, ledger: this.#ledger };
  }

  #release(build: Release["build"]): Release {
    const { io, projectDir, targetName, preflight, onProgress } = this.#rehearsal;
    return {
      projectDir,
      config: this.#stage.config,
      targetName,
      target: this.#stage.target,
      environment: "production",
      gate: true,
      force: false,
      ledger: this.#ledger,
      signal: io.signal,
      now: () => new Date(),
      build,
      preflight: preflight(this.#stage.io, this.#stage.target),
      onStep: (name) => onProgress(`→ ${name}`),
      onProgress,
    };
  }

  /** The build id that production answers with, to somebody who asks it and nobody else. */
  async #production(): Promise<string> {
    const response = await fetch(`${this.#stage.api.productionUrl}/api/health`);
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
export function judgeCalls(
  program: string,
  { calls, unknownCalls }: Pick<RehearsedApi, "calls" | "unknownCalls">,
): Outcome {
  if (unknownCalls.length === 0) return { verdict: "pass", text: `${calls.length} calls, all of them known` };
  return { verdict: "fail", text: `${program} called what the emulator does not know: ${unknownCalls.join(", ")}` };
}
