import type { CostFigures, Measurement, StreamFigures } from "../document.ts";
import { figure } from "../figures.ts";
import { oneLine } from "./columns.ts";
import { counted } from "./words.ts";

/** What was measured, as names and sentences: for the log and for the HTML report. */
export function measuredRows(measurement: Measurement): [name: string, text: string][] {
  const { requests, errors, errorRate, latencyMs, coldStartMs, stream, cost, cacheHits } = measurement;
  return [
    ["latency", times(latencyMs)],
    ...(stream === null ? [] : streamRows(stream)),
    ["cold start", figure(coldStartMs, "ms")],
    ["throughput", throughputText(measurement)],
    ["errors", `${errors} of ${requests} (${figure(errorRate, "fraction")})`],
    ...(measurement.goodput === null
      ? []
      : [row("goodput", `${figure(measurement.goodput, "fraction")} kept every limit on a request`)]),
    ...(cost === null ? [] : costRows(cost)),
    ...(cacheHits === 0 ? [] : [row("cache", `${cacheHits} of ${requests} answers came from a cache`)]),
    ["this machine", machineText(measurement)],
  ];
}

function row(name: string, text: string): [name: string, text: string] {
  return [name, text];
}

function times(record: Readonly<Record<string, number | null>>): string {
  return Object.entries(record)
    .map(([name, ms]) => `${name} ${figure(ms, "ms")}`)
    .join("  ");
}

function throughputText({ throughputPerSecond, offeredPerSecond }: Measurement): string {
  const good = `${figure(throughputPerSecond, "1/s")} good answers`;
  return offeredPerSecond === null ? good : `${good}, ${figure(offeredPerSecond, "1/s")} offered`;
}

/** The parts of a stream. */
export function streamRows(stream: StreamFigures): [name: string, text: string][] {
  const { answers, headersMs, firstByteMs, firstTokenMs, interTokenMs, longestStallMs, tokensPerSecond, faked } =
    stream;
  const rates = `p50 ${figure(tokensPerSecond.p50, "1/s")}  p95 ${figure(tokensPerSecond.p95, "1/s")}`;
  return [
    ["headers", times(headersMs)],
    ["first byte", times(firstByteMs)],
    ["first token", times(firstTokenMs)],
    ["between tokens", `${times(interTokenMs)}  longest stall ${figure(longestStallMs, "ms")}`],
    ["tokens", rates],
    ...(faked === 0 ? [] : [row("faked", `${faked} of ${answers} streams came all at once at their end`)]),
  ];
}

function costRows({
  requests,
  totalUsd,
  meanUsd,
  highestMeanUsd,
  monthlyUsd,
  prices,
}: CostFigures): [string, string][] {
  const bound = highestMeanUsd === null ? "" : `, below ${figure(highestMeanUsd, "USD")} with 95 % confidence`;
  return [
    ["cost", `${figure(meanUsd, "USD")} a request${bound}`],
    ["cost in all", `${figure(totalUsd, "USD")} for ${counted(requests, "answer")}`],
    ...(monthlyUsd === null ? [] : [row("monthly cost", `at most ${figure(monthlyUsd, "USD")}`)]),
    ...prices.map((price) => row("price", oneLine(price))),
  ];
}

function machineText({ sendLagMs, eventLoopDelayMs }: Measurement): string {
  return `send lag p99 ${figure(sendLagMs.p99, "ms")}, event loop delay p99 ${figure(eventLoopDelayMs.p99, "ms")}`;
}
