import { assumptions, type Costs, type DtypeFacts, type EngineFacts } from "../data/engines.ts";
import type { Fact } from "../data/fact.ts";
import { modelsCheckedAt } from "../data/models.ts";
import type { ExplainedInput } from "../explain.ts";
import {
  coldStartAmounts,
  memoryAmounts,
  ofFiles,
  parts,
  promptAmounts,
  termsOf,
  tokenAmounts,
  type Amounts,
  type Files,
} from "./amounts.ts";
import type { Shape } from "./shape.ts";

/** How a number was computed: from the inputs, by their names. */
export interface Working {
  value: number;
  unit: string;
  formula: string;
  inputs: ExplainedInput[];
}

/** The sums behind a prediction of a model inside a function. */
export interface Workings {
  prompt: Working | null;
  /** null for an engine that generates nothing. */
  perToken: Working | null;
  /** Room for keys and values; null where none are kept. */
  kvCache: Working | null;
  /** Without the KV cache. */
  memory: Working;
  /** From process start to ready: without the first call. */
  ready: Working;
}

interface Asked {
  engine: Pick<EngineFacts, "service">;
  facts: DtypeFacts;
  shape: Shape;
  files: Files;
  tokensIn: number;
  /** Tokens that the cache has room for. */
  contextTokens: number;
  /** False: no formula fits the model, so that times are not predicted. */
  hasTimes: boolean;
}

export function workingsOf({ engine, facts, shape, files, tokensIn, contextTokens, hasTimes }: Asked): Workings {
  const known = shape.known;
  return {
    prompt: hasTimes
      ? served(engine.service.call, working("ms", facts.prompt, promptAmounts(shape, tokensIn, files), known))
      : null,
    perToken: hasTimes && facts.token !== null ? working("ms", facts.token, tokenAmounts(shape, files), known) : null,
    kvCache: shape.kvBytesPerToken === 0 ? null : kvWorking(shape, contextTokens),
    memory: working("bytes", facts.memory, memoryAmounts(shape, files), known),
    ready: served(engine.service.start, working("ms", facts.coldStart, coldStartAmounts(shape, files), known)),
  };
}

function working(unit: string, costs: Costs, amounts: Amounts, known: boolean): Working {
  const terms = termsOf(costs, amounts);
  return {
    value: terms.reduce((sum, { cost, amount }) => sum + cost.value * amount, 0),
    unit,
    formula: terms
      .map(({ part }) =>
        parts[part].amount === null ? parts[part].cost : `${parts[part].cost} × ${parts[part].amount}`,
      )
      .join(" + "),
    inputs: terms.flatMap(({ part, cost, amount }) => {
      const { cost: costName, amount: amountName, of } = parts[part];
      const { value, source, checkedAt } = cost;
      const price: ExplainedInput = { name: costName, value, unit, source, checkedAt };
      if (amountName === null) return [price];
      const assumed = known || ofFiles.includes(part) ? "" : ", with layer sizes assumed from the parameter count";
      return [
        price,
        { name: amountName, value: amount, unit: "", source: `${of}${assumed}`, checkedAt: modelsCheckedAt },
      ];
    }),
  };
}

/** With what the function around the engine adds. */
function served({ value, source, checkedAt }: Fact, inner: Working): Working {
  const around: ExplainedInput = { name: "function", value, unit: inner.unit, source, checkedAt };
  return {
    ...inner,
    value: value + inner.value,
    formula: `function + ${inner.formula}`,
    inputs: [around, ...inner.inputs],
  };
}

function kvWorking({ kvBytesPerToken, known }: Shape, contextTokens: number): Working {
  const { sequences, kvBytesPerToken: assumed } = assumptions;
  return {
    value: kvBytesPerToken * contextTokens * sequences.value,
    unit: "bytes",
    formula: "bytes of a token × context × sequences",
    inputs: [
      {
        name: "bytes of a token",
        value: kvBytesPerToken,
        unit: "bytes",
        source: known ? "2 × layers × KV heads × head size × 2 bytes" : assumed.source,
        checkedAt: known ? null : assumed.checkedAt,
      },
      {
        name: "context",
        value: contextTokens,
        unit: "tokens",
        source: `${assumptions.contextTokens.source}, or the tokens asked for when they are more`,
        checkedAt: assumptions.contextTokens.checkedAt,
      },
      { name: "sequences", unit: "", ...sequences },
    ],
  };
}
