import type { Probe } from "../../config/schema.ts";
import { figure } from "../figures.ts";
import type { HealthPlan } from "../plan.ts";
import { metrics, type Limit } from "../slo.ts";
import { variablesOf, type RequestTemplate } from "./requests.ts";

/** What a script says about itself, in comments at its top. */
export interface Notes {
  /** How it is run: a command. */
  run: string;
  /** What the engine measures in another way than `edge-ai healthcheck`. */
  differences: readonly string[];
  /** Limits that the script does not enforce, and why. */
  unchecked: readonly string[];
}

const EVERYWHERE = [
  "No warm-up is taken out, and the run does not end early: all requests are sent.",
  "Percentiles have no interval: a run too small to prove a limit passes all the same.",
  "Who answers (build, login page, cache), how a stream runs, and an error or nothing in a good-looking body is not looked at.",
  "expect.contains is looked for in the body as it came, also of a stream.",
];

/**
 * The comment at the top of a script.
 * @param mark what begins a comment: "//" or "#"
 * @returns lines, each with its line break
 */
export function notesText(mark: string, plan: HealthPlan, requests: readonly RequestTemplate[], notes: Notes): string {
  const variables = variablesOf(requests);
  const lines = [
    "Written by edge-ai healthcheck --export: its probes and limits, for load beyond one machine.",
    `Run: ${notes.run}`,
    ...(plan.isPaid ? [`The routes cost money: this sends up to ${plan.load.requests} requests.`] : []),
    ...list("Secrets are not in this file. Set these environment variables to the headers' values:", variables),
    ...list("Measured in another way than edge-ai healthcheck does:", [...notes.differences, ...EVERYWHERE]),
    ...list("Not checked here:", notes.unchecked),
  ];
  return comment(mark, lines);
}

/** Comments that no text can break out of: U+2028 and U+2029 end a line of JavaScript too. */
function comment(mark: string, lines: readonly string[]): string {
  return lines
    .flatMap((line) => line.split(/\r\n|[\n\r\u2028\u2029]/))
    .map((line) => `${mark} ${line}\n`)
    .join("");
}

/** "p95 at most 300 ms (chat)". */
export function limitText({ key, value, probe }: Limit): string {
  const { name, unit } = metrics[key];
  const bound = key === "throughputPerSecond" || key === "goodAnswers" ? "at least" : "at most";
  return `${name} ${bound} ${figure(value, unit)}${probe === null ? "" : ` (${probe})`}`;
}

/** Expectations that the engine cannot check, so that nobody takes them for kept. */
export function uncheckedExpectations(
  requests: readonly RequestTemplate[],
  keys: readonly (keyof Probe["expect"])[],
): string[] {
  return requests.flatMap(({ probe: { name, expect } }) =>
    keys.filter((key) => expect[key] !== undefined).map((key) => `expect.${key} of the probe ${name}`),
  );
}

function list(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [title, ...items.map((item) => `- ${item}`)];
}
