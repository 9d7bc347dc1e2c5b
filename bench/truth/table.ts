import { median } from "../measure.ts";
import type { Cell, PeerRun } from "./cell.ts";
import type { Judged } from "./judge.ts";
import { figures, type Figure } from "./ours.ts";
import { quantileOf, ranks, type Truth } from "./theory.ts";
import type { Way } from "./way.ts";

/** What any tool needs for the way to the server and back; a figure that is off by less is right. */
const PATH_MS = 3;

const columns = [
  "server",
  "req/s",
  "truth p50 / p95 / p99 ms, errors",
  "edge-ai (median)",
  "intervals that hold the truth",
  "their width / theory",
  "errors as made",
  "unfit, repeated",
  "autocannon -R: p50 / p97.5 / p99, errors",
  "autocannon -c10: p50 / p97.5 / p99, errors",
  "wrk -c10: p50 / p95 / p99, errors",
];

/** @param ways by rate */
export function printHead(runs: number, ways: ReadonlyMap<number, Way>): void {
  const medians = [...ways].map(([rate, { ms, queuedMs }]) => {
    return `${median(ms).toFixed(2)} ms at ${rate}/s (${queuedMs.toFixed(3)} ms for each in a queue)`;
  });
  console.log(`The way to the server and back, as a bare socket sees it, is part of the truth: ${medians.join(", ")}.`);
  console.log(`edge-ai: ${runs} runs each. ✗: not what users see, or errors that were made and not told.`);
  console.log("Errors of peers: told / made by the server. Figures in brackets: first token p95.\n");
  console.log(`| ${columns.join(" | ")} |\n|${"---|".repeat(columns.length)}`);
}

export function printRow({ options, row, truth, runs: { documents, exactErrors, unfit }, judged, peers }: Cell): void {
  const runs = documents.length;
  const refusals = new Set(documents.flatMap(({ cause }) => (cause === undefined ? [] : [cause])));
  const cells = [
    row.title,
    String(options.rate),
    row.badCertificate ? "refused" : figuresText(judged, ({ truth: value }) => value),
    [row.badCertificate ? "" : figuresText(judged, ({ estimate }) => estimate), ...refusals].filter(Boolean).join(", "),
    judged.length === 0 ? "–" : `${judged.map(({ figure, held }) => `${short(figure)} ${held}`).join(", ")} of ${runs}`,
    judged.map(({ figure, widthRatio }) => `${short(figure)} ${widthRatio?.toFixed(2) ?? "∞"}`).join(", ") || "–",
    row.badCertificate ? "–" : `${exactErrors} of ${runs}`,
    String(unfit),
    peerText(peers.rateMode, truth),
    peerText(peers.closed, truth),
    peerText(peers.wrk, truth),
  ];
  console.log(`| ${cells.join(" | ")} |`);
}

function short(figure: Figure): string {
  return figure === "error rate" ? "errors" : figure === "first token p95" ? "first token" : figure;
}

function figuresText(judged: readonly Judged[], value: (judged: Judged) => number | null): string {
  const texts = figures.map((figure) => {
    const found = judged.find((each) => each.figure === figure);
    const known = found === undefined ? null : value(found);
    if (figure === "error rate") return `, ${known === null ? "–" : percent(known)}`;
    if (figure === "first token p95") return found === undefined ? "" : ` (${known?.toFixed(0) ?? "–"})`;
    return `${figure === "p50" ? "" : " / "}${known?.toFixed(0) ?? "–"}`;
  });
  return texts.join("");
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

function peerText(run: PeerRun | null, truth: Truth): string {
  if (run === null) return "";
  const { report, madeBad } = run;
  const quantiles: [number, number][] = [
    [report.p50, 0.5],
    report.p95 === null ? [report.p975 ?? Number.NaN, 0.975] : [report.p95, 0.95],
    [report.p99, 0.99],
  ];
  const shown = quantiles.map(([ms, q]) => `${ms.toFixed(0)}${isRight(ms, q, report.requests, truth) ? "" : " ✗"}`);
  // A few may be under way when it ends.
  const told = Math.abs(report.errors - madeBad) <= 3 + madeBad / 10 ? "" : " ✗";
  return `${shown.join(" / ")}, ${report.errors} / ${madeBad}${told}`;
}

/**
 * Is it what as many independent users would print 999 times in 1,000, give or take the way there? Of the answered ones
 * only, as these tools do it: what was not answered is for their errors to tell.
 */
function isRight(ms: number, q: number, n: number, truth: Truth): boolean {
  if (n === 0) return false;
  const latencyMs = answered(truth);
  const [lo, hi] = ranks(n, q, 0.999);
  const least = quantileOf(latencyMs, lo / (n + 1));
  const most = hi > n ? Infinity : quantileOf(latencyMs, hi / (n + 1));
  return ms >= least - PATH_MS && ms <= most + PATH_MS;
}

function answered({ latencyMs }: Truth): Float64Array {
  const firstBad = latencyMs.indexOf(Infinity);
  return firstBad < 0 ? latencyMs : latencyMs.subarray(0, firstBad);
}
