import { modes, tasks, type Mode, type Task } from "../config/words.ts";
import type { PlatformName } from "../data/platforms.ts";
import type { Plan, PlanInput } from "../plan/types.ts";
import type { TemplateRow } from "./types.ts";

/** Rules that no budget lifts: what fails them cannot run there, however slow it may be. */
const HARD: ReadonlySet<string> = new Set(["task", "native-code", "bundle-bytes", "memory-bytes", "start-up"]);

/** Every template with the default model of its task and mode, and what keeps it off each platform. */
export function templateRows(
  modesOf: Readonly<Record<Task, readonly Mode[]>>,
  plan: (input: PlanInput) => Plan,
): TemplateRow[] {
  return tasks.flatMap((task) =>
    modes
      .filter((mode) => modesOf[task].includes(mode))
      .map((mode) => {
        const on = (target: PlatformName): Plan => plan({ task, mode, target });
        const [vercel, cloudflare] = [on("vercel"), on("cloudflare")];
        return {
          task,
          mode,
          model: vercel.model.id ?? "",
          failed: { vercel: hard(vercel), cloudflare: hard(cloudflare) },
        };
      }),
  );
}

function hard({ reasons, mode }: Plan): string[] {
  return reasons
    .filter((each) => each.mode === mode && each.passed === false && HARD.has(each.rule))
    .map(({ rule }) => rule);
}
