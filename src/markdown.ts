/** Markdown for GitHub out of text that others wrote: none of it may become markup, a link or a mention. */

/** So that one long name does not take the place of everything else. */
const MAX_CELL = 300;
const CUT = "\n\n… the rest is left out; the log has it.";

/** A table, after an empty line; nothing without rows. The cells are Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : ["", ...[head, head.map(() => "---"), ...rows].map(row)];
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** A list of sentences that stay text, after an empty line; nothing without sentences. */
export function list(sentences: readonly string[]): string[] {
  return sentences.length === 0 ? [] : ["", ...sentences.map((sentence) => `- ${asCode(sentence)}`)];
}

/** Text that stays text: no Markdown, HTML, link or @name of it means anything, and it fits a cell of a table. */
export function asCode(text: string): string {
  const escaped = cut(text, MAX_CELL)
    .replaceAll(/\s+/g, " ")
    .replaceAll(/[^\p{L}\p{N} -]/gu, (char) => `&#${char.codePointAt(0)};`);
  return `<code>${escaped}</code>`;
}

/** A URL as a link; what is not plainly one stays text. */
export function link(url: string | null): string {
  if (url === null) return "none";
  return /^https?:\/\/[\w.-]+(:\d+)?(\/[\w./-]*)?$/.test(url) ? `<${url}>` : asCode(url);
}

/** A block that its text cannot end: the fence is longer than every run of backticks in it. Colours of a terminal go. */
export function fenced(text: string): string {
  const plain = text.replaceAll(/[^\P{Cc}\n\t]/gu, "");
  const longest = Math.max(2, ...[...plain.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${plain}\n${fence}`;
}

/** At most `max` characters of the text, and a sign where more was. */
export function cut(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max)} …`;
}

/**
 * The blocks as one text of at most `maxCharacters`, as many of them as there is room for. Each is whole: a cut never falls
 * into a fence or a row.
 */
export function fit(blocks: readonly string[], maxCharacters: number): string {
  const room = maxCharacters - CUT.length;
  let text = "";
  for (const block of blocks) {
    if (text.length + block.length + 1 > room) return text.trimEnd() + CUT;
    text += `${block}\n`;
  }
  return text.trimEnd();
}
