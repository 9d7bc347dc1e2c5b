import type { Mode, TargetName, Task } from "../../config/words.ts";
import { quoted } from "../../shell-word.ts";
import { causes } from "../requests/causes.ts";
import type { HealthDocument, Remedy } from "../document.ts";
import { foundErrors } from "./found-errors.ts";
import { inSeconds, LONGEST_MS, settlingRemedies } from "./settle.ts";
import { slower, whyNotSlower } from "./slower.ts";
import { withFlag } from "./with-flag.ts";
import { mayBeVercel, slowRemedies, throughputRemedies } from "./speed-remedies.ts";

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
const UNKNOWN_TIMEOUT_MS = 120_000;

type Rule = (patient: Patient, context: RemedyContext | null) => Remedy[];

/** In the order in which they are worth trying: first what kept the run from saying anything. */
const rules: readonly Rule[] = [
  refusal,
  unfitRunner,
  settlingRemedies,
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
  // How much would do is not known: a price of one request is in nothing but the message.
  if (cause === "max-cost") return [{ text: "not one request fits into --max-cost: allow more", command: null }];
  return [{ text: causes[cause].remedy, command: commandFor(cause, patient, context) }];
}

function errors(patient: Patient, context: RemedyContext | null): Remedy[] {
  return foundErrors(patient.measurement)
    .slice(0, MOST_CAUSES)
    .map(({ cause }) =>
      isTooMuch(cause)
        ? tooMuch(cause, patient)
        : { text: causes[cause].remedy, command: commandFor(cause, patient, context) },
    );
}

type Cause = keyof typeof causes;

/** What less a second helps against, and what else does where less cannot show the throughput. */
const besidesSlower = {
  "too-many-requests": "raise the limit of the app or of the model's provider",
  "not-sent": "shorten --timeout, or use a quieter machine",
  "no-socket": "raise the limit on open files: ulimit -n 8192, or use a machine with more ports free",
} as const satisfies Partial<Record<Cause, string>>;

function isTooMuch(cause: Cause): cause is keyof typeof besidesSlower {
  return cause in besidesSlower;
}

function tooMuch(cause: keyof typeof besidesSlower, patient: Patient): Remedy {
  const why = whyNotSlower(patient);
  const text = why === null ? causes[cause].remedy : `${besidesSlower[cause]}; ${why}`;
  return { text, command: slower(patient) };
}

const slowAnswers = new Set<Cause>(["first-byte-timeout", "idle-timeout", "timeout"]);
const brokenApps = new Set<Cause>(["server-error", "truncated", "dropped", "reset", "error-body"]);

/** The command that says more about the cause, where there is one. */
function commandFor(
  cause: Cause,
  { url, again, load }: Pick<Patient, "url" | "again" | "load">,
  context: RemedyContext | null,
): string | null {
  if (cause === "wrong-build") return context === null ? null : "edge-ai deployments";
  if (cause === "unauthorized" || cause === "forbidden") return context === null ? null : "edge-ai env check";
  if (slowAnswers.has(cause)) return longer(again, load);
  const isOnVercel = context?.target === "vercel" || /\.vercel\.app(:\d+)?$/.test(url);
  return brokenApps.has(cause) && isOnVercel ? `vercel logs ${quoted(url)}` : null;
}

/** Twice the time that a request had; a minute where that is not known; null when it is an hour already. */
function longer(again: string, load: Patient["load"]): string | null {
  const given = / --timeout ([\d.]+)ms/.exec(again)?.[1];
  const timeoutMs = load?.timeoutMs ?? (given === undefined ? UNKNOWN_TIMEOUT_MS / 2 : Number(given));
  return timeoutMs >= LONGEST_MS ? null : withFlag(again, "--timeout", inSeconds(timeoutMs * 2));
}

function unfitRunner(patient: Patient): Remedy[] {
  if (patient.cause !== "unfit-runner") return [];
  // It never got a connection for some of them: that is not about how busy it was.
  if (patient.measurement.errorsByCause["no-socket"] !== undefined) return [tooMuch("no-socket", patient)];
  const less = whyNotSlower(patient) ?? "or send less a second";
  return [{ text: `this machine was too busy to measure: use a quieter one; ${less}`, command: slower(patient) }];
}

/** How the sentence begins that `advise` says with numbers. */
export const KEEP_WARM = "keep an instance warm";

function coldStart({ checks, measurement }: Patient, context: RemedyContext | null): Remedy[] {
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
      text: `${KEEP_WARM}, or run it near its model and callers${mayBeVercel(context) ? ': "regions" in vercel.json' : ""}`,
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
