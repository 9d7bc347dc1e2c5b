import { CliError } from "../../errors.ts";

/** Below 2^53; 10 million of them are different with a chance of 99.4 % (birthday bound: n²/2 in 9.0e15). */
const RANDOM_NUMBER = `{{ $randomNumber(1, ${Number.MAX_SAFE_INTEGER}) }}`;

/** How each kind of text can write `{`, so that artillery does not take it for the beginning of a template. */
const braces = {
  json: String.raw`\u007b`,
  path: "%7B",
  /** No other way to write it. */
  header: null,
} as const;

/**
 * The text as artillery has to read it: `{{n}}` becomes a random number, any other `{{` stays what it is.
 * @param where named in the error
 * @throws CliError USAGE for a text that artillery would change
 */
export function fillIn(kind: keyof typeof braces, text: string, where: string): string {
  const brace = braces[kind];
  return text
    .split("{{n}}")
    .map((part) => {
      if (!part.includes("{{")) return part;
      if (brace === null) throw templateError(where);
      return part.replaceAll(/\{(?=\{)/g, brace);
    })
    .join(RANDOM_NUMBER);
}

/** The error for a text that artillery takes for a template. */
export function templateError(where: string): CliError {
  return new CliError("USAGE", `${where} has {{ in it, which artillery would take for a template`, {
    hint: "use --export k6, or take it out of edge-ai.json",
  });
}
