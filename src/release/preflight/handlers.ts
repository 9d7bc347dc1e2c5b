import fs from "node:fs/promises";
import path from "node:path";
import { isWebFunctionSource } from "./handler-scan.ts";
import { webFunctions } from "./handler-types.ts";
import { defineCheck, type Problem } from "./check.ts";
import { loadCompiler } from "./typescript-api.ts";

/**
 * A default-exported function is called with Node's `(req, res)`. One that is written for a web Request never ends its
 * response: the request hangs until the platform's timeout (tried with Vercel CLI 60.1.3).
 */
export const handlersCheck = defineCheck("handlers", async ({ dir, functions }) => {
  if (functions.length === 0) return [];
  const compiler = await loadCompiler(dir);
  if ("api" in compiler) return webFunctions(compiler.api, dir, functions).map(hangs);
  const sources = await Promise.all(functions.map((file) => fs.readFile(path.join(dir, file), "utf8")));
  const found = functions.filter((_, index) => isWebFunctionSource(sources[index] ?? ""));
  return [...found.map(hangs), scanned(compiler.reason)];
});

function hangs(file: string): Problem {
  return {
    level: "error",
    message: `${file}: the default export is a function for a web Request, but is called with Node's (req, res): it hangs on Vercel`,
    hint: "write export default { fetch: handler }, or export functions named GET, POST, …",
  };
}

function scanned(reason: string): Problem {
  return {
    level: "warning",
    message: `${reason}: handlers were looked for in the source text, where imported and wrapped ones cannot be seen`,
    hint: "run npm install (npm install --save-dev typescript@5.9.3)",
  };
}
