/** JSON with comments and trailing commas, read and changed without losing either. */

/** A value with the place that it has in the text. */
interface Node {
  start: number;
  end: number;
  value: unknown;
  /** Of an object. */
  members: Map<string, Node>;
}

const BLANK = /(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y;
const SCALAR = /"(?:[^"\\\n]|\\.)*"|-?\d[\d.eE+-]*|true|false|null/y;

/** The value of a JSONC text. @throws SyntaxError when it is none */
export function parseJsonc(text: string): unknown {
  return parse(text).value;
}

/**
 * The text with `names` at `object.key`, a list of strings: in place of the list that is there, else as a new first member. All
 * else stays as it is, to the comment.
 * @throws SyntaxError when the text is no JSONC object, or `object` is something else
 */
export function withStrings(text: string, [object, key]: readonly [string, string], names: readonly string[]): string {
  const root = parse(text);
  const list = `[${names.map((name) => JSON.stringify(name)).join(", ")}]`;
  const parent = root.members.get(object);
  if (parent === undefined) return insertFirst(text, root, `"${object}": { "${key}": ${list} }`);
  const found = parent.members.get(key);
  if (found === undefined) return insertFirst(text, parent, `"${key}": ${list}`);
  return text.slice(0, found.start) + list + text.slice(found.end);
}

function insertFirst(text: string, node: Node, member: string): string {
  if (text[node.start] !== "{") throw new SyntaxError("not an object");
  const rest = text.slice(node.start + 1);
  const indent = /^\s*\n([ \t]+)/.exec(rest)?.[1];
  const comma = node.members.size > 0 ? "," : "";
  return `${text.slice(0, node.start + 1)}${indent === undefined ? " " : `\n${indent}`}${member}${comma}${rest}`;
}

function parse(text: string): Node {
  const root = readValue(text, skip(text, 0));
  if (skip(text, root.end) !== text.length) throw new SyntaxError(`something follows at ${root.end}`);
  return root;
}

function readValue(text: string, start: number): Node {
  if (text[start] === "{") return readObject(text, start);
  if (text[start] === "[") return readArray(text, start);
  SCALAR.lastIndex = start;
  const [scalar] = SCALAR.exec(text) ?? [];
  if (scalar === undefined) throw new SyntaxError(`no value at ${start}`);
  return { start, end: start + scalar.length, value: JSON.parse(scalar), members: new Map() };
}

function readObject(text: string, start: number): Node {
  const members = new Map<string, Node>();
  const end = readItems(text, start, "}", (at) => {
    const key = readValue(text, at);
    const colon = skip(text, key.end);
    if (typeof key.value !== "string" || text[colon] !== ":") throw new SyntaxError(`no key at ${at}`);
    const node = readValue(text, skip(text, colon + 1));
    members.set(key.value, node);
    return node.end;
  });
  return { start, end, value: Object.fromEntries([...members].map(([key, { value }]) => [key, value])), members };
}

function readArray(text: string, start: number): Node {
  const value: unknown[] = [];
  const end = readItems(text, start, "]", (at) => {
    const node = readValue(text, at);
    value.push(node.value);
    return node.end;
  });
  return { start, end, value, members: new Map() };
}

/** @returns where the list has ended */
function readItems(text: string, start: number, close: string, readOne: (at: number) => number): number {
  let at = skip(text, start + 1);
  while (text[at] !== close) {
    at = skip(text, readOne(at));
    if (text[at] === ",") at = skip(text, at + 1);
    else if (text[at] !== close) throw new SyntaxError(`neither "," nor "${close}" at ${at}`);
  }
  return at + 1;
}

/** Where the next thing is that is neither space nor comment. */
function skip(text: string, at: number): number {
  BLANK.lastIndex = at;
  return at + (BLANK.exec(text)?.[0].length ?? 0);
}
