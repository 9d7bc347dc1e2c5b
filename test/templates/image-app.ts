// An image app as users get it, built by our builder and served by our host: each function in a process of its own.
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { buildProject } from "../../src/build/build.ts";
import { startHost } from "../../src/host/host.ts";
import { templateClosure } from "../../src/scaffold/closure.ts";
import { optionsFile } from "../../src/scaffold/parts.ts";
import { rewritesOf, vercelFunctions } from "../../src/scaffold/route-config.ts";

const launcher = fileURLToPath(new URL("../../src/host/launcher.ts", import.meta.url));
const FUNCTIONS = ["image", "image-webhook"] as const;

/** The user's own file: says what it got, and fails the first time for a request id that begins with "fail-". */
const ON_IMAGE = `const seen = new Set();
export async function onImage({ requestId, images, error }) {
  console.log("onImage " + requestId + " " + images.length + " " + error);
  if (requestId.startsWith("fail-") && !seen.has(requestId)) { seen.add(requestId); throw new Error("the store is down"); }
}`;

export interface ImageApp {
  url: string;
  /** Lines that the functions wrote. Grows. */
  logs: readonly string[];
}

/** One build, served with any number of environments. */
export class ImageApps {
  readonly #dir: string;
  readonly #outputDir: string;
  readonly #closers: (() => Promise<void>)[] = [];

  private constructor(dir: string, outputDir: string) {
    this.#dir = dir;
    this.#outputDir = outputDir;
  }

  static async build(): Promise<ImageApps> {
    const dir = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), "edge-ai-image-app-")));
    await fs.symlink(path.resolve("node_modules"), path.join(dir, "node_modules"), "dir");
    const code = await templateClosure(
      ["api/image.ts", "api/image-webhook.ts", "lib/auth.ts", "lib/usage.ts"],
      "external",
    );
    const files: Record<string, string> = {
      "package.json": JSON.stringify({ type: "module", engines: { node: "24.x" } }),
      "vercel.json": JSON.stringify({
        functions: vercelFunctions(FUNCTIONS, { mode: "external", modelPath: "" }),
        rewrites: rewritesOf(FUNCTIONS),
      }),
      "edge-ai.json": JSON.stringify({
        version: 1,
        name: "image-app",
        task: "image",
        mode: "external",
        model: { id: "flux" },
        latencyBudgetMs: 10_000,
      }),
    };
    for (const [inside, file] of code.files) files[inside] = await fs.readFile(file, "utf8");
    files["lib/options.ts"] = optionsFile("0.0.0", ["usage", "auth"]);
    files["lib/on-image.ts"] = ON_IMAGE;
    for (const [file, text] of Object.entries(files)) {
      await fs.mkdir(path.dirname(path.join(dir, file)), { recursive: true });
      await fs.writeFile(path.join(dir, file), text);
    }
    return new ImageApps(dir, (await buildProject(dir)).outputDir);
  }

  async serve(env: Record<string, string>, port = 0): Promise<ImageApp> {
    const logs: string[] = [];
    const host = await startHost({
      projectDir: this.#dir,
      outputDir: this.#outputDir,
      port,
      env,
      onLog: (line) => void logs.push(line),
      launcher,
    });
    this.#closers.push(() => host.close());
    return { url: host.url, logs };
  }

  async close(): Promise<void> {
    await Promise.all(this.#closers.map((close) => close()));
    await fs.rm(this.#dir, { recursive: true, force: true });
  }
}
