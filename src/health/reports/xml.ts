const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * Text of others as text of XML or HTML, also within an attribute: no character of it starts a tag or ends a quote. What XML 1.0 has
 * no way to write (control characters but tab and line breaks, lone surrogates, U+FFFE and U+FFFF) becomes U+FFFD.
 */
export function escapeXml(text: string): string {
  return text
    .replaceAll(/[^\P{Cc}\t\n\r]|[\uFFFE\uFFFF]|\p{Cs}/gu, "\uFFFD")
    .replaceAll(/[&<>"']/g, (char) => entities[char] ?? char);
}

/** ` name="value"` for every attribute that has a value. */
export function attributes(values: Readonly<Record<string, string | number | null | undefined>>): string {
  return Object.entries(values)
    .map(([name, value]) => (value === null || value === undefined ? "" : ` ${name}="${escapeXml(String(value))}"`))
    .join("");
}
