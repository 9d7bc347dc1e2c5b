import type { Probe } from "../config/schema.ts";

type Expectation = Probe["expect"];
type Shape = Expectation["json"];

const SHORT = 60;

/**
 * Does the body keep what the probe expects? The status is judged elsewhere.
 * @returns what is wrong, or null
 */
export function bodyProblem(expect: Expectation, body: () => string): string | null {
  if (expect.contains !== undefined && !body().includes(expect.contains)) {
    return `the answer does not contain ${JSON.stringify(expect.contains)}`;
  }
  if (expect.json === undefined) return null;
  const parsed = parse(body());
  if (parsed === undefined) return `the answer is not JSON: ${JSON.stringify(beginning(body()))}`;
  return shapeProblem(expect.json, parsed.value, "the answer");
}

/** Not cut within a word: half a secret would not be known as one any more. */
function beginning(body: string): string {
  return body.length <= SHORT ? body : `${body.slice(0, SHORT).replace(/\S+$/, "")}…`;
}

function parse(body: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(body) as unknown };
  } catch {
    return undefined;
  }
}

/**
 * Compares a value with a shape: a type name ("string", "number", "boolean", "array", "object", "null"), an object of
 * shapes (more keys are fine), or an array of one shape: not empty, and its first element has that shape. Any other
 * value stands for itself.
 */
function shapeProblem(shape: Shape, value: unknown, where: string): string | null {
  if (typeof shape === "string" && typeNames.has(shape)) {
    return typeName(value) === shape ? null : `${where} is ${typeName(value)}, not ${shape}`;
  }
  if (Array.isArray(shape)) {
    if (!Array.isArray(value)) return `${where} is ${typeName(value)}, not array`;
    if (shape.length === 0) return null;
    return value.length === 0 ? `${where} is an empty array` : shapeProblem(shape[0], value[0], `${where}[0]`);
  }
  if (typeof shape === "object" && shape !== null) {
    if (!isRecord(value)) return `${where} is ${typeName(value)}, not object`;
    for (const [key, part] of Object.entries(shape)) {
      const problem = key in value ? shapeProblem(part, value[key], `${where}.${key}`) : `${where} has no ${key}`;
      if (problem !== null) return problem;
    }
    return null;
  }
  return value === shape ? null : `${where} is not ${JSON.stringify(shape)}`;
}

const typeNames: ReadonlySet<string> = new Set(["string", "number", "boolean", "array", "object", "null"]);

function typeName(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

/** True for a JSON object: not null, not an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
