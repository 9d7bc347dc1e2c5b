import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import esbuild from "esbuild";
import * as z from "zod";
import { bundleFunction } from "../../src/build/bundle.ts";
import { optionsFile } from "../../src/scaffold/parts.ts";

const run = promisify(execFile);
const NODE_MAJOR = 24;
const manifest = z.object({ dependencies: z.record(z.string(), z.string()) });

export interface Contender {
  name: string;
  form: "sse" | "text";
  /** As `edge-ai build` makes it, and made small by esbuild. */
  bundle: string;
  minified: string;
  bundleBytes: number;
  minifiedBytes: number;
}

export const OURS = "ours, everything on";
export const CORE = "ours, no options";
export const BARE = "bare fetch pass-through";
export const AI_SDK = "AI SDK 7 `streamText`";
const OPENAI = "`openai` 7, written again";
export const DIRECT = "upstream, asked directly";
const EMPTY = "empty module";

/** Makes the app with everything on, another without options, and bundles their chat functions and those of the peers. */
export async function makeContenders(dir: string): Promise<Contender[]> {
  const app = await makeChatApp(dir);
  const ours = await bundle(dir, { name: OURS, form: "sse", root: app, entry: "api/chat.ts" });
  await fs.writeFile(path.join(app, "lib/options.ts"), optionsFile("0.1.0", []));
  const core = await bundle(dir, { name: CORE, form: "sse", root: app, entry: "api/chat.ts" });
  const peer = (name: string, form: "sse" | "text", url: string): Promise<Contender> =>
    bundle(dir, { name, form, root: path.resolve("."), entry: fileURLToPath(url) });
  return [
    ours,
    core,
    await peer(BARE, "sse", import.meta.resolve("./peers/pass-through.ts")),
    await peer(OPENAI, "sse", import.meta.resolve("./peers/openai.ts")),
    await peer(AI_SDK, "text", import.meta.resolve("./peers/ai-sdk.ts")),
  ];
}

/** The import machinery alone. */
export async function makeEmpty(dir: string): Promise<Pick<Contender, "name" | "bundle" | "minified">> {
  const file = path.join(dir, "empty.mjs");
  await fs.writeFile(file, "export default {};\n");
  return { name: EMPTY, bundle: file, minified: file };
}

/** What a user gets who says yes to everything. */
async function makeChatApp(dir: string): Promise<string> {
  const app = path.join(dir, "app");
  const inDir = { cwd: dir };
  const create = [path.resolve("bin/create-edge-ai.ts"), "app", "--task", "chat", "--mode", "hybrid"];
  await run(process.execPath, [...create, "--yes", "--no-git", "--no-install"], inDir);
  await run(process.execPath, [path.resolve("bin/edge-ai.ts"), "add", "rate-limit", "cache", "queue"], { cwd: app });
  await install(app);
  return app;
}

/** The app's own packages and no others: a bundler takes what it finds, and here it would find `ws`, which users do not have. */
async function install(app: string): Promise<void> {
  const { dependencies } = manifest.parse(JSON.parse(await fs.readFile(path.join(app, "package.json"), "utf8")));
  for (const name of Object.keys(dependencies)) {
    await fs.cp(path.resolve("node_modules", name), path.join(app, "node_modules", name), { recursive: true });
  }
  await fs.symlink(path.resolve("node_modules/esbuild"), path.join(app, "node_modules/esbuild"));
}

interface Source {
  name: string;
  form: "sse" | "text";
  root: string;
  entry: string;
}

async function bundle(dir: string, { name, form, root, entry }: Source): Promise<Contender> {
  const { code } = await bundleFunction(root, entry, NODE_MAJOR);
  const file = path.join(dir, `${name.replaceAll(/\W+/g, "-")}.mjs`);
  const minified = file.replace(".mjs", ".min.mjs");
  await fs.writeFile(file, code);
  const small = await esbuild.transform(code, {
    minify: true,
    treeShaking: true,
    format: "esm",
    target: `node${NODE_MAJOR}`,
  });
  await fs.writeFile(minified, small.code);
  return {
    name,
    form,
    bundle: file,
    minified,
    bundleBytes: Buffer.byteLength(code),
    minifiedBytes: Buffer.byteLength(small.code),
  };
}
