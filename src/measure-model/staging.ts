import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";
import { CONFIG_FILE } from "../config/read.ts";
import { CliError } from "../errors.ts";
import { exists } from "../exists.ts";
import { abandoned } from "../processes.ts";
import { startReaper } from "../reaper.ts";
import { optionsFile, optionsIn } from "../scaffold/parts.ts";
import type { Project } from "./project.ts";

/** Goes on with the process id. */
const PREFIX = "measure-";
const SKIPPED = new Set(["node_modules", "public", "dist", "coverage"]);
const OPTIONS = "lib/options.ts";

/** A copy of a project with one function. */
export interface Staging {
  dir: string;
  /** Where the function looks for its weights; not there yet. */
  modelDir: string;
  remove(): Promise<void>;
}

/**
 * Copies a project's code to a folder inside of it, where its node_modules are found, with the one function that is
 * measured. The folder goes when this process does, however it ends.
 */
export async function openStaging(project: Project, modelId: string): Promise<Staging> {
  const parent = path.join(project.dir, ".edge-ai");
  await ownPath(project.dir, ".edge-ai");
  const isNew = !(await exists(parent));
  await fs.mkdir(parent, { recursive: true });
  await removeAbandoned(parent);
  const dir = path.join(parent, `${PREFIX}${process.pid}-${randomBytes(4).toString("hex")}`);
  const reaper = startReaper(dir);
  const remove = async (): Promise<void> => {
    await reaper.done();
    await fs.rm(dir, { recursive: true, force: true });
    if (isNew) await fs.rmdir(parent).catch(() => undefined);
  };
  try {
    await fs.mkdir(dir);
    await copyCode(project, dir);
    await keepOneFunction(project, dir);
    await writeConfig(project, dir, modelId);
    await openToAll(dir);
    return { dir, modelDir: await ownPath(dir, project.modelPath), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** A machine that lost its power in a run could not remove its folder. */
async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await abandoned(parent, PREFIX))
    await fs.rm(path.join(parent, name), { recursive: true, force: true });
}

/**
 * Without packages, weights, pages and what begins with a dot: .env.local is read where it is. What links lead to is copied
 * too, because the copy is written to.
 */
async function copyCode({ dir, modelPath }: Project, to: string): Promise<void> {
  const names = await fs.readdir(dir);
  const filter = async (from: string, copy: string): Promise<boolean> => {
    if (path.relative(dir, from) === modelPath) return false;
    if (path.basename(from) === "node_modules") {
      // pnpm's are links to each other: copied they are endless, and nobody writes to them.
      await fs.symlink(await fs.realpath(from), copy);
      return false;
    }
    return !(await leadsNowhere(from, dir));
  };
  for (const name of names.filter((each) => !each.startsWith(".") && !SKIPPED.has(each))) {
    await fs.cp(path.join(dir, name), path.join(to, name), {
      recursive: true,
      dereference: true,
      mode: constants.COPYFILE_FICLONE,
      filter,
    });
  }
}

/** A link to what is not there, or to a folder that it is in itself, which has no end. */
async function leadsNowhere(file: string, projectDir: string): Promise<boolean> {
  if (!(await fs.lstat(file)).isSymbolicLink()) return false;
  const real = await fs.realpath(file).catch(() => null);
  if (real === null) return true;
  for (let at = path.dirname(file); ; at = path.dirname(at)) {
    if (`${await fs.realpath(at)}${path.sep}`.startsWith(`${real}${path.sep}`)) return true;
    if (path.relative(projectDir, at) === "") return false;
  }
}

/** @returns the absolute path. @throws CliError FILE when it goes over a link: what is written there is somebody's own */
async function ownPath(dir: string, file: string): Promise<string> {
  const whole = path.join(dir, file);
  for (let at = whole; path.relative(dir, at) !== ""; at = path.dirname(at)) {
    const stat = await fs.lstat(at).catch(() => null);
    if (stat?.isSymbolicLink() !== true) continue;
    throw new CliError("FILE", `${at} is a link: nothing is written or removed through it`, {
      hint: "put a real folder in its place",
    });
  }
  return whole;
}

async function keepOneFunction({ fn }: Project, dir: string): Promise<void> {
  await writeJson(await ownPath(dir, "vercel.json"), { functions: { [fn.file]: fn.settings } });
  const entries = await fs.readdir(path.join(dir, "api"), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const others = files.filter((file) => file !== path.join(dir, fn.file) && !path.basename(file).startsWith("_"));
  await Promise.all(others.map(async (file) => fs.rm(await ownPath(dir, path.relative(dir, file)))));
}

/** The answers are to name the model that is run. */
async function writeConfig({ config }: Project, dir: string, modelId: string): Promise<void> {
  await writeJson(await ownPath(dir, CONFIG_FILE), { ...config, model: { ...config.model, id: modelId } });
}

/**
 * What may stand before the model and refuse a request, or answer in its place, stays out: keys, limits, caches. Each
 * request comes from a caller of its own, so that the model does not skip the beginning of a prompt that it knows.
 */
async function openToAll(dir: string): Promise<void> {
  const file = await ownPath(dir, OPTIONS);
  if (!(await exists(file))) return;
  const kept = optionsIn(await fs.readFile(file, "utf8")).filter((name) => name === "queue" || name === "batching");
  const stranger = `{
  name: "stranger",
  run(call, next) {
    call.caller = \`stranger \${(strangers += 1)}\`;
    return next(call);
  },
}`;
  const text = optionsFile("", kept).replace(" = [", ` = [${stranger}, `);
  await fs.writeFile(file, `let strangers = 0;\n${text}`);
}

async function writeJson(file: string, value: object): Promise<void> {
  await fs.writeFile(file, `${JSON.stringify(value, null, 2)}\n`);
}
