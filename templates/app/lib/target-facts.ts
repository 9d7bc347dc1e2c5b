// create-edge-ai 0.1.0
import { targets } from "./targets.ts";

/** All that decides which model answers. Part of cache keys, there only as a hash. */
export const modelIdentity: readonly string[] = targets.map(
  ({ name, baseUrl, model }) => `${name} ${baseUrl} ${model}`,
);

/** Did another target answer than the one that was meant to? False when nobody did. */
export function isStandIn(answered: string | null, askedModel: unknown): boolean {
  const meant = targets.find(({ model }) => model === askedModel) ?? targets[0];
  return answered !== null && meant !== undefined && answered !== meant.name;
}

/** What the tokens cost in USD; null when the target has no price, or did not say how many there were. */
export function costUsd(
  targetName: string | null,
  promptTokens: number | null,
  completionTokens: number | null,
): number | null {
  const price = targets.find(({ name }) => name === targetName)?.price;
  if (price === undefined || (promptTokens === null && completionTokens === null)) return null;
  return ((promptTokens ?? 0) * price.input + (completionTokens ?? 0) * price.output) / 1_000_000;
}
