// Which handlers hang on Vercel, by TypeScript's types and, without it, by the source text.
import { beforeAll, describe, expect, it } from "vitest";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { isWebFunctionSource } from "../../../src/release/preflight/handler-scan.ts";
import { webFunctions } from "../../../src/release/preflight/handler-types.ts";
import { handlersCheck } from "../../../src/release/preflight/handlers.ts";
import { loadCompiler, type TypeScript } from "../../../src/release/preflight/typescript-api.ts";
import { findingsOf, linkPackages, writeProject } from "./preflight-project.ts";
import { writeTree } from "../../temp.ts";

interface Row {
  name: string;
  code: string;
  hangs: boolean;
  /** File name; .ts when it is left out. */
  file?: string;
  /** What the text alone says, where that is not the same. */
  scanned?: boolean;
}

const HANGS: Omit<Row, "hangs">[] = [
  {
    name: "a named default function of a Request",
    code: "export default async function handler(req: Request) { return new Response(await req.text()); }",
  },
  { name: "an unnamed default function", code: "export default function (request: Request) { return request.url; }" },
  { name: "an arrow function", code: "export default async (req: Request) => new Response(req.url);" },
  {
    name: "an arrow function that says what it returns",
    code: "export default (req: Request): Promise<Response> => run(req);\ndeclare function run(r: Request): Promise<Response>;",
  },
  {
    name: "a const that is exported later",
    code: "const handler = async (req: Request): Promise<Response> => { return Response.json({}); };\nexport default handler;",
  },
  {
    name: "a const with a type of its own",
    code: "const handler: (req: Request) => Promise<Response> = async (req) => { return new Response(req.url); };\nexport default handler;",
  },
  {
    name: "a function that is declared later",
    code: "export default handler;\nasync function handler(req: Request) { return new Response(req.url); }",
  },
  {
    name: "export { handler as default }",
    code: "function handler(req: Request) { return new Response(req.url); }\nexport { handler as default };",
  },
  {
    name: "a function with a second parameter after the Request",
    code: "export default function handler(req: Request, context: unknown) { return new Response(String(context)); }",
  },
  { name: "a function without parameters that answers", code: "export default () => Response.json({ ok: true });" },
  {
    name: "a function whose answer comes from two places",
    code: "export default function (req: Request) { if (req.url) return new Response('a'); return undefined; }",
  },
  {
    name: "a default function beside a named method, which nobody calls",
    code: "export function GET() { return new Response(); }\nexport default (req: Request) => new Response(req.url);",
  },
  { name: "a one-letter parameter", code: "export default (r: Request) => fetch(r);" },
  {
    name: "JavaScript: a function that returns new Response",
    file: "js",
    code: "export default async function handler(req) {\n  const { x } = await req.json();\n  return new Response(x);\n}",
  },
  {
    name: "JavaScript: an arrow function with Response.json",
    file: "js",
    code: "export default req => Response.json({ url: req.url });",
  },
  {
    name: "JavaScript: a const",
    file: "mjs",
    code: "const h = async () => { return Response.redirect('/x'); };\nexport { h as default };",
  },
  { name: "CommonJS", file: "cjs", code: "module.exports = async (req) => { return new Response(req.url); };" },
  {
    name: "JavaScript: JSDoc says Request",
    file: "js",
    code: "/** @param {Request} req */\nexport default function (req) { return answer(req); }\nfunction answer(r) { return new Response(r.url); }",
    scanned: false,
  },
  {
    name: "a function that another function makes",
    code: "const wrap = (f: (r: Request) => Response) => (req: Request) => f(req);\nexport default wrap(() => new Response());",
    scanned: false,
  },
  {
    name: "a handler from another file",
    code: 'import { web } from "../lib/handlers.ts";\nexport default web;',
    scanned: false,
  },
  { name: "a re-export as default", code: 'export { web as default } from "../lib/handlers.ts";', scanned: false },
  {
    name: "a subclass of Request",
    code: "class NextRequest extends Request {}\nexport default (req: NextRequest) => req.url;",
  },
];

const FINE: Omit<Row, "hangs">[] = [
  { name: "export default { fetch }", code: "export default { fetch: (req: Request) => new Response(req.url) };" },
  {
    name: "export default { fetch } of a function above",
    code: "async function fetch(req: Request) { return new Response(req.url); }\nexport default { fetch };",
  },
  {
    name: "a call that makes { fetch }",
    code: 'import { route } from "../lib/handlers.ts";\nexport default route((req: Request) => new Response(req.url));',
  },
  {
    name: "a const that a call makes",
    code: 'import { route } from "../lib/handlers.ts";\nconst app = route((req: Request) => new Response(req.url));\nexport default app;',
  },
  { name: "a named GET", code: "export function GET(request: Request) { return new Response(request.url); }" },
  {
    name: "named methods as constants",
    code: "export const POST = async (request: Request) => Response.json(await request.json());",
  },
  {
    name: "a Node handler",
    code: 'import type { IncomingMessage, ServerResponse } from "node:http";\nexport default (req: IncomingMessage, res: ServerResponse) => { res.end(req.url); };',
  },
  {
    name: "a Node handler without types",
    file: "js",
    code: "export default function handler(req, res) { res.status(200).json({ url: req.url }); }",
  },
  { name: "a CommonJS Node handler", file: "cjs", code: "module.exports = (req, res) => res.end('b');" },
  {
    name: "Vercel's own types",
    code: "interface VercelRequest { query: object }\ninterface VercelResponse { json(x: unknown): VercelResponse }\nexport default (req: VercelRequest, res: VercelResponse): VercelResponse => res.json(req.query);",
  },
  {
    name: "another library's Request",
    code: 'import type { Request, Response } from "express";\nexport default (req: Request, res: Response) => res.json(req.query);',
  },
  {
    name: "a Node handler that fetches",
    file: "js",
    code: "export default async (req, res) => {\n  const answer = await fetch('https://example.com');\n  res.end(await answer.text());\n};",
  },
  {
    name: "a Node handler that returns what it fetched",
    file: "js",
    code: "export default async (req, res) => {\n  res.end('x');\n  return Response.json({});\n};",
  },
  {
    name: "a helper that returns a Response, above a Node handler",
    code: 'import type { ServerResponse } from "node:http";\nfunction helper(req: Request) { return new Response(req.url); }\nexport default (req: unknown, res: ServerResponse) => { res.end(String(helper)); };',
  },
  {
    name: "the words in a comment",
    code: "// export default (req: Request) => new Response()\nexport default { fetch: () => new Response() };",
  },
  {
    name: "the words in a text",
    code: "export const text = `export default (req: Request) => new Response()`;\nexport const GET = () => new Response(text);",
  },
  {
    name: "a function that has fetch",
    code: "const app = Object.assign((req: Request) => new Response(req.url), { fetch: () => new Response() });\nexport default app;",
  },
  { name: "a class", code: "export default class App { fetch(req: Request) { return new Response(req.url); } }" },
  { name: "a broken file", code: "export default function (" },
];

const rows: Row[] = [
  ...HANGS.map((row) => ({ ...row, hangs: true })),
  ...FINE.map((row) => ({ ...row, hangs: false })),
];
const LIB = [
  "export const route = (handler: (request: Request) => Response) => ({ fetch: handler });",
  "export async function web(request: Request): Promise<Response> { return new Response(request.url); }",
].join("\n");

describe("by types", () => {
  let found: string[];
  const fileOf = (row: Row): string => `api/f${rows.indexOf(row)}.${row.file ?? "ts"}`;
  beforeAll(async () => {
    const dir = await fs.mkdtemp(path.join(os.tmpdir(), "edge-ai-handlers-"));
    await linkPackages(dir, ["typescript"]);
    await writeTree(dir, { "package.json": '{"type":"module"}', "lib/handlers.ts": LIB });
    await writeTree(dir, Object.fromEntries(rows.map((row) => [fileOf(row), row.code])));
    const compiler = await loadCompiler(dir);
    found = webFunctions((compiler as { api: TypeScript }).api, dir, rows.map(fileOf));
    await fs.rm(dir, { recursive: true });
  });
  it.each(rows)("$name: hangs $hangs", (row) => {
    expect(found.includes(fileOf(row))).toBe(row.hangs);
  });
});

describe("by text", () => {
  it.each(rows)("$name: hangs $hangs", ({ code, hangs, scanned }) => {
    expect(isWebFunctionSource(code)).toBe(scanned ?? hangs);
  });
});

describe("handlers", () => {
  const SEED = "export default async function handler(req: Request) { return new Response(await req.text()); }";

  it("is an error that names the file and the ways that work", async () => {
    const dir = await writeProject({ "api/seed.ts": SEED });
    await linkPackages(dir, ["typescript"]);
    expect(await findingsOf(handlersCheck, dir)).toEqual([
      {
        check: "handlers",
        level: "error",
        message: expect.stringMatching(/^api\/seed\.ts: .*hangs/),
        hint: expect.stringContaining("export default { fetch"),
      },
    ]);
    await fs.rm(path.join(dir, "api/seed.ts"));
    expect(await findingsOf(handlersCheck, dir)).toEqual([]);
  });

  it("follows the project's own paths, and knows web types when the project does not", async () => {
    const dir = await writeProject({
      "tsconfig.json":
        '{"compilerOptions":{"lib":["es2024"],"module":"esnext","moduleResolution":"bundler","paths":{"#lib/*":["./lib/*"]}}}',
      "lib/web.ts": SEED,
      "api/seed.ts": 'import handler from "#lib/web";\nexport default handler;',
    });
    await linkPackages(dir, ["typescript"]);
    expect(await findingsOf(handlersCheck, dir)).toHaveLength(1);
  });

  it.each([
    ["TypeScript 7, which has no API", true, "TypeScript 7"],
    ["no TypeScript", false, "not installed"],
  ])("reads the text with %s, and says so", async (_what, installed, reason) => {
    const dir = await writeProject({ "api/seed.ts": SEED });
    if (installed) await fs.symlink(path.resolve("node_modules"), path.join(dir, "node_modules"), "dir");
    expect(await findingsOf(handlersCheck, dir)).toEqual([
      expect.objectContaining({ level: "error", message: expect.stringContaining("api/seed.ts") }),
      expect.objectContaining({ level: "warning", message: expect.stringContaining(reason) }),
    ]);
  });
});
