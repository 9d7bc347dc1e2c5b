import type { Config } from "../../config/schema.ts";

const VARIABLE = /\{\{env\.([A-Za-z_]\w*)\}\}/g;

/**
 * Fills `{{env.NAME}}` in the headers of probes, so that edge-ai.json can say which key is sent without holding it. Of a list with
 * commas, as APP_API_KEYS is, the first one. A header whose variable is not set is left out.
 * @returns the config to measure with, and the names of variables that are not set
 */
export function fillProbeEnv(
  config: Config,
  env: Readonly<Record<string, string | undefined>>,
): { config: Config; missing: string[] } {
  const missing = new Set<string>();
  const valueOf = (name: string): string => env[name]?.split(",")[0]?.trim() ?? "";
  const probes = config.probes.map((probe) => {
    const headers = Object.entries(probe.headers).flatMap(([name, text]): [string, string][] => {
      const unset = variablesIn(text).filter((variable) => valueOf(variable) === "");
      for (const variable of unset) missing.add(variable);
      const filled = text.replaceAll(VARIABLE, (_, variable: string) => valueOf(variable));
      return unset.length === 0 ? [[name, filled]] : [];
    });
    return { ...probe, headers: Object.fromEntries(headers) };
  });
  return { config: { ...config, probes }, missing: [...missing] };
}

/** The names of the variables in the text of a header. */
function variablesIn(text: string): string[] {
  return [...text.matchAll(VARIABLE)].map(([, name = ""]) => name);
}
