import type { Task } from "../../config/words.ts";
import { from, type Fact } from "../fact.ts";

/** What a cost is counted with where nobody has measured. */

const chosen = from("chosen by edge-ai, not measured", "2026-11-23");
const counted = from("counted by edge-ai in what its templates send", "2026-11-23");
const sizing = from("common sizing of endpoints, fp16: weights × 1.2 + KV cache", "2026-11-23");

export const costAssumptions = {
  /** 30 days. */
  hoursPerMonth: chosen(720),
  /** Until an endpoint sends the first token, network included. */
  endpointFirstTokenMs: chosen(500),
  /** How fast an endpoint generates for one caller. */
  endpointTokensPerSecond: chosen(50),
  /** An endpoint that generates nothing: embeddings, labels of an encoder. */
  endpointEncoderMs: chosen(150),
  /** Until a provider has made a picture; the function hands out the job and is free again. */
  endpointImageMs: chosen(300),
  requestBytes: chosen(1_000),
  bytesPerTokenIn: chosen(4),
  /** The busiest time against the mean: endpoints by the hour are sized for it. */
  peakToMean: chosen(3),
  bytesPerParam: sizing(2),
  memoryHeadroom: sizing(1.2),
  /** Requests that a GPU generates for at once at full speed each. */
  gpuBatch: chosen(16),
  /** Of a GPU's arithmetic, what reading prompts reaches. */
  gpuArithmeticShare: chosen(0.3),
} as const satisfies Record<string, Fact>;

/** Bytes of an answer: `base + perTokenOut × tokens out`. */
export const answerBytes = {
  embeddings: { base: chosen(8_000), perTokenOut: chosen(0) },
  classify: { base: chosen(1_000), perTokenOut: chosen(0) },
  // An event of lib/completion.ts for one token is about 210 bytes.
  chat: { base: chosen(1_000), perTokenOut: counted(210) },
  // A link to the picture, not the picture.
  image: { base: chosen(1_200), perTokenOut: chosen(0) },
} as const satisfies Record<Task, { base: Fact; perTokenOut: Fact }>;

/** For return on investment. */
export const roiAssumptions = {
  hoursPerWeek: chosen(40),
  /** 52 weeks / 12 months. */
  weeksPerMonth: chosen(52 / 12),
  hoursPerMonth: chosen(160),
  developerWageUsd: chosen(75),
  /** Above this, what an hour of saved time is said to be worth is hardly meant. */
  highestHourlyUsd: chosen(500),
  /** Below this, too. */
  lowestHourlyUsd: chosen(5),
  /** People whose whole time is saved: more need a second look. */
  mostPeople: chosen(100),
} as const satisfies Record<string, Fact>;
