import { expect, it } from "vitest";
import { createSamples, record, type Answer } from "../../src/health/samples.ts";
import { requestsFor } from "../../src/measure-model/bounds.ts";
import { figuresOf } from "../../src/measure-model/figures.ts";

const answer: Answer = {
  cause: null,
  detail: "",
  requestId: null,
  latencyMs: 10,
  firstTokenMs: 10,
  bytes: 1,
  isCached: false,
  usage: null,
  stream: null,
};

/** Samples with these answers. */
function samplesOf(answers: readonly Partial<Answer>[]) {
  const samples = createSamples(["probe"], new Uint16Array(answers.length));
  for (const [i, each] of answers.entries()) {
    samples.started += 1;
    record(samples, i, { ...answer, ...each });
  }
  return samples;
}

it("sums up answers in one piece: p95 of those that came", () => {
  const answers = Array.from({ length: 100 }, (_, at) => ({ latencyMs: at + 1 }));
  const slowFailure: Partial<Answer> = { latencyMs: 9_999, cause: "server-error", detail: "500" };
  expect(figuresOf(samplesOf([...answers, slowFailure]))).toEqual({
    requests: 100,
    empty: 0,
    failed: 1,
    failure: "server-error: request 101, after 9999 ms: 500",
    p95Ms: 95,
    firstTokenMs: null,
    tokensPerSecond: null,
    tokensOut: null,
  });
});

it("sums up streams: first token, and what was written a second after it", () => {
  // Four more tokens in 40 ms are 100 a second.
  const stream = { headersMs: 1, firstByteMs: 2, contentMs: [20, 30, 40, 50, 60], outputTokens: 5 };
  const streams = Array.from({ length: 10 }, () => ({ latencyMs: 61, firstTokenMs: 20, stream }));
  expect(figuresOf(samplesOf(streams))).toMatchObject({
    p95Ms: 61,
    firstTokenMs: 20,
    tokensPerSecond: 100,
    tokensOut: 5,
  });
});

it("times answers without content, of which nobody can say when they began", () => {
  const stream = { headersMs: 1, firstByteMs: 2, contentMs: [], outputTokens: 8 };
  const thinking = { latencyMs: 80, firstTokenMs: 80, cause: "empty-completion", stream } as const;
  expect(figuresOf(samplesOf([thinking, thinking]))).toEqual({
    requests: 2,
    empty: 2,
    failed: 0,
    failure: null,
    p95Ms: 80,
    firstTokenMs: null,
    tokensPerSecond: null,
    tokensOut: 8,
  });
});

it.for([
  [1, 1, 5_000],
  [0.01, 1, 6_000],
  [50, 1, 100],
  [500, 1, 60],
  [500, 100, 400],
] as const)("with an answer every %d ms at concurrency %d, asks for %d", ([everyMs, concurrency, requests]) => {
  expect(requestsFor(everyMs, concurrency, { requests: 60, leastMs: 5_000 })).toBe(requests);
});
