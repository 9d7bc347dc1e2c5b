import type { Probe } from "../../config/schema.ts";
import { CliError, messageOf } from "../../errors.ts";

type Expectation = Probe["expect"];
type Shape = Expectation["json"];

/** What a probe expects, made ready once for all of its requests. */
export interface CompiledExpect extends Expectation {
  /** The body of the probe says `"stream": true`. */
  asksForStream: boolean;
  /** The answer may have a top-level `error`: the probe asks for one. */
  allowsError: boolean;
  /** What of `expect.schema` a value breaks, or null; null when there is no schema. */
  schemaProblem: ((value: unknown) => string | null) | null;
}

/**
 * Makes a probe's expectations ready. The validator of JSON schemas is only loaded for a probe that has one.
 * @throws CliError BAD_CONFIG when `expect.schema` is not a JSON schema of draft 2020-12
 */
export async function compileExpect({ name, body, expect }: Probe): Promise<CompiledExpect> {
  return {
    ...expect,
    asksForStream: isRecord(body) && body["stream"] === true,
    allowsError: asksFor(expect.json, "error") || asksFor(propertiesOf(expect.schema), "error"),
    schemaProblem: expect.schema === undefined ? null : await compileSchema(name, expect.schema),
  };
}

async function compileSchema(probe: string, schema: NonNullable<Expectation["schema"]>) {
  const { schemaCheck } = await import("./json-schema.ts");
  try {
    return schemaCheck(schema);
  } catch (error) {
    throw new CliError("BAD_CONFIG", `probe ${probe}: expect.schema is not a JSON schema: ${messageOf(error)}`, {
      hint: "correct it in edge-ai.json; it is read as draft 2020-12, without schemas from elsewhere",
      cause: error,
    });
  }
}

function asksFor(shape: unknown, key: string): boolean {
  return isRecord(shape) && Object.hasOwn(shape, key);
}

function propertiesOf(schema: unknown): unknown {
  return isRecord(schema) ? schema["properties"] : undefined;
}

/** A body: its bytes as text, and as JSON, each made when it is first asked for and once at most. */
export interface Body {
  text: () => string;
  /** Undefined when it is not JSON. */
  json: () => unknown;
}

/** Reads a body when it is asked to. */
export function lazyBody(bytes: Buffer): Body {
  let text: string | null = null;
  let parsed: { value: unknown } | null = null;
  const asText = (): string => (text ??= bytes.toString("utf8"));
  return { text: asText, json: () => (parsed ??= { value: parse(asText()) }).value };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Does the body keep what the probe expects? Status, content type and model are judged elsewhere.
 * @param streamed the content of a streamed answer, joined; null for any other
 * @returns what is wrong, or null
 */
export function bodyProblem(
  { contains, json, schemaProblem }: Pick<CompiledExpect, "contains" | "json" | "schemaProblem">,
  body: Body,
  streamed: string | null = null,
): string | null {
  if (contains !== undefined && streamed?.includes(contains) !== true && !body.text().includes(contains)) {
    return `the answer does not contain ${JSON.stringify(contains)}`;
  }
  if (json === undefined && schemaProblem === null) return null;
  const value = body.json();
  if (value === undefined) return `the answer is not JSON: ${JSON.stringify(beginning(body.text()))}`;
  return (json === undefined ? null : shapeProblem(json, value, "the answer")) ?? schemaProblem?.(value) ?? null;
}

const SHORT = 60;

/** Not cut within a word: half a secret would not be known as one any more. */
export function beginning(text: string, length = SHORT): string {
  return text.length <= length ? text : `${text.slice(0, length).replace(/\S+$/, "")}…`;
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
