import type { Task } from "../config/words.ts";
import type { EngineName } from "../data/engines.ts";
import type { Arch, Variant } from "../data/models-schema.ts";

/** The model that is to be run, and the kind of weights. */
export interface Subject {
  modelId: string;
  /** The id, and what else it was called: its weights may be kept under any of these. A path says where they are. */
  names: readonly string[];
  task: Task;
  engine: EngineName;
  dtype: Variant["dtype"];
  /** Of the planned weights file. */
  weightsBytes: number;
  params: number;
  /** As far as it is known. */
  arch: Arch;
}

/** What is asked of it. */
export interface AskedLoad {
  tokensIn: number;
  /** Chat: of each answer. */
  tokensOut: number;
  /** Requests at once. */
  concurrency: number;
}

/** What a chat template puts around a message: SmolLM2's is some 30 tokens with its own system message (from memory, 2026-11-23). */
const TEMPLATE_TOKENS = 100;

/** Tokens of the longest prompt and its answer. */
export function contextTokensFor({ tokensIn, tokensOut }: AskedLoad): number {
  return tokensIn + tokensOut + TEMPLATE_TOKENS;
}

/** Prompts and answers of lengths that far from what was asked for are told. */
const LENGTH_TOLERANCE = 0.1;

/** Whether a number of tokens is another one than was asked for, by more than matters. */
export function isOff(tokens: number, asked: number): boolean {
  return Math.abs(tokens - asked) > Math.max(1, asked * LENGTH_TOLERANCE);
}
