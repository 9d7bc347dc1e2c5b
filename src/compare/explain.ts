import { platforms, type PlatformName } from "../data/platforms.ts";
import type { Explained } from "../explain.ts";
import type { Plan } from "../plan/types.ts";
import type { Figure } from "./cell.ts";
import type { Row } from "./platform-rows.ts";

/** A plan, and where its numbers come from. */
interface ExplainedPlan {
  plan: Plan;
  numbers: readonly Explained[];
}

/** What the planner, and the cost of a month, call a number of the rows. */
function nameOf(id: string, { mode, platform, workload }: Plan): string | null {
  if (id === "price") return `month (${mode} on ${platform}, ${workload.requestsPerMonth} requests)`;
  const name = PLANNED_AS[id];
  return name === undefined ? null : `${name} (${mode})`;
}

const PLANNED_AS: Readonly<Partial<Record<string, string>>> = {
  "predicted-p95": "p95",
  "predicted-first-token": "first token",
  "predicted-cold-start": "cold start",
  "predicted-memory": "memory",
  "predicted-bundle": "bundle",
};

/** Every number of the rows, with its formula and inputs; of what is planned also the numbers that went into it. */
export function explainRows(rows: readonly Row[], planOf: (name: PlatformName) => ExplainedPlan): Explained[] {
  const names: readonly PlatformName[] = ["vercel", "cloudflare"];
  const plans = { vercel: planOf("vercel"), cloudflare: planOf("cloudflare") };
  return rows.flatMap(({ id, title, cells }) =>
    names.flatMap((name) => {
      const { plan, numbers } = plans[name];
      const what = `${title} (${platforms[name].title})`;
      return cells[name].figures.flatMap((figure) => explainFigure(what, figure, nameOf(id, plan), numbers));
    }),
  );
}

function explainFigure(
  what: string,
  { value, unit, formula, inputs }: Figure,
  name: string | null,
  numbers: readonly Explained[],
): Explained[] {
  const own = numbers.find((number) => number.what === name);
  if (own === undefined) return [{ what, value, unit, formula, inputs }];
  return [
    { ...own, what, value },
    ...partsOf(own, numbers).map((part) => ({ ...part, what: `${what}: ${part.what}` })),
  ];
}

/** The numbers that went into one, and those that went into them, each once: a file of weights is its own input. */
function partsOf(of: Explained, numbers: readonly Explained[]): Explained[] {
  const suffix = of.what.slice(of.what.indexOf(" ("));
  const found = new Set([of]);
  for (const { inputs } of found) {
    const names = new Set(inputs.map(({ name }) => `${name}${suffix}`));
    for (const number of numbers) if (names.has(number.what)) found.add(number);
  }
  return [...found].slice(1);
}
