/** Reads a function's source text, for projects without a TypeScript to ask. Sees one file, and no types but written ones. */

const COMMENT_OR_STRING = /(\/\/[^\n]*|\/\*[\s\S]*?\*\/)|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g;
const FUNCTION_START = /(?:async\b\s*)?(?:function\b\s*\*?\s*\w*\s*)?(?:<[^>]*>\s*)?(?=\()|(?:async\s+)?(?=\w+\s*=>)/y;
const WEB_REQUEST = /^\s*\w+\s*\??\s*:\s*(?:globalThis\.)?(?:Request|NextRequest)\s*$/;
const NEW_RESPONSE = String.raw`(?:await\s+)?(?:new\s+(?:Next)?Response\b|(?:Next)?Response\s*\.\s*(?:json|redirect|error)\s*\()`;
const RETURNS_RESPONSE = new RegExp(String.raw`\breturn\s+${NEW_RESPONSE}`);
const IS_RESPONSE = new RegExp(String.raw`^\s*\(?\s*${NEW_RESPONSE}`);

interface FunctionText {
  parameters: string[];
  returnType: string;
  body: string;
}

/** True when the default export is a function that takes a web Request, or returns a Response, as far as its text says. */
export function isWebFunctionSource(text: string): boolean {
  const code = text.replaceAll(COMMENT_OR_STRING, (_, comment) => (comment === undefined ? '""' : " "));
  const start = defaultExport(code);
  const found = start === undefined ? undefined : readFunction(code, start);
  if (found === undefined) return false;
  const { parameters, returnType, body } = found;
  const isImported = (name: string): boolean =>
    new RegExp(String.raw`\bimport\b[^;"]*\b${name}\b[^;"]*\bfrom\b`).test(code);
  if (WEB_REQUEST.test(parameters[0] ?? "") && !isImported("Request")) return true;
  const saysResponse = /\bResponse\b/.test(returnType) && !isImported("Response");
  return parameters.length <= 1 && (saysResponse || RETURNS_RESPONSE.test(body) || IS_RESPONSE.test(body));
}

/** Where the text of what is exported as default begins. */
function defaultExport(code: string): number | undefined {
  const renamed = /\bexport\s*\{[^}]*?\b(\w+)\s+as\s+default\b[^}]*\}(?!\s*from\b)/.exec(code);
  if (renamed !== null) return declarationOf(code, renamed[1] ?? "");
  const direct = /\b(?:export\s+default\b|module\.exports\s*=(?!=))\s*/.exec(code);
  if (direct === null) return undefined;
  const start = direct.index + direct[0].length;
  const name = /^(\w+)\s*(?:;|\n|$)/.exec(code.slice(start))?.[1];
  return name === undefined ? start : declarationOf(code, name);
}

function declarationOf(code: string, name: string): number | undefined {
  const declared = new RegExp(String.raw`\bfunction\s*\*?\s*(?=${name}\b)`).exec(code);
  if (declared !== null) return declared.index;
  const assigned = new RegExp(String.raw`\b(?:const|let|var)\s+${name}\b[^;]*?[^=!<>]=(?![=>])\s*`).exec(code);
  return assigned === null ? undefined : assigned.index + assigned[0].length;
}

function readFunction(code: string, start: number): FunctionText | undefined {
  FUNCTION_START.lastIndex = start;
  const opened = FUNCTION_START.exec(code);
  if (opened === null) return undefined;
  const at = start + opened[0].length;
  const end = code[at] === "(" ? closing(code, at) : at + (/^\w+/.exec(code.slice(at))?.[0].length ?? 0);
  const inside = code[at] === "(" ? code.slice(at + 1, end - 1) : code.slice(at, end);
  const isArrow = !opened[0].includes("function");
  const signature = (isArrow ? /^\s*(:[^=]*)?=>/ : /^\s*(:[^{]*)?(?=\{)/).exec(code.slice(end));
  if (signature === null) return undefined;
  const from = end + signature[0].length;
  const brace = /^\s*\{/.exec(code.slice(from));
  const body = brace === null ? code.slice(from) : code.slice(from, closing(code, from + brace[0].length - 1));
  return { parameters: splitParameters(inside), returnType: signature[1] ?? "", body };
}

/** The place after the bracket that closes the one at `open`. */
function closing(code: string, open: number): number {
  let depth = 0;
  for (let at = open; at < code.length; at++) {
    if ("([{".includes(code[at] ?? "")) depth++;
    else if (")]}".includes(code[at] ?? "") && --depth === 0) return at + 1;
  }
  return code.length;
}

function splitParameters(text: string): string[] {
  const parameters = [""];
  let depth = 0;
  for (const character of text) {
    if ("([{<".includes(character)) depth++;
    else if (")]}>".includes(character)) depth--;
    if (character === "," && depth === 0) parameters.push("");
    else parameters[parameters.length - 1] += character;
  }
  return parameters.filter((parameter) => parameter.trim() !== "");
}
