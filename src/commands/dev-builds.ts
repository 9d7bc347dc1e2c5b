import fs from "node:fs/promises";
import path from "node:path";
import { buildProject } from "../build/build.ts";
import { say, type Io } from "../io.ts";
import { abandoned } from "../processes.ts";

/** Goes on with the process id. */
const BUILDS = "dev-";

/** Builds of one `dev` run, each in a folder of its own, so that the one being served stays as it is. */
export class Builds {
  readonly #io: Io;
  readonly #projectDir: string;
  readonly #root: string;
  #count = 0;

  constructor(io: Io, projectDir: string) {
    this.#io = io;
    this.#projectDir = projectDir;
    this.#root = path.join(projectDir, ".edge-ai", `${BUILDS}${process.pid}`);
  }

  /** Builds the project as it is now. The build before the last one is removed. */
  async next(): Promise<string> {
    this.#count += 1;
    if (this.#count === 1) await this.#removeAbandoned();
    const outputDir = this.#dir(this.#count);
    const started = performance.now();
    const report = await buildProject(this.#projectDir, { outputDir, signal: this.#io.signal });
    for (const warning of report.warnings) say(this.#io, `warning: ${warning}`);
    say(this.#io, `built ${report.buildId} in ${Math.round(performance.now() - started)} ms`);
    await fs.rm(this.#dir(this.#count - 2), { recursive: true, force: true });
    return outputDir;
  }

  async remove(): Promise<void> {
    await fs.rm(this.#root, { recursive: true, force: true });
  }

  /** A run that was killed could not remove its own. */
  async #removeAbandoned(): Promise<void> {
    const parent = path.dirname(this.#root);
    const names = await abandoned(parent, BUILDS).catch(() => []);
    await Promise.all(names.map((name) => fs.rm(path.join(parent, name), { recursive: true, force: true })));
  }

  #dir(count: number): string {
    return path.join(this.#root, String(count));
  }
}
