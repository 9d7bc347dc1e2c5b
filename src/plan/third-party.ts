import type { Rule } from "./rule.ts";

const TEXT = {
  local: "nothing leaves the function",
  hybrid: "requests leave the function for the endpoint, which must be yours",
  external: "requests go to a provider, and --no-third-party forbids that",
} as const;

/** Whose machines see a request? Whether an endpoint is the user's own, nobody here can tell. */
export const thirdParty: Rule = ({ mode, workload }) => {
  if (workload.thirdParty) return null;
  return {
    rule: "third-party",
    passed: { local: true, hybrid: null, external: false }[mode],
    actual: { local: 0, hybrid: null, external: 1 }[mode],
    limit: 0,
    unit: "third parties",
    text: TEXT[mode],
    source: "--no-third-party",
  };
};
