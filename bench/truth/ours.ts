import fs from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { runTimed } from "../peers.ts";

/** What is compared with the truth. */
export const figures = ["p50", "p95", "p99", "first token p95", "error rate"] as const;
export type Figure = (typeof figures)[number];

const bound = z.number().nullable();
const documentSchema = z.object({
  verdict: z.enum(["pass", "fail", "inconclusive"]),
  cause: z.string().optional(),
  message: z.string().optional(),
  measurement: z.object({ requests: z.number(), errors: z.number() }),
  checks: z.array(z.object({ name: z.string(), actual: bound, interval: z.tuple([bound, bound]) })),
});

/** What `edge-ai healthcheck --json` prints of a run; only what is used here. */
export type HealthJson = z.infer<typeof documentSchema>;

/** The defaults of a free route and what is usual beside them. They decide verdicts, which are not looked at here. */
const slo = { p50Ms: 100, p95Ms: 300, p99Ms: 1_000, errorRate: 0.01 };
/** More than the slowest answer of any row takes, and short enough to wait for the hung ones. */
const TIMEOUT = "3s";

/** Writes the edge-ai.json that the health check reads in `dir`. */
export async function writeConfig(dir: string, isStream: boolean): Promise<void> {
  const config = {
    version: 1,
    name: "truth",
    task: "embeddings",
    mode: "local",
    model: { id: "none" },
    latencyBudgetMs: 300,
    slo: isStream ? { ...slo, firstTokenMs: 300 } : slo,
    probes: [{ name: "truth", path: "/", expect: { status: 200 } }],
  };
  await fs.writeFile(path.join(dir, "edge-ai.json"), JSON.stringify(config));
}

/** Runs the built health check as a user would; it sends `requests`, and does not stop early. */
export async function healthcheck(
  bin: string,
  dir: string,
  url: string,
  { rate, requests }: { rate: number; requests: number },
): Promise<HealthJson> {
  const seconds = requests / rate;
  const load = ["--rate", `${rate}`, "--max-requests", `${requests}`];
  // As long at least as it takes to send them: no verdict ends it before.
  const whole = ["--min-duration", `${seconds}s`, "--timeout", TIMEOUT];
  const command = [process.execPath, bin, "healthcheck", url, "--json", ...load, ...whole];
  const { stdout, stderr } = await runTimed(command, (seconds + 30) * 1e3, dir);
  try {
    return documentSchema.parse(JSON.parse(stdout));
  } catch (error) {
    throw new Error(`no health document: ${stdout.slice(0, 500)}${stderr.slice(0, 500)}`, { cause: error });
  }
}
