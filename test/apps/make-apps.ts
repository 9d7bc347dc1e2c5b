import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import type { Mode, Task } from "../../src/config/words.ts";
import { modesOf } from "../../src/scaffold/parts.ts";
import { writeGguf } from "../support/gguf.ts";

const run = promisify(execFile);
const checkout = path.resolve(import.meta.dirname, "../..");

/** A generated app, and how it was asked for. */
export interface App {
  task: Task;
  mode: Mode;
  dir: string;
}

/** Models small enough to be made here, or names that an endpoint would know. */
const modelFor: Readonly<Record<Task, Partial<Record<Mode, string>>>> = {
  embeddings: { local: "use-lite", hybrid: "bge-small-en-v1.5", external: "bge-small-en-v1.5" },
  classify: { local: "use-lite", hybrid: "qwen2.5-7b-instruct", external: "llama-3.1-8b-instruct" },
  chat: { local: "smollm2-135m-instruct", hybrid: "qwen2.5-7b-instruct", external: "llama-3.1-8b-instruct" },
  image: { external: "flux.1-schnell" },
};

/** Every task in every mode that there is a template for. */
export const combinations: readonly (readonly [Task, Mode])[] = Object.entries(modesOf).flatMap(([task, modes]) =>
  modes.map((mode) => [task as Task, mode] as const),
);

/**
 * Makes apps as `create` does. Their packages are installed once and linked into each, so that ten apps take the room and time
 * of one; everything else is a stranger's project, with `create-edge-ai` from its packed tarball.
 */
export class Apps {
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  static async open(): Promise<Apps> {
    const root = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), "edge-ai-matrix-")));
    const { stdout } = await run("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", root], {
      cwd: checkout,
    });
    const manifest = JSON.parse(await fs.readFile(path.join(checkout, "templates/app/package.json"), "utf8")) as {
      devDependencies: Record<string, string>;
    };
    manifest.devDependencies["create-edge-ai"] = `file:${stdout.trim()}`;
    await fs.writeFile(path.join(root, "package.json"), JSON.stringify(manifest));
    await fs.copyFile(path.join(checkout, "templates/app/_npmrc"), path.join(root, ".npmrc"));
    await run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: root });
    return new Apps(root);
  }

  async make(task: Task, mode: Mode): Promise<App> {
    const name = `${task}-${mode}`;
    const args = ["--task", task, "--mode", mode, "--model", modelFor[task][mode] ?? "", "--latency-budget", "20000"];
    const bin = path.join(this.root, "node_modules/create-edge-ai/dist/create-edge-ai.js");
    const more = ["--target", "local", "--no-install", "--no-git", "--yes", "--json"];
    const dir = path.join(this.root, name);
    await run(process.execPath, [bin, name, ...args, ...more], { cwd: this.root });
    await run("cp", ["-al", path.join(this.root, "node_modules"), path.join(dir, "node_modules")]);
    if (task === "chat" && mode === "local") {
      await writeGguf(path.join(dir, "models/smollm2-135m-instruct/model.gguf"));
    }
    return { task, mode, dir };
  }

  async close(): Promise<void> {
    await fs.rm(this.root, { recursive: true, force: true });
  }
}
