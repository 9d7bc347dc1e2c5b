// create-edge-ai 0.1.0
/** A setting from the environment that has to be above 0. Anything else is as if it were not set, a typo no "unlimited". */
export function positive(text: string | undefined, otherwise: number): number {
  const value = Number(text);
  return value > 0 && Number.isFinite(value) ? value : otherwise;
}
