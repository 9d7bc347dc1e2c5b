/** The command that measures the URL again with other flags. */
export function healthcheck(url: string, flags: string): string {
  return `edge-ai healthcheck ${quoted(url)} ${flags}`;
}

/** One word for a shell. An origin needs no quotes but for the brackets of an IPv6 address. */
export function quoted(text: string): string {
  return /^[\w.:/-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
