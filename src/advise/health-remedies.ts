import type { HealthDocument } from "../health/document.ts";
import { KEEP_WARM, remediesFor, type RemedyContext } from "../health/remedies/remedies.ts";
import { batching, region, warmUp } from "../health/remedies/speed-remedies.ts";
import type { Advice } from "./types.ts";

const SAID_WITH_NUMBERS: ReadonlySet<string> = new Set([warmUp, region, batching].map(({ text }) => text));

/**
 * What the health check itself says to do, without what `advise` says with numbers, and without sending people to a plan
 * that `advise` has made already. They are about errors, refusals and doubtful runs: no formula says what they gain.
 */
export function healthAdvice(document: HealthDocument, context: RemedyContext | null): Advice[] {
  const { remedies: _, ...found } = document;
  return remediesFor(found, context)
    .filter(
      ({ text, command }) =>
        context === null ||
        !(SAID_WITH_NUMBERS.has(text) || text.startsWith(KEEP_WARM) || command?.startsWith("edge-ai plan ") === true),
    )
    .map(({ text, command }) => ({ remedy: "from the health check", text, command, effects: [] }));
}
