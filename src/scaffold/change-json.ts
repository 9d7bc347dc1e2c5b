import { CliError } from "../errors.ts";
import type { Addition, AdditionJob } from "./add.ts";
import { asObject } from "./merge-json.ts";

/** Rewrites a JSON file of a project in its own indentation, when that changes anything. @throws CliError BAD_CONFIG when it is none */
export async function changeJson(
  addition: Pick<Addition, "writes">,
  { read }: Pick<AdditionJob, "read">,
  file: string,
  merge: (value: Record<string, unknown>) => object | Promise<object>,
): Promise<void> {
  const before = addition.writes.get(file) ?? (await read(file)) ?? "{}";
  let value: unknown;
  try {
    value = JSON.parse(before);
  } catch (error) {
    throw new CliError("BAD_CONFIG", `${file} is not valid JSON`, { hint: `correct ${file}`, cause: error });
  }
  const text = `${JSON.stringify(await merge(asObject(value)), null, indentOf(before))}\n`;
  if (JSON.stringify(JSON.parse(text)) !== JSON.stringify(value)) addition.writes.set(file, text);
}

/** The indentation of a JSON text, which is its owner's taste. */
function indentOf(text: string): string {
  return /^\{\r?\n([ \t]+)/.exec(text)?.[1] ?? "  ";
}
