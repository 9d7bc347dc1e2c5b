import type { GGUFParseOutput } from "@huggingface/gguf";
import type { Arch } from "../data/models-schema.ts";
import { CliError, messageOf } from "../errors.ts";
import type { Parameters } from "./parameters.ts";

/** What the header of a GGUF file says. */
export interface GgufFacts {
  params: Parameters;
  arch: Arch;
  context: number | null;
  /** "Q4_0", "Q8_0", …: most of the weights are of this kind; null when the header does not say, or a word we do not know. */
  dtype: string | null;
  /** Its own name: general.name. */
  name: string | null;
}

/** `general.file_type`: enum llama_ftype of llama.h in github.com/ggml-org/llama.cpp, from memory, 2026-11-23. */
const FILE_TYPES: Readonly<Record<number, string>> = { 0: "F32", 1: "F16", 2: "Q4_0", 7: "Q8_0", 15: "Q4_K_M" };

/**
 * Reads the header of a GGUF file on this machine: the parameters are counted tensor by tensor, which is exact.
 * @throws CliError FILE when it is not a whole GGUF header
 */
export async function readGguf(file: string): Promise<GgufFacts> {
  // 245 kB of code that nobody else needs.
  const { gguf } = await import("@huggingface/gguf");
  try {
    return factsOf(await gguf(file, { allowLocalFile: true, computeParametersCount: true }));
  } catch (error) {
    throw new CliError("FILE", `${file} cannot be read as GGUF: ${messageOf(error)}`, {
      hint: "it may be cut or a git-lfs pointer: get the file again",
      cause: error,
    });
  }
}

type Parsed = Pick<GGUFParseOutput, "metadata" | "tensorInfos"> & { parameterCount: number };

function factsOf({ metadata, tensorInfos, parameterCount }: Parsed): GgufFacts {
  const values: Readonly<Record<string, unknown>> = Object.fromEntries(Object.entries(metadata));
  const family = String(values["general.architecture"]);
  const number = (key: string): number | undefined => wholeNumber(values[`${family}.${key}`]);
  const tensor = (name: string): readonly bigint[] | undefined => tensorInfos.find((each) => each.name === name)?.shape;
  const heads = number("attention.head_count");
  const hidden = number("embedding_length");
  const headDim = number("attention.key_length");
  const experts = number("expert_count");
  const topK = number("expert_used_count");
  const arch = {
    layers: number("block_count"),
    hidden,
    // In tensors the innermost dimension comes first: the table of tokens is hidden × vocabulary.
    vocab: wholeNumber(tensor("token_embd.weight")?.[1]) ?? number("vocab_size"),
    heads,
    kvHeads: number("attention.head_count_kv") ?? heads,
    headDim: headDim === undefined || (heads !== undefined && headDim * heads === hidden) ? undefined : headDim,
    ffn: experts === undefined ? number("feed_forward_length") : undefined,
    experts,
    topK,
    moeFfn: experts === undefined ? undefined : (number("expert_feed_forward_length") ?? number("feed_forward_length")),
    tied: tensor("output.weight") === undefined ? true : undefined,
    qkNorm: tensor("blk.0.attn_q_norm.weight") === undefined ? undefined : true,
    qkvBias: tensor("blk.0.attn_q.bias") === undefined ? undefined : true,
  };
  const fileType = wholeNumber(values["general.file_type"], 0);
  return {
    params: { total: parameterCount, active: parameterCount - idleParams(tensorInfos, experts, topK) },
    arch: Object.fromEntries(Object.entries(arch).filter(([, value]) => value !== undefined)),
    context: number("context_length") ?? null,
    dtype: fileType === undefined ? null : (FILE_TYPES[fileType] ?? null),
    name: plainText(values["general.name"]),
  };
}

/** Of a mixture of experts: the parameters of the experts that a token does not go to. Their tensors end in "_exps". */
function idleParams(tensors: Parsed["tensorInfos"], experts: number | undefined, topK: number | undefined): number {
  if (experts === undefined || topK === undefined) return 0;
  const inExperts = tensors
    .filter(({ name }) => name.endsWith("_exps.weight"))
    .reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * Number(size), 1), 0);
  return Math.round(inExperts * (1 - topK / experts));
}

function wholeNumber(value: unknown, least = 1): number | undefined {
  const number = typeof value === "bigint" ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) && number >= least ? number : undefined;
}

/** A text without what could move a terminal's cursor. */
function plainText(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value.replaceAll(/\p{Cc}/gu, " ") : null;
}
