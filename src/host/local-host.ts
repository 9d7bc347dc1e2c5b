const localNames = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/i;

/** True for a Host header by which only this machine's own programs ask. */
export function localName(host: string): boolean {
  return localNames.test(host);
}

/**
 * Why a request is refused for its Host header, or undefined. A page on another site can point its own name at
 * 127.0.0.1 and let the browser ask us; the Host header still says the name (DNS rebinding).
 */
export function refuseHost(host: string | undefined): string | undefined {
  if (host !== undefined && localName(host)) return undefined;
  return `This server answers only for localhost, 127.0.0.1 and [::1], and was asked for ${JSON.stringify(host ?? "")}.`;
}
