import type { Mode, TargetName, Task } from "../../config/words.ts";
import { quoted } from "../../shell-word.ts";
import { causes } from "../requests/causes.ts";
import type { HealthDocument, Remedy } from "../document.ts";
import { foundErrors } from "./found-errors.ts";
import { withFlag } from "./with-flag.ts";
import { slowRemedies, throughputRemedies } from "./speed-remedies.ts";

/** What is known about the project; null for an app that is only known by its URL. */
export interface RemedyContext {
  task: Task;
  mode: Mode;
  target: TargetName;
}

/** A result to find remedies for. */
export interface Patient extends Omit<HealthDocument, "remedies"> {
  /** The command that measures the same again. */
  again: string;
}

/** More than this nobody reads. */
const MOST = 6;
/** Of the causes of errors, the most frequent: the others are named in the report with their sentence. */
const MOST_CAUSES = 3;

type Rule = (patient: Patient, context: RemedyContext | null) => Remedy[];

/** In the order in which they are worth trying: first what kept the run from saying anything. */
const rules: readonly Rule[] = [
  refusal,
  unfitRunner,
  tooFewSamples,
  errors,
  slowRemedies,
  coldStart,
  throughputRemedies,
  cost,
  fakedStreams,
  cached,
  worseThanBefore,
];

/**
 * What can be done about a result that is not a pass, most promising first, at most 6; for a pass only what makes its numbers
 * doubtful. A command is one that this program has, or that of the target's own program; null where a key has to be changed.
 * @param again the command that was given, for those that only add a flag to it
 */
export function remediesFor(
  document: Omit<HealthDocument, "remedies">,
  context: RemedyContext | null,
  again = `edge-ai healthcheck ${quoted(document.url)}`,
): Remedy[] {
  const all = rules.flatMap((rule) => rule({ ...document, again }, context));
  const isFirst = ({ text }: Remedy, i: number): boolean => all.findIndex((other) => other.text === text) === i;
  return all.filter(isFirst).slice(0, MOST);
}

function refusal({ cause, ...patient }: Patient, context: RemedyContext | null): Remedy[] {
  if (cause === undefined || cause === "unfit-runner" || cause === "interrupted") return [];
  return [{ text: causes[cause].remedy, command: commandFor(cause, patient, context) }];
}

function errors(patient: Patient, context: RemedyContext | null): Remedy[] {
  return foundErrors(patient.measurement)
    .slice(0, MOST_CAUSES)
    .map(({ cause }) => ({
      text: causes[cause].remedy,
      command: isTooMuch(cause) ? slower(patient) : commandFor(cause, patient, context),
    }));
}

type Cause = keyof typeof causes;

function isTooMuch(cause: Cause): boolean {
  return cause === "too-many-requests" || cause === "not-sent";
}

const slowAnswers = new Set<Cause>(["first-byte-timeout", "idle-timeout", "timeout"]);
const brokenApps = new Set<Cause>(["server-error", "truncated", "dropped", "reset", "error-body"]);

/** The command that says more about the cause, where there is one. */
function commandFor(
  cause: Cause,
  { url, again }: Pick<Patient, "url" | "again">,
  context: RemedyContext | null,
): string | null {
  if (cause === "wrong-build") return context === null ? null : "edge-ai deployments";
  if (cause === "unauthorized" || cause === "forbidden") return context === null ? null : "edge-ai env check";
  if (slowAnswers.has(cause)) return withFlag(again, "--timeout", "30s");
  const isOnVercel = context?.target === "vercel" || /\.vercel\.app(:\d+)?$/.test(url);
  return brokenApps.has(cause) && isOnVercel ? `vercel logs ${quoted(url)}` : null;
}

function unfitRunner(patient: Patient): Remedy[] {
  if (patient.cause !== "unfit-runner") return [];
  return [
    {
      text: "this machine was too busy to measure: use a quieter one, or send less a second",
      command: slower(patient),
    },
  ];
}

function slower({ again, load }: Pick<Patient, "again" | "load">): string | null {
  const rate = load?.ratePerSecond ?? null;
  return rate === null ? null : withFlag(again, "--rate", String(Math.max(1, Math.floor(rate / 2))));
}

/** So many that every open question is answered if no further answer is bad. */
function tooFewSamples({ verdict, cause, again, checks, measurement, load }: Patient): Remedy[] {
  // A run that failed has its answer: what else stayed open does not matter yet.
  if (verdict !== "inconclusive" || cause !== undefined) return [];
  const open = checks.filter((check) => check.verdict === "inconclusive");
  const more = Math.max(0, ...open.map((check) => check.more ?? 0));
  if (more === 0) return [];
  // Some room for a bad answer; 100,000 is the most that one run takes.
  const requests = Math.min(100_000, Math.ceil((measurement.requests + more) * 1.25));
  const flag = moreFlag(requests, load, measurement);
  return [
    {
      text: "too few requests to say yes or no: send more",
      command: withFlag(again, ...flag),
    },
  ];
}

/** The flag that let the run end, with what so many requests need. */
function moreFlag(
  requests: number,
  load: Patient["load"],
  { cost: spent }: Patient["measurement"],
): [flag: string, value: string] {
  const rate = load?.ratePerSecond ?? null;
  if (load?.ended === "duration" && rate !== null) return ["--duration", `${Math.ceil(requests / rate)}s`];
  const mean = spent?.highestMeanUsd ?? null;
  if (load?.ended === "max-cost" && mean !== null) return ["--max-cost", Math.max(0.01, requests * mean).toFixed(2)];
  return ["--max-requests", String(requests)];
}

function coldStart({ checks, measurement }: Patient): Remedy[] {
  const isOver = checks.some(({ name, verdict }) => name === "cold start" && verdict === "fail");
  if (!isOver) return [];
  const { coldStartMs } = measurement;
  const took = coldStartMs === null ? "" : ` (${Math.round(coldStartMs)} ms)`;
  return [
    {
      text: `the first request is slow${took}: make the function smaller, the build lists what is in it`,
      command: "edge-ai build",
    },
    {
      text: 'keep an instance warm, or take a region near its model and callers: "regions" in vercel.json',
      command: null,
    },
  ];
}

function cost({ checks }: Patient, context: RemedyContext | null): Remedy[] {
  if (!checks.some(({ name, verdict }) => name === "cost per request" && verdict !== "pass")) return [];
  const command = context === null ? null : `edge-ai plan --task ${context.task}`;
  return [
    { text: "an answer costs too much, or its price is not known: take a smaller model", command },
    { text: "let answers be shorter: max_tokens in the function that asks the model", command: null },
  ];
}

function fakedStreams({ measurement: { stream } }: Patient): Remedy[] {
  if (stream === null || stream.faked === 0) return [];
  const text = `${stream.faked} of ${stream.answers} streams came all at once at their end: something between buffers them; send cache-control: no-transform, and do not await the whole answer`;
  return [{ text, command: null }];
}

function cached({ measurement: { cacheHits, requests } }: Patient): Remedy[] {
  if (cacheHits === 0) return [];
  const text = `${cacheHits} of ${requests} answers came from a cache and say nothing about the app: put {{n}} into the path or body of the probe`;
  return [{ text, command: null }];
}

function worseThanBefore({ comparison }: Patient, context: RemedyContext | null): Remedy[] {
  if (!comparison?.checks.some(({ verdict }) => verdict === "fail")) return [];
  const command = context === null ? null : "edge-ai rollback";
  return [{ text: "it got worse than the baseline: if this is production already, go back", command }];
}
