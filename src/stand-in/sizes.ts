import type { Arch } from "../data/models-schema.ts";
import { CliError } from "../errors.ts";

/** What an encoder's graph is made from. No layers: a static model, nothing but a table of vectors. */
export interface EncoderSizes {
  layers: number;
  hidden: number;
  ffn: number;
  heads: number;
  vocab: number;
  positions: number;
}

/** What a llama-like decoder is made from. */
export interface DecoderSizes {
  layers: number;
  hidden: number;
  ffn: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  vocab: number;
  tied: boolean;
  contextTokens: number;
}

/** BERT's and SmolLM2's own: config.json on the Hub, 2026-11-23. */
const BERT_VOCAB = 30_522;
const SMOL_VOCAB = 49_152;
const LEAST_POSITIONS = 512;
const LEAST_CONTEXT_TOKENS = 4_096;
/** Quantised blocks have 32 numbers, so that every row has to be a multiple. */
const BLOCK = 32;
/** Widths that are tried when only the number of parameters is known. */
const WIDTHS = Array.from({ length: 40 }, (_, at) => (at + 1) * 64);

interface Known {
  arch: Arch;
  params?: number | undefined;
  /** Longest input, in tokens, that the model has to take. */
  tokensMax?: number | undefined;
}

/**
 * The sizes of an encoder: those that are known, and for the rest BERT's proportions: heads of 64 numbers (32 up to a width of
 * 384, as in MiniLM), 4 × as wide inside, 30,522 words. When only the parameters are known, one layer for each 64 numbers of
 * width (384 × 6, 768 × 12) is what the nearest width is chosen by; then the inside is widened or narrowed until the count fits.
 * @throws CliError USAGE when neither layer sizes nor parameters are known
 */
export function encoderSizes({ arch, params, tokensMax = 0 }: Known): EncoderSizes {
  const { hidden, layers } = arch.static === true ? staticSizes(arch, params) : widthAndDepth("encoder", arch, params);
  const vocab = arch.vocab ?? (layers === 0 ? Math.floor((params ?? 0) / hidden) : BERT_VOCAB);
  const rest = { hidden, layers, vocab, heads: arch.heads ?? divisorNear(hidden, hidden / (hidden <= 384 ? 32 : 64)) };
  const positions = Math.max(LEAST_POSITIONS, tokensMax);
  const ffn = arch.ffn ?? fittingFfn("encoder", { ...rest, kvHeads: rest.heads, headDim: hidden / rest.heads }, params);
  return { ...rest, ffn, positions };
}

/**
 * The sizes of a decoder: those that are known, and for the rest SmolLM2's proportions: heads of 64 numbers, a third as many for
 * keys and values, 8/3 × as wide inside, 49,152 words, one table for input and output. When only the parameters are known, one layer
 * for each 24 numbers of width is what the nearest width is chosen by (576 × 30 and 1,024 × 28 are on either side).
 * @throws CliError USAGE when neither layer sizes nor parameters are known, or for a mixture of experts
 */
export function decoderSizes({ arch, params, tokensMax = 0 }: Known): DecoderSizes {
  if (arch.experts !== undefined) throw noStandIn("a mixture of experts", "measure a dense model");
  const { hidden, layers } = widthAndDepth("decoder", arch, params);
  const headDim = arch.headDim ?? (arch.heads === undefined ? 64 : hidden / arch.heads);
  const heads = arch.heads ?? Math.max(1, Math.round(hidden / headDim));
  const kvHeads = arch.kvHeads ?? divisorNear(heads, heads / 3);
  const vocab = arch.vocab ?? SMOL_VOCAB;
  const rest = { hidden, layers, heads, kvHeads, headDim, vocab };
  const ffn = arch.ffn ?? fittingFfn("decoder", rest, params);
  // An unknown head counts as tied: every model under 1B that we know shares it.
  return { ...rest, ffn, tied: arch.tied ?? true, contextTokens: Math.max(LEAST_CONTEXT_TOKENS, tokensMax) };
}

type Kind = "encoder" | "decoder";
type WithoutFfn = Omit<DecoderSizes, "ffn" | "tied" | "contextTokens">;

/** How wide the inside is next to the outside, how many matrices lead there and back, and the width for which there is a layer. */
const proportions: Record<Kind, { ffn: number; matrices: number; widthPerLayer: number; vocab: number }> = {
  encoder: { ffn: 4, matrices: 2, widthPerLayer: 64, vocab: BERT_VOCAB },
  decoder: { ffn: 8 / 3, matrices: 3, widthPerLayer: 24, vocab: SMOL_VOCAB },
};

function staticSizes({ hidden, vocab }: Arch, params: number | undefined): { hidden: number; layers: number } {
  const width = hidden ?? (vocab === undefined || params === undefined ? undefined : Math.round(params / vocab));
  if (width === undefined) throw noStandIn("a static model of unknown width", "give its layer sizes");
  return { hidden: width, layers: 0 };
}

function widthAndDepth(kind: Kind, arch: Arch, params: number | undefined): { hidden: number; layers: number } {
  const { hidden, layers } = arch;
  if (hidden !== undefined && layers !== undefined) return { hidden, layers };
  if (params === undefined) throw noStandIn("a model whose size is not known", "give --params, like 135M");
  const widths = hidden === undefined ? WIDTHS : [hidden];
  const candidates = widths.map((width) => ({ hidden: width, layers: layers ?? depthFor(kind, width, arch, params) }));
  const offBy = (each: { hidden: number; layers: number }): number =>
    Math.abs(Math.log(each.layers / (each.hidden / proportions[kind].widthPerLayer)));
  return candidates.reduce((best, each) => (offBy(each) < offBy(best) ? each : best));
}

/** Layers that make up the parameters beside the token table; at least 1. */
function depthFor(kind: Kind, hidden: number, arch: Arch, params: number): number {
  const { ffn, matrices, vocab } = proportions[kind];
  const table = (arch.vocab ?? vocab) * hidden;
  const attention = kind === "encoder" ? 4 : 2 + 2 / 3;
  return Math.max(1, Math.round((params - table) / (hidden * hidden * (attention + ffn * matrices))));
}

/** The inside that makes the count of parameters fit; the usual proportion when that is not known or cannot fit. */
function fittingFfn(kind: Kind, sizes: WithoutFfn, params: number | undefined): number {
  const { ffn, matrices } = proportions[kind];
  const { hidden, layers, heads, kvHeads, headDim, vocab } = sizes;
  if (layers === 0) return 0;
  const usual = ffn * hidden;
  const attention = 2 * hidden * headDim * (heads + kvHeads);
  const rest = ((params ?? 0) - vocab * hidden) / layers - attention;
  const wanted = params === undefined ? usual : rest / (matrices * hidden);
  // Outside of this it would be another kind of model: then the count is off instead.
  const sane = Math.min(Math.max(wanted, usual / 2), usual * 2);
  return Math.max(BLOCK, Math.round(sane / BLOCK) * BLOCK);
}

/** The divisor of `count` that is nearest to `wanted`. */
function divisorNear(count: number, wanted: number): number {
  const divisors = Array.from({ length: count }, (_, at) => at + 1).filter((each) => count % each === 0);
  return divisors.reduce((best, each) => (Math.abs(each - wanted) < Math.abs(best - wanted) ? each : best));
}

function noStandIn(what: string, hint: string): CliError {
  return new CliError("USAGE", `there is no stand-in for ${what}`, { hint });
}
