// create-edge-ai 0.1.0
import { modelId } from "./app.ts";

/** All that decides which model answers. Part of cache keys, there only as a hash. */
export const modelIdentity: readonly string[] = [modelId];

/** Did another target answer than the one that was meant to? There is one: the model in the function. */
export const isStandIn: (answered: string | null, askedModel: unknown) => boolean = () => false;

/** Tokens of the model in the function have no price: its time is on the platform's bill. */
export const costUsd: (
  targetName: string | null,
  promptTokens: number | null,
  completionTokens: number | null,
) => number | null = () => null;
