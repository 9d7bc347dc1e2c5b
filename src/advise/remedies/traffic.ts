import { figure } from "../../health/figures.ts";
import { input, p95, timesOf, unknownEffect } from "../effects.ts";
import type { Effect, Remedy, Situation } from "../types.ts";

/** What stands before the model: options of an app, each of which `edge-ai add` brings. */

/** RATE_LIMIT_PER_MINUTE of the template when it is not set. */
const PER_MINUTE = 60;
const MINUTES_A_MONTH = 60 * 24 * 30;
/** How long the batching option waits for others. */
const BATCH_WINDOW_MS = 5;
/** QUEUE_MAX_WAIT_MS of the template when it is not set. */
const QUEUE_WAIT_MS = 2_000;

/** Nobody costs more than their share. */
export const rateLimit: Remedy = option("rate-limit", {
  name: "rate limits",
  helps: ["cost", "errors", "throughput"],
  text: `rate limits: each caller gets ${PER_MINUTE} requests a minute (RATE_LIMIT_PER_MINUTE), and the rest of them the answer 429`,
  effects: (situation) => [rateLimitCost(situation)],
});

/** An instance takes no more at once than it can do. */
export const queue: Remedy = option("queue", {
  name: "queue",
  helps: ["latency", "first-token", "errors", "throughput"],
  text: `queue: an instance serves so many at once (QUEUE_MAX_IN_FLIGHT), lets others wait ${QUEUE_WAIT_MS / 1_000} s at most, and refuses what it cannot do in time`,
  effects: (situation) =>
    timesOf(situation).map((timed) => unknownEffect(timed, "it depends on how many come at once")),
});

/** Inputs of several callers go to the model as one. */
export const batching: Remedy = option("batching", {
  name: "batching",
  helps: ["throughput", "cost", "latency"],
  tasks: ["embeddings"],
  text: `batching: embeddings calls that come within ${BATCH_WINDOW_MS} ms of each other go to the model as one`,
  effects: () => [
    {
      ...unknownEffect(
        p95,
        `nobody has measured how often calls of yours come together; a call that comes alone waits ${BATCH_WINDOW_MS} ms`,
      ),
      explained: [
        {
          what: "wait for other calls",
          value: BATCH_WINDOW_MS,
          unit: "ms",
          formula: "WINDOW_MS of lib/batching.ts",
          inputs: [input("WINDOW_MS", BATCH_WINDOW_MS, "ms", "the template lib/batching.ts")],
        },
      ],
    },
  ],
});

function option(
  part: string,
  {
    name,
    helps,
    text,
    tasks,
    effects,
  }: Pick<Remedy, "name" | "helps"> & {
    text: string;
    tasks?: readonly string[];
    effects: (situation: Situation) => Effect[];
  },
): Remedy {
  return {
    name,
    helps,
    advise(situation) {
      const { parts, plan } = situation;
      if (parts?.options.includes(part) === true) return null;
      if (tasks !== undefined && (plan === null || !tasks.includes(plan.task))) return null;
      return { text, command: `edge-ai add ${part}`, effects: effects(situation) };
    },
  };
}

/** The most that one caller can cost; what they cost together depends on how many they are. */
function rateLimitCost({ measured }: Situation): Effect {
  const mean = measured?.cost?.meanUsd ?? null;
  const on = "cost a month of one caller";
  if (mean === null) return unknownEffect({ topic: "cost", on }, "the price of a request is not known", "USD");
  const most = PER_MINUTE * MINUTES_A_MONTH * mean;
  return {
    on,
    topic: "cost",
    kind: "bound",
    before: null,
    after: most,
    unit: "USD",
    gain: null,
    text: `${on}: at most ${figure(most, "USD")}, where there was no limit`,
    explained: [
      {
        what: on,
        value: most,
        unit: "USD",
        formula: "requests a minute × minutes a month × mean cost per request",
        inputs: [
          input("requests a minute", PER_MINUTE, "", "RATE_LIMIT_PER_MINUTE of the template lib/rate-limit.ts"),
          input("minutes a month", MINUTES_A_MONTH, "", "60 × 24 × 30"),
          input("mean cost per request", mean, "USD", "the health check"),
        ],
      },
    ],
  };
}
