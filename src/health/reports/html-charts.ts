import { binsOf } from "./bins.ts";
import { ecdf, histogram, type Curve } from "./chart-distribution.ts";
import { errorChart, rateChart } from "./chart-rate.ts";
import { timeChart } from "./chart-time.ts";
import { card, definitions, figureCard, legendKey } from "./html-parts.ts";
import { errorsTable } from "./html-tables.ts";
import type { ReportInput } from "./input.ts";
import { ascendingMs, marksOf, type Mark } from "./series.ts";
import { streamRows } from "./text-rows.ts";

const requestKey = legendKey("", "a request");

/** Only what the chart holds. */
function timeLegend({ measurement }: ReportInput["document"], marks: readonly Mark[]): string[] {
  return [
    requestKey,
    ...(measurement.errors === 0 ? [] : [legendKey("bad-key", "an error")]),
    ...(marks.length === 0 ? [] : [legendKey("limit-key", "limit")]),
  ];
}

const bandKey = legendKey("limit-key", "limit; shaded: 95 % interval of the measured figure");

/** Latency over time, rates and distributions. */
export function latencyCharts(result: ReportInput): string {
  const { samples, limits, document } = result;
  const marks = marksOf(limits, document.checks, "latencyMs");
  const sorted = ascendingMs(samples, "latencyMs");
  return grid([
    figureCard({
      heading: "Latency over time",
      caption: "ms on a log axis, by the second in which a request was due",
      legend: timeLegend(document, marks),
      svg: timeChart(samples, { id: "time", title: "Latency over time", of: "latencyMs", marks }),
    }),
    figureCard({
      heading: "Requests a second",
      caption: "over the seconds of the run",
      legend: [legendKey("", "good answers"), legendKey("dashed", "offered")],
      svg: rateChart(binsOf(samples)),
    }),
    figureCard({
      heading: "Histogram of latency",
      caption: "good answers, by ms on a log axis",
      legend: marks.length === 0 ? [] : [bandKey],
      svg: histogram("histogram", "Histogram of latency", sorted, marks),
    }),
    distribution(result, sorted, marks),
  ]);
}

function distribution({ baseline }: ReportInput, sorted: Float64Array, marks: readonly Mark[]): string {
  const now: Curve = { name: "this run", class: "now", ascending: sorted };
  const before: Curve[] =
    baseline === undefined ? [] : [{ name: "baseline", class: "before", ascending: baseline.latencyMs }];
  return figureCard({
    heading: "Answered within",
    caption: "% of all requests, by ms on a log axis; an error is never answered",
    legend: [
      legendKey("", "this run"),
      ...before.map(({ name }) => legendKey("dashed", name)),
      ...(marks.length === 0 ? [] : [legendKey("limit-key", "limit; bar: 95 % interval")]),
    ],
    svg: ecdf("ecdf", "Share of requests answered within a time", [...before, now], marks),
  });
}

/** When errors came, and what they were. */
export function errorsPanel({ samples, document: { measurement } }: ReportInput): string {
  if (measurement.errors === 0 || samples.started === 0) return "";
  return grid([
    figureCard({
      heading: "Errors over time",
      caption: "requests, by the second in which they were due",
      svg: errorChart(binsOf(samples)),
    }),
    card("Errors by cause", errorsTable(measurement)),
  ]);
}

/** From the headers to the first content and between its pieces. Nothing when no answer streamed. */
export function streamPanel({ samples, limits, document }: ReportInput): string {
  if (samples.streams.length === 0) return "";
  const marks = marksOf(limits, document.checks, "firstTokenMs");
  const curves = streamCurves(samples.streams);
  const gaps = Float64Array.from(
    samples.streams.flatMap(({ contentMs }) => contentMs.slice(1).map((ms, i) => ms - (contentMs[i] ?? 0))),
  ).toSorted();
  return grid([
    figureCard({
      heading: "First token over time",
      caption: "ms to the first content, on a log axis; headers or an empty frame are none",
      legend: timeLegend(document, marks),
      svg: timeChart(samples, { id: "token-time", title: "First token over time", of: "firstTokenMs", marks }),
    }),
    figureCard({
      heading: "Parts of a stream",
      caption: "% of the streams that had come this far, by ms on a log axis",
      legend: curves.map(({ name, class: colour }) => legendKey(colour, name)),
      svg: ecdf("stream", "Parts of a stream", curves, marks),
    }),
    figureCard({
      heading: "Between tokens",
      caption: "pieces of content, by the ms since the one before, on a log axis",
      svg: histogram("gaps", "Time between pieces of content", gaps, []),
    }),
    card(
      "Stream",
      definitions("rows", document.measurement.stream === null ? [] : streamRows(document.measurement.stream)),
    ),
  ]);
}

function streamCurves(streams: ReportInput["samples"]["streams"]): Curve[] {
  return [
    { name: "headers", class: "curve-0", ascending: ascending(streams.map(({ headersMs }) => headersMs)) },
    { name: "first byte", class: "curve-1", ascending: ascending(streams.map(({ firstByteMs }) => firstByteMs)) },
    {
      name: "first token",
      class: "curve-2",
      ascending: ascending(streams.map(({ contentMs }) => contentMs[0] ?? Infinity)),
    },
    {
      name: "last token",
      class: "curve-3",
      ascending: ascending(streams.map(({ contentMs }) => contentMs.at(-1) ?? Infinity)),
    },
  ];
}

function ascending(times: readonly number[]): Float64Array {
  return Float64Array.from(times).toSorted();
}

function grid(cards: readonly string[]): string {
  return `<div class="grid-2">${cards.join("")}</div>`;
}
