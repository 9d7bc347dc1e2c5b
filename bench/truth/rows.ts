import { exponential, lognormal } from "./random.ts";

/** What the server does with one request. Times in ms from when the request is in the server's hands. */
export interface Fate {
  kind: "good" | "error" | "dropped" | "truncated" | "hung";
  /** When the answer is complete, or breaks off. */
  ms: number;
  /** When the first content of a stream is written; of any other answer `ms`. */
  firstTokenMs: number;
}

/** A server with a known distribution. */
export interface Row {
  title: string;
  /** Draws the fate of the next request. */
  fate: (random: () => number) => Fate;
  /** The server stands still once, for so long, in the middle of the run. */
  freezeMs: number;
  /** It has a certificate that nobody signed, for another name. */
  badCertificate: boolean;
  isStream: boolean;
}

/** In it the server says how many ms it took. */
export const TOOK_HEADER = "x-took-ms";
/** The role frame of the stream is written then. */
export const ROLE_FRAME_MS = 40;
export const PIECES = 5;
export const PIECE_GAP_MS = 15;
const FIRST_TOKEN_MS = 120;
/** Mean of the exponential jitter of the first content. */
const JITTER_MS = 30;
const STALL_MS = 500;
const COLD_START_MS = 400;
export const FREEZE_MS = 1_000;
/** The freeze comes so long after the first request: the tools' own warm-up is over, and every run is longer. */
export const FREEZE_AFTER_MS = 1_500;

const usual = (random: () => number): number => lognormal(random, 40, 0.5);
const good = (ms: number): Fate => ({ kind: "good", ms, firstTokenMs: ms });

/** Answers like the first row, but for this share of them, which get another fate. */
function bad(title: string, share: number, kind: Fate["kind"]): Row {
  return plain(title, (random) => {
    const isBad = random() < share;
    return { ...good(usual(random)), kind: isBad ? kind : "good" };
  });
}

function plain(title: string, fate: Row["fate"]): Row {
  return { title, fate, freezeMs: 0, badCertificate: false, isStream: false };
}

/**
 * The cold starts are 8 % and not 5 %, so that p95 lies within them and not on the edge between the two humps, where it is
 * either one or the other by chance.
 */
export const rows: Readonly<Record<string, Row>> = {
  lognormal: plain("lognormal, median 40 ms, σ 0.5", (random) => good(usual(random))),
  stalls: plain("+ 1 % stalls of 500 ms", (random) => good(random() < 0.01 ? STALL_MS : usual(random))),
  freeze: { ...plain("+ one freeze of 1 s", (random) => good(usual(random))), freezeMs: FREEZE_MS },
  cold: plain("+ 8 % cold starts of + 400 ms", (random) => good((random() < 0.08 ? COLD_START_MS : 0) + usual(random))),
  "errors-0.5": bad("+ 0.5 % errors (500)", 0.005, "error"),
  "errors-1": bad("+ 1 % errors (500)", 0.01, "error"),
  "errors-1.5": bad("+ 1.5 % errors (500)", 0.015, "error"),
  dropped: bad("+ 5 % dropped (FIN)", 0.05, "dropped"),
  truncated: bad("+ 5 % truncated", 0.05, "truncated"),
  hung: bad("+ 1 % never answered", 0.01, "hung"),
  stream: { ...plain("stream: role frame 40 ms, content 120 ms + exp(30 ms)", streamFate), isStream: true },
  certificate: { ...plain("bad certificate", (random) => good(usual(random))), badCertificate: true },
};

function streamFate(random: () => number): Fate {
  const firstTokenMs = FIRST_TOKEN_MS + exponential(random, JITTER_MS);
  return { kind: "good", firstTokenMs, ms: firstTokenMs + (PIECES - 1) * PIECE_GAP_MS };
}
