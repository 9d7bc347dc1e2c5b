/** A number somebody can check: where it comes from and when we looked. */
export interface Fact {
  value: number;
  source: string;
  /** yyyy-mm-dd */
  checkedAt: string;
}

/** A maker of facts that share their source and date. */
export function from(source: string, checkedAt: string): (value: number) => Fact {
  return (value) => ({ value, source, checkedAt });
}
