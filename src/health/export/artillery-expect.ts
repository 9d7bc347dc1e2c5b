import type { Probe } from "../../config/schema.ts";
import { CliError } from "../../errors.ts";
import { templateError } from "./artillery-template.ts";

type Shape = Probe["expect"]["json"];

/** Has to be found in the answer, or the request failed. */
type Capture = { json: string; as: string } | { regexp: string; as: string };
/** Has to be equal. */
interface Match {
  json: string;
  value: string | number | boolean | null;
}

/**
 * What the answer's body has to be, as artillery says it. The status is judged by counting (artillery-limits.ts).
 * JSON types are asked for with JSONPath Plus, which artillery has: `$.data@array()`.
 * @throws CliError USAGE for keys and texts that artillery cannot look for
 */
export function expectationSteps({ name, expect }: Probe): { capture?: Capture[]; match?: Match[] } {
  const { captures, matches } = expect.json === undefined ? none() : shapeSteps(expect.json, "$", name);
  // Every answer contains "", but artillery takes an empty match for none.
  if (expect.contains !== undefined && expect.contains !== "")
    captures.push({ regexp: literalPattern(expect.contains), as: "contains" });
  return {
    ...(captures.length === 0 ? {} : { capture: captures }),
    ...(matches.length === 0 ? {} : { match: matches }),
  };
}

interface Steps {
  captures: Capture[];
  matches: Match[];
}

function none(): Steps {
  return { captures: [], matches: [] };
}

/** What begins a JSON document of a type: JSONPath has no types for the whole document. */
const rootPatterns: Readonly<Record<string, string>> = {
  object: String.raw`^\s*\{`,
  array: String.raw`^\s*\[`,
  string: String.raw`^\s*"`,
  number: String.raw`^\s*-?\d`,
  boolean: String.raw`^\s*(?:true|false)\s*$`,
  null: String.raw`^\s*null\s*$`,
};

function shapeSteps(shape: Shape, path: string, probe: string): Steps {
  if (typeof shape === "string" && shape in rootPatterns) return typeSteps(shape, path);
  if (Array.isArray(shape)) {
    return shape.length === 0 ? typeSteps("array", path) : shapeSteps(shape[0], `${path}[0]`, probe);
  }
  if (typeof shape === "object" && shape !== null) {
    const parts = Object.entries(shape);
    if (parts.length === 0) return typeSteps("object", path);
    const steps = parts.map(([key, part]) => shapeSteps(part, `${path}${member(key, probe)}`, probe));
    return { captures: steps.flatMap(({ captures }) => captures), matches: steps.flatMap(({ matches }) => matches) };
  }
  return valueSteps(shape, path, probe);
}

function typeSteps(type: string, path: string): Steps {
  if (path !== "$") return { captures: [{ json: `${path}@${type}()`, as: path }], matches: [] };
  const start: Capture = { regexp: rootPatterns[type] ?? "", as: "root" };
  // That it is JSON at all; of other types the pattern says so.
  const whole: Capture[] = type === "object" || type === "array" ? [{ json: "$", as: "document" }] : [];
  return { captures: [...whole, start], matches: [] };
}

function valueSteps(value: string | number | boolean | null | undefined, path: string, probe: string): Steps {
  if (value === undefined) return none();
  if (typeof value === "string" && value.includes("{{")) throw templateError(`probe ${probe}: expect.json`);
  if (path === "$") {
    return {
      captures: [{ regexp: String.raw`^\s*${literalPattern(JSON.stringify(value))}\s*$`, as: "root" }],
      matches: [],
    };
  }
  return { captures: [], matches: [{ json: path, value }] };
}

function member(key: string, probe: string): string {
  if (/^[A-Za-z_]\w*$/.test(key)) return `.${key}`;
  if (/^[\w-]+$/.test(key)) return `['${key}']`;
  throw new CliError("USAGE", `probe ${probe}: artillery cannot look for the key ${JSON.stringify(key)}`, {
    hint: "use --export k6, or take it out of edge-ai.json",
  });
}

/** The text as a regular expression; `{` is [{], so that there is no template in it. */
function literalPattern(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^|}/]/g, String.raw`\$&`).replaceAll("{", "[{]");
}
