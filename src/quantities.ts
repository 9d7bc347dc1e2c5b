import { CliError } from "./errors.ts";

/** Parsers for the values of flags. Each turns a string into a number in the unit of its name, or throws USAGE. */

const PARAM_SCALE = new Map([
  ["k", 1e3],
  ["m", 1e6],
  ["b", 1e9],
  ["t", 1e12],
]);

/** "0.5B", "360M", "7000000000" → a count of parameters. */
export function parseParams(text: string): number {
  const match = /^(\d+(?:\.\d+)?|\.\d+)([kmbt])?$/i.exec(text.trim());
  const scale = PARAM_SCALE.get(match?.[2]?.toLowerCase() ?? "") ?? 1;
  // 0.999 × 1e9 is 999000000.0000001 in binary: a count is whole.
  const count = Math.round(Number(match?.[1]) * scale);
  if (!Number.isFinite(count) || count < 1_000 || count > 1e14) {
    throw usage("--params", text, "a count of parameters from 1K to 100T, like 360M or 0.5B");
  }
  return count;
}

/** "300", "300ms", "1.5s" → milliseconds, above 0 and at most an hour. */
export function parseMilliseconds(flag: string): (text: string) => number {
  return (text) => {
    const match = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text.trim());
    const scale = { ms: 1, s: 1_000, m: 60_000 }[match?.[2] ?? "ms"] ?? 1;
    const ms = Number(match?.[1]) * scale;
    if (!Number.isFinite(ms) || ms <= 0 || ms > 3_600_000) {
      throw usage(flag, text, "a time above 0 and at most an hour, like 300, 300ms or 1.5s");
    }
    return ms;
  };
}

/** "30s", "500ms", "2m" → milliseconds. A bare number is refused: nobody means 30 ms by --duration 30. */
export function parseTime(flag: string): (text: string) => number {
  return (text) => {
    if (/^[\d.]+$/.test(text.trim())) throw usage(flag, text, `its unit: ${text.trim()}s or ${text.trim()}ms`);
    return parseMilliseconds(flag)(text);
  };
}

const BYTE_SCALE: Readonly<Record<string, number>> = { b: 1, kb: 1e3, mb: 1e6, gb: 1e9 };

/** "50MB", "800 kB", "1000" → bytes, at least 1. */
export function parseBytes(flag: string): (text: string) => number {
  return (text) => {
    const match = /^(\d+(?:\.\d+)?) ?([kmg]?b)?$/i.exec(text.trim());
    const bytes = Math.round(Number(match?.[1]) * (BYTE_SCALE[match?.[2]?.toLowerCase() ?? "b"] ?? 1));
    if (!Number.isSafeInteger(bytes) || bytes < 1) throw usage(flag, text, "a number of bytes, like 50MB");
    return bytes;
  };
}

/** "1%" or "0.01" → a fraction from 0 to 1. */
export function parseFraction(flag: string): (text: string) => number {
  return (text) => {
    const match = /^(\d+(?:\.\d+)?)(%)?$/.exec(text.trim());
    const fraction = match?.[2] === "%" ? Number(match[1]) / 100 : Number(match?.[1]);
    // A bare 1 is more likely meant as 1 % than as 100 %.
    if (!Number.isFinite(fraction) || fraction > 1 || text.trim() === "1")
      throw usage(flag, text, "a share: 1% or 0.01");
    return fraction;
  };
}

/** A finite number above 0 and at most `max`. */
export function parsePositive(flag: string, max = 1e9): (text: string) => number {
  return (text) => {
    const value = /^(\d+(?:\.\d+)?|\.\d+)$/.test(text.trim()) ? Number(text) : Number.NaN;
    if (!Number.isFinite(value) || value <= 0 || value > max)
      throw usage(flag, text, `a number above 0 and at most ${max}`);
    return value;
  };
}

/** A whole number from `min` to `max`. */
export function parseWhole(flag: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
    if (!Number.isSafeInteger(value) || value < min || value > max)
      throw usage(flag, text, `a whole number from ${min} to ${max}`);
    return value;
  };
}

/** Text that is not the next flag: commander would take `--model --json` for a model named --json. */
export function parseText(flag: string): (text: string) => string {
  return (text) => {
    if (text.startsWith("--")) throw usage(flag, text, "its value first");
    return text;
  };
}

/** One of a fixed list of words. */
export function parseChoice<T extends string>(flag: string, choices: readonly T[]): (text: string) => T {
  return (text) => {
    const choice = choices.find((each) => each === text);
    if (choice === undefined) throw usage(flag, text, `one of ${choices.join(", ")}`);
    return choice;
  };
}

function usage(flag: string, text: string, want: string): CliError {
  return new CliError("USAGE", `${flag} cannot be ${JSON.stringify(text)}`, { hint: `give ${want}` });
}
