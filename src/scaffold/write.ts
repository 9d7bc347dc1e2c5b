import fs from "node:fs/promises";
import path from "node:path";
import { CliError, messageOf, systemCode } from "../errors.ts";
import type { FileTree } from "./files.ts";

/** What may already be in the folder of a new project: it holds nothing that we write. */
const HARMLESS = new Set([".git", ".DS_Store", "Thumbs.db", ".idea", ".vscode", "LICENSE"]);

/** The folder a project is made in before it is moved to where it belongs. */
export interface Staging {
  dir: string;
  /** Moves everything to the target, whole: on failure what was moved goes back. */
  publish(): Promise<void>;
  /** Removes the staging folder and what else was made for it. */
  discard(): Promise<void>;
}

/**
 * Refuses a target that holds files, and says which.
 * @throws CliError TARGET_EXISTS or FILE
 */
export async function checkTarget(target: string): Promise<void> {
  const names = await existingNames(target);
  const inTheWay = names.filter((name) => !HARMLESS.has(name));
  if (inTheWay.length === 0) return;
  const shown = inTheWay.slice(0, 5).join(", ");
  throw new CliError(
    "TARGET_EXISTS",
    `${target} is not empty: it holds ${shown}${inTheWay.length > 5 ? " and more" : ""}`,
    {
      hint: "choose a new folder, or empty this one",
    },
  );
}

/**
 * Makes a folder beside the target and writes the tree into it.
 * @throws CliError FILE when it cannot be written
 */
export async function stage(target: string, tree: FileTree): Promise<Staging> {
  const parent = path.dirname(target);
  const madeParent = await wrap(() => fs.mkdir(parent, { recursive: true }), parent);
  const discardParent = async (): Promise<void> => {
    if (madeParent !== undefined) await removeEmpty(parent, madeParent);
  };
  const dir = await wrap(() => fs.mkdtemp(path.join(parent, ".create-edge-ai-")), parent);
  const discard = async (): Promise<void> => {
    await fs.rm(dir, { recursive: true, force: true });
    await discardParent();
  };
  try {
    await fs.chmod(dir, 0o755);
    for (const [file, content] of tree) {
      const to = path.join(dir, file);
      await fs.mkdir(path.dirname(to), { recursive: true });
      if ("text" in content) await fs.writeFile(to, content.text);
      else await fs.copyFile(content.copyOf, to, fs.constants.COPYFILE_FICLONE);
    }
  } catch (error) {
    await discard();
    throw fileError(dir, error);
  }
  return { dir, publish: () => publish(dir, target), discard };
}

async function publish(dir: string, target: string): Promise<void> {
  // Looked at again: it may have filled up while dependencies were installed.
  await checkTarget(target);
  const moved: string[] = [];
  try {
    const exists = await fs.lstat(target).then(
      () => true,
      () => false,
    );
    if (!exists) return await fs.rename(dir, target);
    for (const name of await fs.readdir(dir)) {
      await fs.rename(path.join(dir, name), path.join(target, name));
      moved.push(name);
    }
    await fs.rmdir(dir);
  } catch (error) {
    for (const name of moved) await fs.rename(path.join(target, name), path.join(dir, name));
    throw fileError(target, error);
  }
}

async function existingNames(target: string): Promise<string[]> {
  try {
    return await fs.readdir(target);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    if (systemCode(error) === "ENOTDIR") {
      throw new CliError("TARGET_EXISTS", `${target} is a file, or lies below one`, {
        hint: "choose another folder",
        cause: error,
      });
    }
    throw fileError(target, error);
  }
}

async function removeEmpty(dir: string, top: string): Promise<void> {
  await fs.rmdir(dir).catch(() => undefined);
  if (dir !== top && dir.startsWith(top)) await removeEmpty(path.dirname(dir), top);
}

async function wrap<T>(run: () => Promise<T>, file: string): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw fileError(file, error);
  }
}

function fileError(file: string, error: unknown): unknown {
  if (error instanceof CliError || systemCode(error) === undefined) return error;
  return new CliError("FILE", `${file} cannot be written: ${messageOf(error)}`, {
    hint: "check permissions and free space",
    cause: error,
  });
}
