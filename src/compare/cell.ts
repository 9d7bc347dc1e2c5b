import type { Fact } from "../data/fact.ts";
import type { PlatformFact, Told } from "../data/platforms.ts";
import type { ExplainedInput } from "../explain.ts";

/** How a cell came to be. */
type CellKind = "published" | "second hand" | "not published" | "planned" | "measured by you" | "unknown";

/** A number of a cell, and how it came to be. */
export interface Figure {
  value: number;
  unit: string;
  /** As it is printed. */
  text: string;
  formula: string;
  inputs: ExplainedInput[];
}

interface Source {
  source: string;
  /** yyyy-mm-dd */
  checkedAt: string;
}

/** One platform's answer to one question: every number in its text is one of its figures. */
export interface Cell {
  kind: CellKind;
  text: string;
  figures: Figure[];
  sources: Source[];
}

/** A published fact as it is printed; somebody else's word for it says so in its formula. */
export function factFigure(fact: PlatformFact, unit: string, text: string): Figure {
  const { value, source, checkedAt, secondHand } = fact;
  const formula = secondHand === true ? SECOND_HAND : "as published";
  return { value, unit, text, formula, inputs: [{ name: "published", value, unit, source, checkedAt }] };
}

const SECOND_HAND = "as others quote it";

/** A cell out of words and published facts. It is second hand as soon as one of its facts is. */
export function published(words: TemplateStringsArray, ...parts: readonly Figure[]): Cell {
  const cell = written(words, ...parts);
  return { ...cell, kind: parts.some(({ formula }) => formula === SECOND_HAND) ? "second hand" : "published" };
}

/** A cell out of words and what the planner says. */
export function written(words: TemplateStringsArray, ...parts: readonly Figure[]): Cell {
  const text = words.map((word, index) => word + (parts[index]?.text ?? "")).join("");
  return { kind: "planned", text, figures: [...parts], sources: sourcesOf(parts) };
}

/** A cell of words that are not about a number. */
export function told({ text, source, checkedAt }: Told): Cell {
  return { kind: "published", text, figures: [], sources: [{ source, checkedAt }] };
}

/** What the platform does not say anywhere that we know of. */
export function notPublished(): Cell {
  return { kind: "not published", text: "not published", figures: [], sources: [] };
}

/** What nobody knows until somebody measures or asks. */
export function unknown(why?: string): Cell {
  return { kind: "unknown", text: why === undefined ? "unknown" : `unknown: ${why}`, figures: [], sources: [] };
}

/** The words of a fact that is not a number, with the fact's own source. */
export function saidBy({ source, checkedAt }: Fact, text: string): Cell {
  return told({ text, source, checkedAt });
}

/** Every source of the figures once, those without a date left out: they follow from what was asked. */
function sourcesOf(figures: readonly Figure[]): Source[] {
  const all = figures.flatMap(({ inputs }) =>
    inputs.flatMap(({ source, checkedAt }) => (checkedAt === null ? [] : [{ source, checkedAt }])),
  );
  return all.filter(
    (each, i) => all.findIndex((other) => other.source === each.source && other.checkedAt === each.checkedAt) === i,
  );
}
