import { renderExplained } from "../explain.ts";
import type { Advice, AdviceDocument } from "./types.ts";

/** The advice as text: what is wrong, then what to do, best first. No colour, no trailing newline. */
export function renderAdvice({ from, troubles, advice, warnings, explained }: AdviceDocument): string {
  const sources = Object.values(from).filter((source) => source !== null);
  const nothing = advice.length === 0 && troubles.length === 0;
  return [
    nothing ? `nothing to advise: ${sources.join(", ")} has no limit that is broken` : "",
    troubles.length === 0
      ? ""
      : ["What is wrong", ...troubles.map(({ text, from: who }) => `  ✗ ${text} (${who})`)].join("\n"),
    !nothing && advice.length === 0 ? "no remedy is known that helps" : "",
    advice.length === 0 ? "" : ["Remedies, the largest expected gain first", ...advice.flatMap(adviceLines)].join("\n"),
    warnings.length === 0 ? "" : ["Warnings", ...warnings.map((warning) => `  ! ${warning}`)].join("\n"),
    explained === undefined ? "" : renderExplained(explained),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function adviceLines({ text, command, effects }: Advice, index: number): string[] {
  const lines = effects.length === 0 ? ["effect: unknown until measured"] : effects.map((effect) => effect.text);
  return [
    `  ${index + 1}. ${text}`,
    ...(command === null ? [] : [`     $ ${command}`]),
    ...lines.map((line) => `     ${line}`),
  ];
}
