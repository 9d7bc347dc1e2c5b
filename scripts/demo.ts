// The main job with no account: create → install from the packed tarball → bundle → serve → health check → rehearse its
// release on Vercel → ask it something.
// `npm run demo -- --keep` leaves the app running until Ctrl-C.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { execOk } from "../src/exec.ts";
import { Interrupted } from "../src/errors.ts";
import type { Io } from "../src/io.ts";
import type { HealthDocument } from "../src/health/check.ts";
import type { Plan } from "../src/plan/types.ts";
import type { RehearsalDocument } from "../src/rehearse/rehearse.ts";

const QUESTION = "How do I get my money back?";
const SENTENCES = [
  "Refunds are paid within five days.",
  "Our office is closed on Sundays.",
  "The cat slept on the warm roof.",
];

const { keep } = parseArgs({ options: { keep: { type: "boolean", default: false } } }).values;
const controller = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => controller.abort(new Interrupted(name)));
const io: Io = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  signal: controller.signal,
};

const workDir = await fs.mkdtemp(path.join(os.tmpdir(), "edge-ai-demo-"));
let app: ChildProcess | undefined;
try {
  step("create", "and install from the packed tarball");
  const { dir, plan } = await edgeAi<{ dir: string; plan: Plan }>(
    path.resolve("dist/create-edge-ai.js"),
    ["demo-app", "--yes", "--json"],
    workDir,
  );
  // From here on it is the app's own edge-ai, out of the tarball.
  const bin = path.join(dir, "node_modules/create-edge-ai/dist/edge-ai.js");
  step("bundle");
  const build = await edgeAi<{ functions: { path: string; bytes: number }[] }>(bin, ["build", "--json"], dir);
  for (const { path: route, bytes } of build.functions)
    console.log(`  ${route.padEnd(16)} ${(bytes / 1e6).toFixed(1)} MB`);
  step("serve");
  const served = await serve(bin, dir);
  app = served.child;
  console.log(`  ${served.url}`);
  step("healthcheck");
  const health = await edgeAi<HealthDocument>(bin, ["healthcheck", served.url, "--json"], dir);
  const nearest = await nearestSentence(served.url);
  step("rehearse", "a release on Vercel: the real vercel program, an emulated API");
  const rehearsal = await edgeAi<RehearsalDocument>(bin, ["rehearse", "--json"], dir);
  for (const { name, verdict, text } of rehearsal.steps) console.log(`  ${verdict}  ${name}: ${text}`);
  report(plan, health, nearest);
  if (nearest.text !== SENTENCES[0]) throw new Error(`the nearest sentence should be "${SENTENCES[0]}"`);
  if (keep) {
    console.log(`\n${served.url} stays up until Ctrl-C`);
    await once(controller.signal, "abort");
  }
} catch (error) {
  if (!(error instanceof Interrupted)) throw error;
  process.exitCode = keep && app !== undefined ? 0 : error.signalName === "SIGINT" ? 130 : 143;
} finally {
  if (app !== undefined && app.exitCode === null && app.signalCode === null) {
    app.kill("SIGTERM");
    await once(app, "exit");
  }
  await fs.rm(workDir, { recursive: true, force: true });
}

function step(name: string, detail = ""): void {
  console.log(`\n== ${name} ${detail}`);
}

/** Runs an edge-ai command with --json, its conversation on our stderr, and returns the document. */
async function edgeAi<T>(bin: string, args: string[], cwd: string): Promise<T> {
  const { stdout, stderr } = await execOk(io, { command: process.execPath, args: [bin, ...args], cwd });
  io.stderr.write(stderr);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the document of our own command; its tests check the shape
  return JSON.parse(stdout) as T;
}

async function serve(bin: string, cwd: string): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [bin, "dev", "--prebuilt", "--port", "0"], {
    cwd,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout });
  const [first] = await Promise.race([
    once(lines, "line", { signal: controller.signal }),
    once(child, "exit").then(() => [undefined]),
  ]);
  if (typeof first !== "string") throw new Error("edge-ai dev stopped before it served");
  return { child, url: first };
}

async function nearestSentence(url: string): Promise<{ text: string; similarity: number }> {
  const response = await fetch(`${url}/v1/embeddings`, {
    method: "POST",
    body: JSON.stringify({ input: [QUESTION, ...SENTENCES] }),
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the health check has just checked this shape
  const { data } = (await response.json()) as { data: { embedding: number[] }[] };
  const [question = [], ...others] = data.map(({ embedding }) => embedding);
  const ranked = others.map((vector, index) => ({
    text: SENTENCES[index] ?? "",
    similarity: vector.reduce((sum, value, at) => sum + value * (question[at] ?? 0), 0),
  }));
  return ranked.toSorted((a, b) => b.similarity - a.similarity)[0] ?? { text: "none", similarity: 0 };
}

function report(plan: Plan, health: HealthDocument, nearest: { text: string; similarity: number }): void {
  const { latencyMs, throughputPerSecond } = health.measurement;
  console.log(`\nmode        ${plan.mode} on ${plan.platform}, because`);
  for (const { text } of plan.reasons) console.log(`            - ${text}`);
  console.log(`verdict     ${health.verdict}`);
  console.log(`p95         ${latencyMs.p95?.toFixed(1)} ms (predicted ${plan.predicted.p95Ms?.toFixed(1)} ms)`);
  console.log(`throughput  ${throughputPerSecond?.toFixed(1)} good responses a second`);
  console.log(
    `nearest     to "${QUESTION}"\n            is "${nearest.text}", similarity ${nearest.similarity.toFixed(3)}`,
  );
}
