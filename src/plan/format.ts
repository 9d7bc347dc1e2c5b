/** Numbers as people read them. */

const PARAM_UNITS = [
  [1e12, "T"],
  [1e9, "B"],
  [1e6, "M"],
  [1e3, "K"],
] as const;

/** 7248023552 → "7.25B", but 7000001000 → "7.000001B": what is not 7B must not look like it. */
export function formatParams(count: number): string {
  const [scale, unit] = PARAM_UNITS.find(([limit]) => count >= limit) ?? [1, ""];
  const short = Number((count / scale).toPrecision(3));
  const looksRound = short >= 1_000 || (unit === "B" && Number.isInteger(short));
  return `${looksRound ? Number((count / scale).toPrecision(9)) : short}${unit}`;
}

/** How large a model is, in words: "360M parameters"; of a provider's own that its size is not published. */
export function formatSize({ params, confidence }: { params: number; confidence: string }): string {
  return confidence === "unpublished" ? "size not published" : `${formatParams(params)} parameters`;
}

/** 54539106 → "54.5 MB"; MB are 1e6 bytes. */
export function formatBytes(bytes: number): string {
  return bytes >= 2e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** 8.8 → "8.8 ms", 2013 → "2.01 s". */
export function formatMs(ms: number): string {
  if (ms < 100) return `${Number(ms.toFixed(1))} ms`;
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${Number((ms / 1_000).toPrecision(3))} s`;
}

/** 12.3 → "$12.30", 0.0042 → "$0.0042", 8032.5 → "$8032.50". */
export function formatUsd(usd: number): string {
  return usd !== 0 && Math.abs(usd) < 0.01 ? `$${Number(usd.toPrecision(2))}` : `$${usd.toFixed(2)}`;
}

/** 49.5 → "49.5 tokens/s". */
export function formatRate(tokensPerSecond: number): string {
  return `${Number(tokensPerSecond.toFixed(1))} tokens/s`;
}

/** 34, [27, 61] → "34 ms (27–61)"; with the unit where it changes: "990 ms (620 ms–1.4 s)". */
export function formatRange(
  value: number,
  range: readonly [low: number, high: number] | undefined,
  format: (value: number) => string,
): string {
  const shown = format(value);
  if (range === undefined) return shown;
  const [low, high] = [format(range[0]), format(range[1])];
  const unit = shown.slice(shown.indexOf(" "));
  const sameUnit = low.endsWith(unit) && high.endsWith(unit);
  const bare = (text: string): string => (sameUnit ? text.slice(0, -unit.length) : text);
  return `${shown} (${bare(low)}–${bare(high)})`;
}
