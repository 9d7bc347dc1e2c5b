import type { Probe } from "../../config/schema.ts";
import { secretValues } from "../../secrets.ts";
import type { HealthPlan } from "../plan.ts";

/** A probe's request with `{{n}}` still in it. What `requestMaker` of probes.ts sends, which a test compares. */
export interface RequestTemplate {
  probe: Probe;
  /** The probe's name in metrics and tags: letters, digits, `-` and `_`, and no other probe has it. */
  id: string;
  path: string;
  /** Header names are in lower case. */
  headers: Readonly<Record<string, string>>;
  /** Headers whose value is a secret: the environment variable that holds it. */
  secrets: Readonly<Record<string, string>>;
  body: string | null;
}

/**
 * The requests of a plan, without a secret in them.
 * @param headers sent with every request: they let through a login, so all of them count as secrets
 * @returns one for each probe, in the plan's order
 */
export function requestTemplates({ probes }: HealthPlan, headers: Readonly<Record<string, string>>): RequestTemplate[] {
  const variableFor = variableNames();
  const idFor = uniqueIds();
  return probes.map((probe) => {
    const own = Object.entries(lowerCase(probe.headers));
    const names = new Set(own.map(([name]) => name));
    const forAll = Object.entries(lowerCase(headers)).filter(([name]) => !names.has(name));
    const secrets = [...forAll, ...own.filter(([name, value]) => isSecret(name, value))];
    const plain = own.filter(([name, value]) => !isSecret(name, value));
    const body = probe.body === undefined ? null : JSON.stringify(probe.body);
    const set = new Set([...forAll, ...own].map(([name]) => name));
    return {
      probe,
      id: idFor(probe.name),
      path: probe.path.replaceAll(/[^\x21-\x7e]+/gu, encodeURIComponent),
      headers: Object.fromEntries([...defaultHeaders(body !== null).filter(([name]) => !set.has(name)), ...plain]),
      secrets: Object.fromEntries(secrets.map(([name, value]) => [name, variableFor(name, value)])),
      body,
    };
  });
}

/** The environment variables that a script needs, each once. */
export function variablesOf(requests: readonly RequestTemplate[]): string[] {
  return [...new Set(requests.flatMap(({ secrets }) => Object.values(secrets)))].toSorted();
}

/** What is sent when nobody says otherwise. */
function defaultHeaders(hasBody: boolean): [string, string][] {
  const agent: [string, string] = ["user-agent", "edge-ai-healthcheck"];
  return hasBody ? [agent, ["content-type", "application/json"]] : [agent];
}

/** A value with a number that changes is none. Short ones may be: not to print them spoils nothing here. */
function isSecret(name: string, value: string): boolean {
  return !value.includes("{{n}}") && secretValues({ [name]: value.padEnd(8, "x") }).length > 0;
}

/** `x-api-key` is in X_API_KEY; another value of it in X_API_KEY_2. */
function variableNames(): (header: string, value: string) => string {
  const values = new Map<string, string>();
  return (header, value) => {
    const name = header.toUpperCase().replaceAll(/[^A-Z\d]+/g, "_");
    let variable = name;
    for (let i = 2; (values.get(variable) ?? value) !== value; i += 1) variable = `${name}_${i}`;
    values.set(variable, value);
    return variable;
  };
}

function uniqueIds(): (name: string) => string {
  const taken = new Set<string>();
  return (name) => {
    const plain = name.replaceAll(/[^\w-]+/g, "-").replaceAll(/^-+|-+$/g, "") || "probe";
    let id = plain;
    for (let i = 2; taken.has(id); i += 1) id = `${plain}-${i}`;
    taken.add(id);
    return id;
  };
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
