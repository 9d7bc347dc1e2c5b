// The fitted costs as the planner takes them, so that what is tested is the planner's own code.
import {
  engines,
  type Costs,
  type DtypeFacts,
  type EngineFacts,
  type EngineName,
  type Part,
} from "../../src/data/engines.ts";
import { from, type Fact } from "../../src/data/fact.ts";
import type { Built } from "./bundles.ts";
import type { Figure, Fitted } from "./samples.ts";

/** Ranges are never narrower or wider than these, on either side. */
const LEAST = 1.25;
const MOST = Math.sqrt(2.5);
/** Shapes that were not fitted are off by more than those that were. */
const WIDER = 1.5;

/**
 * The factor of a range, on either side: 1.5 times the largest error of the fit, as logarithms; at least 1.25, at most √2.5.
 * @param residuals predicted ÷ measured
 */
function rangeFactor(residuals: readonly number[]): number {
  const largest = Math.max(...residuals.map((ratio) => Math.abs(Math.log(ratio))));
  return Number(Math.min(Math.max(Math.exp(WIDER * largest), LEAST), MOST).toFixed(2));
}

const DTYPES = { onnx: ["q8", "fp32"], gguf: ["Q4_0", "Q8_0"] } as const;

/** Engines with the fitted costs and ranges in the place of those that are in src/data/engines.ts. */
export function fittedEngines(
  { fitted, residuals }: { fitted: Fitted; residuals: Record<string, number[]> },
  builds: readonly Built[],
): Record<EngineName, EngineFacts> {
  const fact = from("fitted in this run", "2026-11-23");
  const ofEngine = (engine: EngineName): EngineFacts => {
    const range = (figure: Figure): Fact => fact(rangeFactor(residuals[`${engine} ${figure}`] ?? []));
    const built = builds.find((build) => build.engine === engine && build.isForFit);
    const factsOf = (dtype: string): DtypeFacts => ({
      prompt: costsOf(fitted.prompt[dtype], fact),
      token: engine === "gguf" ? costsOf(fitted.token[dtype], fact) : null,
      memory: costsOf(fitted.memory[dtype], fact),
      coldStart: costsOf(fitted.coldStart[dtype], fact),
      range: {
        prompt: range("prompt"),
        ...(engine === "gguf" && { token: range("token") }),
        memory: range("memory"),
        coldStart: range("coldStart"),
      },
    });
    return {
      ...engines[engine],
      bundleBytes: fact(built?.engineBytes ?? Number.NaN),
      dtypes: Object.fromEntries(DTYPES[engine].map((dtype) => [dtype, factsOf(dtype)])),
    };
  };
  return { onnx: ofEngine("onnx"), gguf: ofEngine("gguf") };
}

function costsOf(costs: Partial<Record<Part, number>> | undefined, fact: (value: number) => Fact): Costs {
  return Object.fromEntries(Object.entries(costs ?? {}).map(([part, cost]) => [part, fact(cost)]));
}
