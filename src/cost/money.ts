/** Amounts as they are printed; JSON has the same digits, so that text, JSON and --explain agree. */

/** Of a month, in USD: whole cents; below one cent, two digits that count. */
export function roundUsd(usd: number): number {
  const size = Math.abs(usd);
  if (size < 1e-12) return 0;
  return size >= 0.01 ? Math.round(usd * 100) / 100 : Number(usd.toPrecision(2));
}

/** Of one request, in USD: three digits that count. */
export function roundEach(usd: number): number {
  return Number(usd.toPrecision(3));
}

/** A rounded amount: "$1,234.50", "-$0.20", "$0.0000231"; never an exponent. */
export function formatUsd(rounded: number): string {
  const size = Math.abs(rounded);
  const sign = rounded < 0 ? "-" : "";
  if (size === 0) return "$0";
  if (size >= 0.01 && Math.abs(size * 100 - Math.round(size * 100)) < 1e-6)
    return `${sign}$${grouped(size.toFixed(2))}`;
  const digits = Math.min(20, Math.max(2, 2 - Math.floor(Math.log10(size))));
  return `${sign}$${grouped(size.toFixed(digits).replace(/0+$/, ""))}`;
}

/** 1234567 → "1,234,567". */
export function formatCount(count: number): string {
  return grouped(String(count));
}

function grouped(text: string): string {
  const [whole = "", rest] = text.split(".");
  const commas = whole.replaceAll(/\B(?=(\d{3})+$)/g, ",");
  return rest === undefined ? commas : `${commas}.${rest}`;
}
