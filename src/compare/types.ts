import type { Mode, TargetName, Task } from "../config/words.ts";
import type { PlatformName } from "../data/platforms.ts";
import type { HealthDocument } from "../health/document.ts";
import type { Explained } from "../explain.ts";
import type { Plan } from "../plan/types.ts";
import type { Row } from "./platform-rows.ts";

/** The last health check of a target. */
export interface LastMeasured {
  target: TargetName;
  /** ISO 8601. */
  checkedAt: string;
  health: HealthDocument;
}

/** The app as it would be planned: wherever fits best, and held to each platform. */
export interface Plans extends Record<PlatformName, Plan> {
  best: Plan;
}

/** Whether a template of ours runs on a platform: the rules that say no. */
export interface TemplateRow {
  task: Task;
  mode: Mode;
  model: string;
  failed: Record<PlatformName, string[]>;
}

/** What `compare --json` prints. */
export interface Comparison {
  version: 1;
  app: { task: Task; model: string | null; params: number; mode: Mode };
  recommendation: {
    platform: PlatformName;
    mode: Mode;
    /** False when the app fits on neither: then the planner's text says why. */
    fits: boolean;
    /** The rule of the planner that made it. */
    rule: "platform";
    reason: string;
    /** False: this version of edge-ai cannot deploy there. */
    deployable: boolean;
  };
  /** What each platform says of itself. */
  platforms: Row[];
  /** What this app does there. */
  thisApp: Row[];
  templates: TemplateRow[];
  warnings: string[];
  /** Every printed number with its formula and inputs; there when it was asked for. */
  explained?: Explained[];
}
