import type { ReadSignals, Signal } from "./types.ts";

/** Platforms count their figures by the minute, and each question starts a program: more often tells nothing new. */
const ASK_AGAIN_MS = 300_000;

/**
 * Asks all readers over each window, and not again before five minutes or a third of the window are over: until then what
 * they said last stands.
 */
export function askReaders(
  readers: readonly ReadSignals[],
): (windowsMs: readonly number[], now: number) => Promise<Map<number, Signal[]>> {
  const told = new Map<number, { at: number; signals: Signal[] }>();
  return async (windowsMs, now) => {
    for (const windowMs of windowsMs) {
      const last = told.get(windowMs);
      if (last !== undefined && now - last.at < Math.min(ASK_AGAIN_MS, windowMs / 3)) continue;
      const signals = (await Promise.all(readers.map((read) => read(windowMs)))).flat();
      told.set(windowMs, { at: now, signals });
    }
    return new Map([...told].map(([windowMs, { signals }]) => [windowMs, signals]));
  };
}
