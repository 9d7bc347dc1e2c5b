import { providerOf } from "../data/providers.ts";
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

/** A name that only a provider knows is a call to that provider, even when its weights are open: they have another name elsewhere. */
export const provider: Rule = ({ mode, model }) => {
  const host = model.id === null ? null : providerOf(model.id);
  if (host?.hostsOpenModels !== true || mode === "external") return null;
  return {
    rule: "provider",
    passed: false,
    actual: null,
    limit: null,
    unit: "provider",
    text: `${model.id} is a model of ${host.name}, which runs it: external mode`,
    source: `${host.source} (${host.checkedAt})`,
  };
};
