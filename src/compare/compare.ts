import type { Mode, Task } from "../config/words.ts";
import { platforms, type PlatformName } from "../data/platforms.ts";
import type { Explained } from "../explain.ts";
import type { Plan, PlanInput } from "../plan/types.ts";
import { appRows } from "./app-rows.ts";
import { explainRows } from "./explain.ts";
import { oldFactWarnings } from "./old-facts.ts";
import { platformRows, type Row } from "./platform-rows.ts";
import { templateRows } from "./templates.ts";
import type { Comparison, LastMeasured } from "./types.ts";

export interface CompareInput {
  /** What is planned. A target in it was asked for, and then decides. */
  app: PlanInput;
  /** False: the mode in `app` is the project's, which decides nothing where that mode does not run. */
  isModeAsked?: boolean;
  plan: (input: PlanInput) => Plan;
  measured: readonly LastMeasured[];
  modesOf: Readonly<Record<Task, readonly Mode[]>>;
  isDeployable: (name: PlatformName) => boolean;
  now: Date;
  /** Explains a plan; null: nobody asked for that. */
  explain: ((plan: Plan, input: PlanInput) => Explained[]) | null;
}

/**
 * The two platforms for one app: what each publishes, what the app is planned to do there, what you measured there. The
 * recommendation is the planner's own. Pure: the clock and the planner are arguments.
 * @throws CliError UNKNOWN_MODEL or USAGE, as the planner does
 */
export function comparePlatforms({
  app,
  isModeAsked = true,
  plan,
  measured,
  modesOf,
  isDeployable,
  now,
  explain,
}: CompareInput): Comparison {
  const best = plan(app);
  const on = (target: PlatformName): PlanInput => (isModeAsked ? { ...app, target } : inputOn(app, target, plan));
  const plans = { best, vercel: plan(on("vercel")), cloudflare: plan(on("cloudflare")) };
  const rows = { platforms: platformRows(platforms), thisApp: appRows(plans, measured) };
  const all = [...rows.platforms, ...rows.thisApp];
  const { platform, mode, fits, platformReason: reason } = best;
  const deployable = isDeployable(platform);
  return {
    version: 1,
    app: { task: best.task, model: best.model.id, params: best.model.params, mode },
    recommendation: { platform, mode, fits, rule: "platform", reason, deployable },
    ...rows,
    templates: templateRows(modesOf, plan),
    warnings: [
      ...(deployable ? [] : [`this version of edge-ai cannot deploy to ${platforms[platform].title} yet`]),
      ...unmeasured(rows.thisApp),
      ...oldFactWarnings(all, now),
    ],
    ...(explain && {
      explained: explainRows(all, (name) => ({ plan: plans[name], numbers: explain(plans[name], on(name)) })),
    }),
  };
}

/** How to come by the numbers that nobody else can know. */
function unmeasured(rows: readonly Row[]): string[] {
  const own = rows.filter(({ id }) => id.startsWith("measured-")).flatMap(({ cells }) => Object.values(cells));
  if (own.every(({ kind }) => kind === "measured by you")) return [];
  return ["how fast it is there is unknown until you measure it, in the project: edge-ai healthcheck <url>"];
}

/** A project on a platform: in its own mode, or where that does not run in one that does. */
function inputOn(app: PlanInput, target: PlatformName, plan: (input: PlanInput) => Plan): PlanInput {
  const asked = { ...app, target };
  const free = { ...asked, mode: undefined };
  return app.mode !== undefined && !plan(asked).fits && plan(free).fits ? free : asked;
}
