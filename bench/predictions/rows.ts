// The shapes that nothing was fitted to: what the planner says of them, and what they did.
import type { EngineFacts, EngineName } from "../../src/data/engines.ts";
import { predictLocal, type LocalPrediction } from "../../src/plan/local.ts";
import type { Built } from "./bundles.ts";
import type { MeasuredShape } from "./run.ts";
import { resolved } from "./samples.ts";
import { TOKENS_OUT } from "./shapes.ts";

export interface Row {
  shape: string;
  quantity: string;
  unit: string;
  /** null: judged with a safety factor, so that only its range says what will be measured. */
  predicted: number | null;
  measured: number;
  range: readonly [low: number, high: number];
}

const MACHINE = { memoryMb: 2_048, vcpus: 1 };
type Engines = Record<EngineName, EngineFacts>;

export function rowsOf(shapes: readonly MeasuredShape[], builds: readonly Built[], engines: Engines): Row[] {
  return [
    ...shapes.flatMap((shape) =>
      shape.kind === "encoder" ? encoderRows(shape, engines) : decoderRows(shape, engines),
    ),
    ...builds.filter(({ isForFit }) => !isForFit).map((built) => bundleRow(built, engines)),
  ];
}

function encoderRows(measured: MeasuredShape, engines: Engines): Row[] {
  const row = rowMaker(measured);
  return [
    ...measured.reads.flatMap(({ tokens, ms, p95Ms }) => {
      const local = predictionOf(measured, tokens, 0, engines);
      return [
        row(`${tokens} tokens`, "ms", local.cpuMs, ms, local.ranges.cpuMs),
        row(`p95 of ${tokens} tokens`, "ms", null, p95Ms, local.ranges.p95Ms),
      ];
    }),
    ...sizeRows(measured, engines),
  ];
}

function decoderRows(measured: MeasuredShape, engines: Engines): Row[] {
  const row = rowMaker(measured);
  const { reads, perTokenMs } = measured;
  const first = predictionOf(measured, reads[0]?.tokens ?? 0, TOKENS_OUT, engines);
  return [
    ...reads.map(({ tokens, ms }) => {
      const local = predictionOf(measured, tokens, TOKENS_OUT, engines);
      return row(`first token after ${tokens}`, "ms", local.alone?.promptMs, ms, local.ranges.firstTokenMs);
    }),
    row(
      "tokens a second",
      "/s",
      1_000 / (first.alone?.perTokenMs ?? Number.NaN),
      1_000 / (perTokenMs ?? Number.NaN),
      first.ranges.tokensPerSecond,
    ),
    ...sizeRows(measured, engines),
  ];
}

function sizeRows(measured: MeasuredShape, engines: Engines): Row[] {
  const row = rowMaker(measured);
  const local = predictionOf(measured, measured.reads[0]?.tokens ?? 0, 0, engines);
  return [
    row("memory", "MB", local.memoryBytes / 1e6, measured.peakBytes / 1e6, scaled(local.ranges.memoryBytes)),
    row("cold start", "ms", local.coldStartMs, measured.coldStartMs, local.ranges.coldStartMs),
  ];
}

function bundleRow({ name, engine, weightsBytes, tokenizerBytes, bundleBytes }: Built, engines: Engines): Row {
  const { dtype, kind } =
    engine === "onnx"
      ? { dtype: "q8" as const, kind: "encoder" as const }
      : { dtype: "Q4_0" as const, kind: "decoder" as const };
  const arch = { layers: 1, hidden: 64, heads: 1, ffn: 64, vocab: 64, tied: true };
  const wallMs = { coldStart: 0, perToken: null };
  const nothing = { coldStartMs: 0, peakBytes: 0, perTokenMs: null, reads: [], wallMs };
  const measured: MeasuredShape = { name, kind, dtype, arch, weightsBytes, tokenizerBytes, ...nothing };
  const local = predictionOf(measured, 1, 0, engines);
  const row = rowMaker(measured)(
    "bundle",
    "MB",
    local.bundleBytes / 1e6,
    bundleBytes / 1e6,
    scaled(local.ranges.bundleBytes),
  );
  return { ...row, shape: name };
}

function predictionOf(measured: MeasuredShape, tokensIn: number, tokensOut: number, engines: Engines): LocalPrediction {
  const workload = { tokensIn, tokensOut, concurrency: 1 };
  const bare = { onnx: withoutService(engines.onnx), gguf: withoutService(engines.gguf) };
  const [local] = predictLocal(resolved(measured), workload, MACHINE, bare);
  if (local === undefined) throw new Error(`nothing runs ${measured.name}`);
  return local;
}

/** Engines are measured without a function around them. */
function withoutService(engine: EngineFacts): EngineFacts {
  const { call, start } = engine.service;
  return { ...engine, service: { call: { ...call, value: 0 }, start: { ...start, value: 0 } } };
}

function rowMaker({ name, dtype }: MeasuredShape) {
  return (
    quantity: string,
    unit: string,
    predicted: number | null | undefined,
    measured: number,
    range: readonly [number, number] | undefined,
  ): Row => {
    if (range === undefined || predicted === undefined) throw new Error(`${name} ${dtype} has no range of ${quantity}`);
    return { shape: `${name} ${dtype}`, quantity, unit, predicted, measured, range };
  };
}

function scaled(range: readonly [number, number] | undefined): readonly [number, number] | undefined {
  return range === undefined ? undefined : [range[0] / 1e6, range[1] / 1e6];
}

/** predicted ÷ measured − 1; null where nothing but a range was predicted. */
export function errorOf({ predicted, measured }: Row): number | null {
  return predicted === null ? null : predicted / measured - 1;
}

export function isInside({ measured, range: [low, high] }: Row): boolean {
  return low <= measured && measured <= high;
}
