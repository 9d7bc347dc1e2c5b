import fs from "node:fs/promises";
import path from "node:path";
import { variablesRead } from "../config/env-names.ts";
import { modes, type Mode } from "../config/words.ts";
import { templateFiles } from "./template.ts";

/** The template that holds every file any app may get. */
const APP = "app";
/** Where the code of an app is. */
const CODE = /^(?:api|lib|test)\/.*\.ts$/;
const VARIANT = new RegExp(`\\.(${modes.join("|")})(?=\\.(?:test\\.)?ts$)`);
/** Static and dynamic imports, re-exports, and workers that a file starts. */
const IMPORTED = /(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']|new URL\(\s*["'](\.[^"']+\.ts)["']/g;

/** Code of the template, by the path it has in an app. */
export interface Closure {
  /** Path in the app → absolute path of the template's file. */
  files: Map<string, string>;
  /** npm packages that they import. */
  packages: Set<string>;
  /** Variables of the environment that they read. */
  variables: Set<string>;
}

/**
 * The code that an app of `mode` needs for these entries: they and all they import. `x.local.ts` takes the place of `x.ts` in local
 * mode, and so on.
 * @param entries paths in the app, like api/chat.ts
 * @throws Error when the template has no such file, or one imports what is not there (a bug)
 */
export async function templateClosure(entries: readonly string[], mode: Mode): Promise<Closure> {
  const code = codeFor(await templateFiles(APP), mode);
  const files = new Map<string, string>();
  const packages = new Set<string>();
  const variables = new Set<string>();
  const queue = [...entries];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (files.has(file)) continue;
    const source = code.get(file);
    if (source === undefined) throw new Error(`the template has no ${file} for ${mode} mode`);
    files.set(file, source);
    const text = await fs.readFile(source, "utf8");
    for (const name of variablesRead(text)) variables.add(name);
    for (const name of importsOf(text)) {
      if (name.startsWith(".")) {
        const imported = path.posix.join(path.posix.dirname(file), name);
        if (CODE.test(imported)) queue.push(imported);
      } else if (!/^(?:node|cloudflare):/.test(name)) packages.add(packageOf(name));
    }
  }
  return { files: new Map([...files].toSorted(([a], [b]) => (a < b ? -1 : 1))), packages, variables };
}

/** What of the template's code an app of this mode may have: path in the app → file. */
function codeFor(template: ReadonlyMap<string, string>, mode: Mode): Map<string, string> {
  const code = [...template].filter(([file]) => CODE.test(file));
  const variants = code.filter(([file]) => VARIANT.exec(file)?.[1] === mode);
  return new Map([
    ...code.filter(([file]) => !VARIANT.test(file)),
    ...variants.map(([file, source]): [string, string] => [file.replace(VARIANT, ""), source]),
  ]);
}

function importsOf(source: string): string[] {
  return [...source.matchAll(IMPORTED)].map(([, imported, worker]) => imported ?? worker ?? "");
}

function packageOf(name: string): string {
  return name.split("/", name.startsWith("@") ? 2 : 1).join("/");
}
