/** A number that went into another one. */
export interface ExplainedInput {
  name: string;
  value: number | string;
  unit: string;
  /** A page, a measurement with its machine, a flag that was given, or "chosen by edge-ai". */
  source: string;
  /** yyyy-mm-dd, when somebody looked; null for what was asked for or follows from it. */
  checkedAt: string | null;
}

/** A printed number, and how it came to be. `value` is rounded like the number that was printed. */
export interface Explained {
  /** The words that stand before the number where it is printed, like "memory (local)". */
  what: string;
  value: number;
  unit: string;
  /** In the names of the inputs, like "base + k × weights + KV cache". */
  formula: string;
  inputs: ExplainedInput[];
}

/** Every number with its formula and inputs, one below the other. No colour, no trailing newline. */
export function renderExplained(numbers: readonly Explained[]): string {
  return ["Where the numbers come from", ...numbers.flatMap(explainOne)].join("\n");
}

function explainOne({ what, value, unit, formula, inputs }: Explained): string[] {
  return [`  ${what}: ${shown(value, unit)} = ${formula}`, ...inputs.map(inputLine)];
}

function inputLine({ name, value, unit, source, checkedAt }: ExplainedInput): string {
  return `    ${name} = ${shown(value, unit)}: ${source}${checkedAt === null ? "" : ` (${checkedAt})`}`;
}

function shown(value: number | string, unit: string): string {
  const text = typeof value === "number" ? String(Number(value.toPrecision(9))) : value;
  return unit === "" ? text : `${text} ${unit}`;
}
