import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { execa } from "execa";

const files = ["package.json", "package-lock.json", ".npmrc"];

/**
 * artillery as package-lock.json says, installed on first use into the temporary folder: 245 MB are too much for everybody
 * who runs `npm ci` here. Its install scripts are not run: they would download a browser.
 * @returns the path of its bin, for Node.js
 */
export async function artilleryBin(): Promise<string> {
  const contents = await Promise.all(files.map((file) => fs.readFile(path.join(import.meta.dirname, file))));
  const hash = createHash("sha256").update(Buffer.concat(contents)).digest("hex").slice(0, 16);
  const dir = path.join(os.tmpdir(), `edge-ai-artillery-${hash}`);
  if (!(await exists(dir))) await install(dir);
  return path.join(dir, "node_modules/artillery/bin/run");
}

/** Into a folder with another name first: there is either all of it or nothing, also with two runs at once. */
async function install(dir: string): Promise<void> {
  const unfinished = await fs.mkdtemp(`${dir}-`);
  try {
    for (const file of files) await fs.copyFile(path.join(import.meta.dirname, file), path.join(unfinished, file));
    await execa("npm", ["ci", "--ignore-scripts"], { cwd: unfinished, timeout: 280_000 });
    await fs.rename(unfinished, dir).catch(async (error: unknown) => {
      if (!(await exists(dir))) throw error;
    });
  } finally {
    await fs.rm(unfinished, { recursive: true, force: true });
  }
}

async function exists(dir: string): Promise<boolean> {
  return fs.stat(dir).then(
    () => true,
    () => false,
  );
}
