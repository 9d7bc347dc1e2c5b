import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { writeStandIn, type StandIn, type Written } from "../../src/stand-in/stand-in.ts";
import { median } from "../measure.ts";
import type { Order, Run } from "./child.ts";
import { shapes, TOKENS, TOKENS_OUT, type Shape } from "./shapes.ts";

const run = promisify(execFile);

/** A shape and the best that several processes found: another program can make a run slower, nothing makes it faster. */
export interface MeasuredShape extends Shape, Run {
  weightsBytes: number;
  tokenizerBytes: number;
}

/**
 * Runs every shape in `rounds` processes on the machine's last core, each round through all of them, so that what else the machine does
 * for a minute hits one run of a shape and not all. Says on stderr how far it is.
 */
export async function measureShapes(dir: string, rounds: number): Promise<MeasuredShape[]> {
  await bundleScripts(dir);
  const written: Written[] = [];
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the table pairs kinds with their dtypes
  for (const shape of shapes) written.push(await writeStandIn({ ...shape, dir: folderOf(dir, shape) } as StandIn));
  const runs = shapes.map((): Run[] => []);
  for (let round = 1; round <= rounds; round++) {
    for (const [at, shape] of shapes.entries()) {
      console.error(`round ${round} of ${rounds}, ${at + 1} of ${shapes.length}: ${shape.name} ${shape.dtype}`);
      runs[at]?.push(await runChild(dir, shape.kind, folderOf(dir, shape)));
    }
  }
  return shapes.map((shape, at) => {
    const { weightsBytes, bytes } = written[at] ?? { weightsBytes: Number.NaN, bytes: Number.NaN };
    return { ...shape, weightsBytes, tokenizerBytes: bytes - weightsBytes, ...bestOf(runs[at] ?? []) };
  });
}

function folderOf(dir: string, { name, dtype }: Shape): string {
  return path.join(dir, `${name} ${dtype}`);
}

const APP = { encoder: "onnx", decoder: "llama" } as const;

/** As one file each, like deployed functions: reading TypeScript is not part of a cold start. */
async function bundleScripts(dir: string): Promise<void> {
  await build({
    entryPoints: ["bench/predictions/child.ts", ...Object.values(APP).map((name) => `templates/app/lib/${name}.ts`)],
    entryNames: "[name]",
    outdir: dir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node24",
    external: ["onnxruntime-node", "node-llama-cpp"],
    logLevel: "error",
  });
  await fs.symlink(path.resolve("node_modules"), path.join(dir, "node_modules"));
}

async function runChild(scripts: string, kind: Shape["kind"], dir: string): Promise<Run> {
  const app = path.join(scripts, `${APP[kind]}.mjs`);
  const order: Order = { kind, app, dir, tokens: TOKENS[kind], tokensOut: TOKENS_OUT, startedAt: Date.now() };
  const core = `${os.availableParallelism() - 1}`;
  const command = [process.execPath, path.join(scripts, "child.mjs"), JSON.stringify(order)];
  const { stdout } = await run("taskset", ["-c", core, ...command]);
  return JSON.parse(stdout);
}

/** The least of each, for another program can only make a run slower; of memory the middle. */
function bestOf(runs: readonly Run[]): Run {
  const [first] = runs;
  if (first === undefined) throw new Error("no runs");
  const least = (of: (run: Run) => number | null | undefined): number =>
    Math.min(...runs.map((each) => of(each) ?? Infinity));
  const writes = first.perTokenMs !== null;
  return {
    coldStartMs: least((each) => each.coldStartMs),
    perTokenMs: writes ? least((each) => each.perTokenMs) : null,
    peakBytes: median(runs.map((each) => each.peakBytes)),
    reads: first.reads.map(({ tokens }, at) => ({
      tokens,
      ms: least((each) => each.reads[at]?.ms),
      p95Ms: least((each) => each.reads[at]?.p95Ms),
      wallMs: least((each) => each.reads[at]?.wallMs),
    })),
    wallMs: {
      coldStart: least((each) => each.wallMs.coldStart),
      perToken: writes ? least((each) => each.wallMs.perToken) : null,
    },
  };
}
