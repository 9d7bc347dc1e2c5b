import type { Probe } from "../../config/schema.ts";

/** Headers that belong to the connection: undici sets or refuses them. */
const NOT_OURS = new Set(["connection", "content-length", "expect", "keep-alive", "transfer-encoding", "upgrade"]);

/** Why a header cannot be sent, or null. The text does not repeat the value: it may be a secret. */
export function headerProblem(name: string, value: string): string | null {
  // RFC 9110 §5.1 (tokens) and §5.5 (no control characters).
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) return `${JSON.stringify(name)} is not the name of a header`;
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return `the value of ${name} has characters that no header can hold`;
  return NOT_OURS.has(name.toLowerCase()) ? `${name} belongs to the connection` : null;
}

/** What is wrong with probes that the schema cannot see. */
export function probeProblems(probes: readonly Probe[]): string[] {
  return probes.flatMap(({ name, method, headers, body }, index) => {
    const readsOnly = method === "GET" || method === "HEAD";
    return [
      ...(readsOnly && body !== undefined ? [`${method} has no body: set method to POST`] : []),
      ...(probes.findIndex((each) => each.name === name) === index ? [] : ["another probe has the same name"]),
      ...Object.entries(headers).flatMap(([header, value]) => headerProblem(header, value) ?? []),
    ].map((problem) => `  probe ${name}: ${problem}`);
  });
}
