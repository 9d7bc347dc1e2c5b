import type { Config } from "../config/schema.ts";
import type { TargetName } from "../config/words.ts";
import { CliError, type ErrorCode } from "../errors.ts";
import type { HealthDocument } from "../health/document.ts";
import { planHealth, watchPlan } from "../health/plan.ts";
import type { Artefact, Deployment, Environment, Target } from "../targets/target.ts";
import { publicDeployment, type DeployDocument, type Outcome, type Verdict } from "./document.ts";
import { explain } from "./explain.ts";
import { gate, measure } from "./gate.ts";
import { climb, stoppedBy, trafficSteps, type Stopped } from "./gradual.ts";
import type { Ledger, LedgerEvent } from "./ledger.ts";
import { protectedError } from "./protected.ts";
import { smoke, type Refusal } from "./smoke.ts";
import type { StepName } from "./steps.ts";
import { whoIsProduction } from "./verify.ts";

export interface Release {
  projectDir: string;
  config: Config;
  targetName: TargetName;
  target: Target;
  environment: Environment;
  gate: boolean;
  /** Makes a new deployment even when this very build is production or staged: variables may have changed. */
  force: boolean;
  ledger: Ledger;
  signal: AbortSignal;
  now: () => Date;
  build: () => Promise<Artefact>;
  /** Says why the project is not ready, or null. */
  preflight: () => Promise<Refusal | null>;
  /** Told about each step as it begins, and what it says. */
  onStep: (name: StepName) => void;
  onProgress: (line: string) => void;
}

/** What a deployment whose files are gone or spoilt fails with. */
const lostDeployment: ReadonlySet<ErrorCode> = new Set(["BAD_CONFIG", "FILE", "CHILD_FAILED", "UNKNOWN_DEPLOYMENT"]);

/**
 * Releases a project: anchor → preflight → build → smoke → stage → gate → promote → watch. Production is not touched before
 * the gate has passed, and is put back when the watch finds it sick. Running it again completes what was interrupted.
 * @returns the document of every outcome; throws only when it could not run
 */
export async function deploy(release: Release): Promise<DeployDocument> {
  return new Run(release).run();
}

/** One release on its way: what is known so far, from which the document is made at any point. */
class Run {
  readonly #release: Release;
  readonly #ledger: Ledger;
  readonly #stagesMs: DeployDocument["stagesMs"] = {};
  #previous: Deployment | null = null;
  #deployment: Deployment | null = null;
  #health: HealthDocument | null = null;
  #watch: HealthDocument | null = null;

  constructor(release: Release) {
    this.#release = release;
    this.#ledger = release.ledger;
  }

  async run(): Promise<DeployDocument> {
    const { target, targetName, projectDir, config, environment, signal, force } = this.#release;
    const gated = this.#release.gate;
    this.#previous = await this.#step("anchor", () => target.current());
    const unready = await this.#step("preflight", this.#release.preflight);
    if (unready !== null) return this.#document("refused", "fail", unready);
    const artefact = await this.#step("build", this.#release.build);
    const running = force ? null : await this.#productionWith(artefact);
    if (running !== null && (await this.#answersAgain(running))) return this.#keepProduction(running);
    const broken = await this.#step("smoke", () => smoke(projectDir, config, artefact, signal, targetName));
    if (broken !== null) return this.#document("refused", "fail", broken);
    const deployment = await this.#step("stage", () => this.#stage(artefact));
    this.#deployment = deployment;
    if (gated) {
      const health = await this.#step("gate", () => this.#gate(deployment));
      if (health.verdict !== "pass") return this.#refuse(deployment, health);
    }
    if (environment === "preview") return this.#document("staged", gated ? "pass" : null);
    const stopped = await this.#step("promote", () => this.#promote(deployment));
    if (stopped !== null) {
      if (stopped.health.verdict === "fail") await this.#log("refused", deployment);
      return this.#document("refused", stopped.health.verdict, stoppedBy(stopped));
    }
    if (!gated) return this.#document("promoted", null);
    return this.#step("watch", () => this.#watchProduction(deployment));
  }

  /** An interrupted release may have staged this very build already. */
  async #stage(artefact: Artefact): Promise<Deployment> {
    const { target, environment } = this.#release;
    const staged = this.#release.force ? null : await this.#staged(artefact);
    if (staged !== null) return target.reach(staged.id);
    const deployment = await target.stage(artefact, { environment, knownGood: await this.#knownGood() });
    await this.#log("staged", deployment);
    return deployment;
  }

  async #staged({ buildId }: Artefact): Promise<Deployment | null> {
    const { target, environment } = this.#release;
    const knownGood = await this.#knownGood();
    const found = (await target.list()).find(
      (each) =>
        each.builtFrom === buildId &&
        each.environment === environment &&
        each.knownGood === knownGood &&
        each.url !== "" &&
        each.id !== this.#previous?.id,
    );
    if (found === undefined || (await this.#ledger.wasTurnedDown(found.id))) return null;
    this.#release.onProgress(`${found.id} is staged already, with this build`);
    return found;
  }

  /** What to go back to from a new release: production as it is, unless that is a release somebody went back from. */
  async #knownGood(): Promise<string | null> {
    if (this.#previous === null) return null;
    const isSuspect = await this.#ledger.isSuspect(this.#previous.id);
    return isSuspect ? this.#previous.knownGood : this.#previous.id;
  }

  async #gate(deployment: Deployment): Promise<HealthDocument> {
    this.#health = await gate(this.#release, deployment);
    if (this.#health.cause === "protected") throw protectedError(this.#health, deployment);
    if (this.#health.verdict === "pass") await this.#log("passed", deployment);
    return this.#health;
  }

  async #refuse(deployment: Deployment, health: HealthDocument): Promise<DeployDocument> {
    if (health.verdict === "fail") await this.#log("refused", deployment);
    return this.#document("refused", health.verdict, explain(health));
  }

  /** @returns at which share of the traffic it was stopped, or null when it is production */
  async #promote(deployment: Deployment): Promise<Stopped | null> {
    const { target, targetName, signal } = this.#release;
    await this.#refuseIfOvertaken(deployment);
    const stopped = await this.#climb(deployment);
    if (stopped !== null) return stopped;
    await target.promote(deployment.id);
    await this.#log("promoted", deployment);
    const stranger = await whoIsProduction(target, deployment, signal);
    signal.throwIfAborted();
    // Anything else that is wrong with it is for the watch to find, which goes back.
    if (stranger?.cause !== "wrong-build") return null;
    throw new CliError("NOT_PRODUCTION", `${deployment.id} was promoted, and ${stranger.message}`, {
      hint: `edge-ai status --target ${targetName} shows what production is`,
    });
  }

  /** Nothing can be measured against nothing: a first release, and one without a gate, get all the traffic at once. */
  async #climb(deployment: Deployment): Promise<Stopped | null> {
    const { config, targetName, gate: gated } = this.#release;
    const steps = gated && this.#previous !== null ? trafficSteps(config, targetName) : [];
    if (steps.length === 0) return null;
    const stopped = await climb({ ...this.#release, steps }, deployment);
    if (stopped === null) await this.#refuseIfOvertaken(deployment);
    else this.#watch = stopped.health;
    return stopped;
  }

  /** The gate took its time: a release that somebody else made production meanwhile is not overwritten. */
  async #refuseIfOvertaken({ id }: Deployment): Promise<void> {
    const { target, targetName } = this.#release;
    const now = await target.current();
    if (now?.id === this.#previous?.id || now?.id === id) return;
    throw new CliError("NOT_PRODUCTION", `production has become ${now?.id ?? "nothing"} since this release began`, {
      hint: `another release was made meanwhile: look at edge-ai status --target ${targetName}, and run it again if this one is newer`,
    });
  }

  /**
   * A sick production goes back to the release this one knows as good; without one, the sick one stays, and that is said.
   * @param isNew false: it was production before this run, so going back is for somebody to decide
   */
  async #watchProduction(deployment: Deployment, isNew = true): Promise<DeployDocument> {
    const { target, targetName, config } = this.#release;
    const url = await target.productionUrl();
    if (url === null) throw new Error("what was promoted has a URL");
    const watch = await measure(this.#release, watchPlan(planHealth(config)), {
      url,
      requestHeaders: target.productionHeaders,
      buildId: deployment.buildId,
    });
    this.#watch = watch;
    const now = await target.current();
    if (now?.id !== deployment.id) return this.#document("promoted", "inconclusive", overtaken(now));
    if (watch.verdict === "pass") await this.#log("healthy", deployment);
    if (watch.cause === "protected") throw protectedError(watch, deployment);
    if (watch.verdict !== "fail") return this.#document("promoted", watch.verdict, explain(watch));
    await this.#log("sick", deployment);
    if (!isNew) {
      const hint = `it was production before, and stays: edge-ai rollback --target ${targetName} goes back`;
      return this.#document("promoted", "fail", { ...explain(watch), hint });
    }
    return this.#goBack(deployment, explain(watch));
  }

  /** When going back fails too, production is still the sick release: that has to be said, not only why it failed. */
  async #goBack(sick: Deployment, why: Partial<Refusal>): Promise<DeployDocument> {
    const { target, onProgress } = this.#release;
    let good: Deployment | null;
    try {
      good = sick.knownGood === null ? null : await target.find(sick.knownGood);
      if (good === null) {
        const hint = "there is no earlier release to go back to: correct it and deploy again";
        return await this.#document("promoted", "fail", { ...why, hint });
      }
      onProgress(`production is sick: going back to ${good.id}`);
      await target.promote(good.id, { rollback: true });
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      const message = `${why.message ?? "production is sick"}\nand it could not go back to ${sick.knownGood ?? "an earlier release"}: ${error.message}`;
      return this.#document("promoted", "fail", {
        cause: "sick",
        message,
        hint: error.hint ?? "correct it and deploy again",
      });
    }
    await this.#log("rolled-back-from", sick);
    return this.#document("rolled-back", "fail", why, good);
  }

  /** The production deployment, when it is this build and nobody went back from it. */
  async #productionWith({ buildId }: Artefact): Promise<Deployment | null> {
    const current = this.#previous;
    if (this.#release.environment !== "production" || current === null || current.builtFrom !== buildId) return null;
    return (await this.#ledger.wasTurnedDown(current.id)) ? null : current;
  }

  /** Production is this build by the books; promoting it again makes sure that it answers. */
  async #answersAgain({ id }: Deployment): Promise<boolean> {
    const { target, onProgress } = this.#release;
    try {
      await this.#step("promote", () => target.promote(id));
      return true;
    } catch (error) {
      if (!(error instanceof CliError) || !lostDeployment.has(error.code)) throw error;
      onProgress(`${id} is production with this build, and cannot run any more (${error.message}): released anew`);
      return false;
    }
  }

  /** Nothing to do, unless nobody has seen yet that it is healthy: its watch was interrupted, failed or left out. */
  async #keepProduction({ id }: Deployment): Promise<DeployDocument> {
    const deployment = await this.#release.target.current();
    if (deployment?.id !== id) throw new Error(`production is ${deployment?.id}, and ${id} has just been promoted`);
    this.#deployment = deployment;
    const { gate: gated, target, signal } = this.#release;
    const stranger = await whoIsProduction(target, deployment, signal);
    if (gated && (stranger !== null || !(await this.#ledger.isHealthy(id)))) {
      const isNew = await this.#ledger.isUnwatched(id);
      return this.#step("watch", () => this.#watchProduction(deployment, isNew));
    }
    const message = "production is this very build: there is nothing to do";
    return this.#document("promoted", gated ? "pass" : null, { cause: "unchanged", message, hint: "" });
  }

  async #step<T>(name: StepName, work: () => Promise<T>): Promise<T> {
    this.#release.signal.throwIfAborted();
    this.#release.onStep(name);
    const started = performance.now();
    try {
      const result = await work();
      this.#release.signal.throwIfAborted();
      return result;
    } finally {
      this.#stagesMs[name] = Math.round(performance.now() - started);
    }
  }

  #log(event: LedgerEvent["event"], { id, buildId }: Deployment): Promise<void> {
    return this.#ledger.append({
      at: this.#release.now().toISOString(),
      target: this.#release.targetName,
      event,
      id,
      buildId,
    });
  }

  async #document(
    outcome: Outcome,
    verdict: Verdict | null,
    why: Partial<Refusal> = {},
    rolledBackTo: Deployment | null = null,
  ): Promise<DeployDocument> {
    return {
      version: 1,
      target: this.#release.targetName,
      environment: this.#release.environment,
      outcome,
      verdict,
      ...why,
      deployment: publicDeployment(this.#deployment),
      productionUrl: await this.#release.target.productionUrl(),
      previous: publicDeployment(this.#previous),
      rolledBackTo: publicDeployment(rolledBackTo),
      health: this.#health,
      watch: this.#watch,
      stagesMs: this.#stagesMs,
    };
  }
}

/** Nobody knows whose answers were measured, and what is production now is not for this release to change. */
function overtaken(now: Deployment | null): Refusal {
  return {
    cause: "overtaken",
    message: `production became ${now?.id ?? "nothing"} while it was watched`,
    hint: "another release was made meanwhile: it was left as it is",
  };
}
