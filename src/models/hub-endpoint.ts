import { CliError } from "../errors.ts";

/** A Hub to ask, and who asks. */
export interface Hub {
  /** Without a slash at its end. */
  url: string;
  /** Never printed, never written, and sent to this Hub's own origin only. */
  token: string | null;
}

type Env = Readonly<Record<string, string | undefined>>;

/** huggingface.co/docs/huggingface_hub/package_reference/environment_variables, from memory, 2026-11-23. */
const DEFAULT_ENDPOINT = "https://huggingface.co";
const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * The Hub that HF_ENDPOINT names, and the token in HF_TOKEN.
 * @throws CliError USAGE when the address is none, or the token would go through the net in the clear
 */
export function hubOf(env: Env): Hub {
  const endpoint = env["HF_ENDPOINT"]?.trim() || DEFAULT_ENDPOINT;
  const url = URL.canParse(endpoint) ? new URL(endpoint) : null;
  // Its value stays out of the message: it may hold a password.
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    throw new CliError("USAGE", "HF_ENDPOINT is not the address of a Hub", {
      hint: `give something like ${DEFAULT_ENDPOINT}, without a user or a password`,
    });
  }
  const token = env["HF_TOKEN"]?.trim() || null;
  if (token !== null && url.protocol === "http:" && !LOOPBACK.test(url.hostname)) {
    throw new CliError("USAGE", `HF_TOKEN would go to ${url.host} unencrypted`, {
      hint: "give HF_ENDPOINT as https://, or unset HF_TOKEN",
    });
  }
  return { url: `${url.origin}${url.pathname}`.replace(/\/+$/, ""), token };
}

/** True for "owner/name" as the Hub has them: nothing that could lead elsewhere in a path or an address. */
export function isRepository(name: string): boolean {
  return /^[\w][\w.-]*\/[\w][\w.-]*$/.test(name) && !name.includes("..") && name.length <= 200;
}
