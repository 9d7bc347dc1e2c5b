import { models, modelsCheckedAt } from "../../data/models.ts";
import { platforms } from "../../data/platforms.ts";
import type { Explained } from "../../explain.ts";
import type { Draft } from "../plan.ts";
import type { Nearest, Plan } from "../types.ts";
import { explained, fromAbove, fromFact, given } from "./entry.ts";

/** The numbers of what would fit, and of what warnings compare with. */
export function explainNear(plan: Plan, draft: Draft): Explained[] {
  return [
    ...[...(plan.nearest ?? []), ...(plan.back ?? [])].flatMap((near) => explainOne(near, plan)),
    ...limits(draft),
  ];
}

/** Numbers that a change is made of, by its kind; a name or a target is no number. */
const HOW: Readonly<Partial<Record<Nearest["kind"], string>>> = {
  budget: "what the rule found, up to two digits that count; planned again, it fits",
  tokens: "the most that fits, down to two digits that count: found by planning again",
  concurrency: "the most that fits, down to two digits that count: found by planning again",
};

function explainOne({ kind, flags }: Nearest, plan: Plan): Explained[] {
  const pairs = flags.flatMap((flag, at) => (at % 2 === 0 ? [{ flag, value: flags[at + 1] ?? "" }] : []));
  if (kind === "model") return pairs.flatMap(({ value }) => sizeOf(value));
  if (kind === "machine") return largest(plan);
  const how = HOW[kind];
  if (how === undefined) return [];
  return pairs.map(({ flag, value }) => given(`nearest ${flag}`, Number(value), UNITS[flag] ?? "", how, null));
}

const UNITS: Readonly<Partial<Record<string, string>>> = {
  "--latency-budget": "ms",
  "--cold-start-budget": "ms",
  "--budget": "USD",
};

function sizeOf(id: string): Explained[] {
  const model = models.find((each) => each.id === id);
  if (model === undefined) return [];
  return [
    given(
      `parameters of ${id}`,
      model.params.total,
      "parameters",
      `catalogue, ${model.params.source}`,
      modelsCheckedAt,
    ),
  ];
}

function largest({ platform }: Plan): Explained[] {
  const { maxVcpus, defaultMemoryMb, maxMemoryMb } = platforms[platform];
  return [
    explained("usual memory", defaultMemoryMb.value, "MB", "usual", [fromFact("usual", "MB", defaultMemoryMb)]),
    explained("most vCPUs", maxVcpus.value, "vCPU", "most", [fromFact("most", "vCPU", maxVcpus)]),
    explained("most memory", maxMemoryMb.value, "MB", "most", [fromFact("most", "MB", maxMemoryMb)]),
  ];
}

/** Limits that are named in words: what a thin function has, and what a larger tier would take. */
function limits({ model, workload, judged }: Draft): Explained[] {
  const { largeBundleBytes: large } = judged.local.situation.platform;
  const tokens = workload.tokensIn + (model.kind === "decoder" ? workload.tokensOut : 0);
  return [
    explained("memory of a thin function", platforms.cloudflare.maxMemoryMb.value, "MB", "most", [
      fromFact("most", "MB", platforms.cloudflare.maxMemoryMb),
    ]),
    ...(large === null
      ? []
      : [explained("bundle of a large function", large.value, "bytes", "most", [fromFact("most", "bytes", large)])]),
    explained("tokens asked for", tokens, "tokens", model.kind === "decoder" ? "tokens in + tokens out" : "tokens in", [
      fromAbove("tokens in", workload.tokensIn, "tokens"),
      fromAbove("tokens out", workload.tokensOut, "tokens"),
    ]),
  ];
}
