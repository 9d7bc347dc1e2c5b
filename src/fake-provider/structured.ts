import { createHash } from "node:crypto";
import { isRecord } from "./body.ts";

/** A nested schema that refers to itself would never end. */
const MAX_DEPTH = 8;

/**
 * A value that keeps a JSON schema and depends on the text alone: what a model with structured output would answer.
 * Knows const, enum, the types, properties, items, minItems, minimum and maximum; anything else is a text.
 */
export function valueFor(schema: unknown, text: string, depth = 0): unknown {
  if (!isRecord(schema) || depth > MAX_DEPTH) return "made up";
  if ("const" in schema) return schema["const"];
  const choices = schema["enum"] ?? schema["anyOf"] ?? schema["oneOf"];
  if (Array.isArray(choices) && choices.length > 0) {
    const choice: unknown = choices[numberFor(text, depth) % choices.length];
    return Array.isArray(schema["enum"]) ? choice : valueFor(choice, text, depth + 1);
  }
  const type: unknown = Array.isArray(schema["type"]) ? schema["type"][0] : schema["type"];
  if (type === "object") return objectFor(schema, text, depth);
  if (type === "array") {
    const length = Math.max(1, Number(schema["minItems"] ?? 1));
    return Array.from({ length }, (_, index) => valueFor(schema["items"], `${text} ${index}`, depth + 1));
  }
  if (type === "integer" || type === "number") return quantityFor(schema, text, depth, type === "integer");
  if (type === "boolean") return numberFor(text, depth) % 2 === 0;
  return type === "null" ? null : "made up";
}

function objectFor(schema: Record<string, unknown>, text: string, depth: number): object {
  const properties = isRecord(schema["properties"]) ? schema["properties"] : {};
  return Object.fromEntries(
    Object.entries(properties).map(([name, each]) => [name, valueFor(each, `${text} ${name}`, depth + 1)]),
  );
}

function quantityFor(schema: Record<string, unknown>, text: string, depth: number, whole: boolean): number {
  const least = Number(schema["minimum"] ?? 0);
  const most = Number(schema["maximum"] ?? least + 1);
  const value = least + ((most - least) * (numberFor(text, depth) % 101)) / 100;
  return whole ? Math.round(value) : value;
}

function numberFor(text: string, depth: number): number {
  return createHash("sha256").update(`${depth} ${text}`).digest().readUInt32LE(0);
}
