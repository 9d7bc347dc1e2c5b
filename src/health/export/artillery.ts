import { stringify } from "yaml";
import { CliError } from "../../errors.ts";
import { dueMs, type Pace } from "../load.ts";
import type { HealthPlan, Load } from "../plan.ts";
import { conditionsOf, uncheckedTexts } from "./artillery-limits.ts";
import { expectationSteps } from "./artillery-expect.ts";
import { fillIn } from "./artillery-template.ts";
import { notesText, uncheckedExpectations } from "./notes.ts";
import { requestTemplates, type RequestTemplate } from "./requests.ts";

/** All seen with artillery 2.0.34: its source, and a server that is known (test/cli/export-artillery.test.ts). */
const DIFFERENCES = [
  "http.response_time is the time to the first byte of the answer; http.total goes to its last byte, and the limits on all requests use that.",
  "Both start when the request is sent, not when it was due, and are whole milliseconds in a sketch with 1 % relative error.",
  "Requests without an answer are in no percentile: read the errors first.",
  "The timeout is for the head of the answer, not for the whole of it.",
  "Each {{n}} is a random number of up to 16 digits; two in one request differ.",
  "An empty string does not count as an answer's string.",
];

/** artillery has no JSON schema, and compares headers only as a whole. */
const UNCHECKED = ["schema", "contentType", "model"] as const;

/**
 * The plan as a script for artillery, with its probes, limits and load.
 * artillery's `expect` plugin is not used: it exits with 21 after one bad answer, whatever error rate is allowed (seen
 * with 2.0.34). `capture` and `match` of the engine itself fail the request, and `ensure` judges how many failed.
 * @param url only its origin counts
 * @param headers sent with every request; the script has the names of variables for their values
 * @returns a YAML file
 * @throws CliError USAGE for what artillery cannot do: a closed loop, and texts that its templates would change
 */
export function exportArtillery(plan: HealthPlan, url: string, headers: Readonly<Record<string, string>>): string {
  const { pace } = plan.load;
  if (pace.kind === "closed") throw noClosedLoop();
  const requests = requestTemplates(plan, headers);
  const notes = {
    run: "artillery run healthcheck.yml",
    differences: DIFFERENCES,
    unchecked: [...uncheckedTexts(plan, requests), ...uncheckedExpectations(requests, UNCHECKED)],
  };
  const script = { config: configOf(plan, url, pace, requests), scenarios: scenariosOf(requests) };
  // artillery reads YAML 1.1, where yes, 12:30 and 2026-01-01 are no strings.
  return notesText("#", plan, requests, notes) + stringify(script, { version: "1.1", lineWidth: 0 });
}

function noClosedLoop(): CliError {
  return new CliError("USAGE", "artillery has no closed loop: it starts its users by the clock", {
    hint: "use --export k6, or --rate instead of --concurrency",
  });
}

type OpenPace = Extract<Pace, { kind: "open" }>;

function configOf(plan: HealthPlan, url: string, pace: OpenPace, requests: readonly RequestTemplate[]): object {
  return {
    target: new URL(url).origin,
    phases: phasesOf(plan.load, pace),
    http: {
      timeout: plan.load.timeoutMs / 1_000,
      // Connections are kept and shared; by default each request would open its own.
      pool: plan.load.maxInFlight,
      extendedMetrics: true,
    },
    plugins: {
      "metrics-by-endpoint": { useOnlyRequestNames: true, suppressOutput: true },
      ensure: { conditions: conditionsOf(plan, requests) },
    },
  };
}

function phasesOf({ requests, durationMs }: Load, pace: OpenPace): object[] {
  const sendingMs = Math.min(durationMs ?? Infinity, dueMs(pace, requests));
  // A ramp has steps of one second.
  const rampSeconds = Math.round(pace.rampMs / 1_000);
  const steadyMs = Math.max(1, Math.ceil(sendingMs - rampSeconds * 1_000));
  const steady = { name: "run", duration: seconds(steadyMs), arrivalRate: pace.ratePerSecond };
  if (rampSeconds === 0) return [steady];
  return [{ name: "ramp", duration: rampSeconds, arrivalRate: 0, rampTo: pace.ratePerSecond }, steady];
}

/** artillery takes whole seconds, or a text with a unit. */
function seconds(ms: number): number | string {
  return ms % 1_000 === 0 ? ms / 1_000 : `${ms}ms`;
}

function scenariosOf(requests: readonly RequestTemplate[]): object[] {
  const weights = wholeWeights(requests.map(({ probe }) => probe.weight));
  return requests.map((request, index) => ({
    name: request.id,
    weight: weights[index],
    flow: [{ [request.probe.method.toLowerCase()]: requestOf(request) }],
  }));
}

function requestOf({ probe, id, path, headers, secrets, body }: RequestTemplate): object {
  const literal = Object.entries(headers).map(([name, value]) => [
    name,
    fillIn("header", value, `${probe.name}: ${name}`),
  ]);
  const hidden = Object.entries(secrets).map(([name, variable]) => [name, `{{ $env.${variable} }}`]);
  return {
    name: id,
    url: fillIn("path", path, probe.name),
    headers: Object.fromEntries([...literal, ...hidden]),
    ...(body === null ? {} : { body: fillIn("json", body, probe.name) }),
    followRedirect: false,
    // Asks for no compression, as edge-ai healthcheck does.
    gzip: false,
    ...expectationSteps(probe),
  };
}

/** artillery cuts weights to whole numbers: 0.5 and 1.5 become 1 and 3. */
function wholeWeights(weights: readonly number[]): number[] {
  const scale = [1, 2, 3, 4, 5, 10, 100].find((each) => weights.every((weight) => isWhole(weight * each))) ?? 1_000;
  return weights.map((weight) => Math.max(1, Math.round(weight * scale)));
}

/** 1.1 × 100 is 110.00000000000001. */
function isWhole(value: number): boolean {
  return Number.isInteger(Number(value.toPrecision(12)));
}
