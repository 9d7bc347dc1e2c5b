import { CliError } from "../errors.ts";

/** What of a platform's faults a flag can name. */
export interface FaultWords<Endpoint extends string, Name extends string, Status extends number> {
  endpointNames: readonly Endpoint[];
  faultNames: readonly Name[];
  faultStatuses: readonly Status[];
}

/** "promote=500", "createDeployment=build-error", "files=reset*2" → a fault of an emulated API. @throws CliError USAGE */
export function parseFault<Endpoint extends string, Name extends string, Status extends number>(
  text: string,
  words: FaultWords<Endpoint, Name, Status>,
): { endpoint: Endpoint; kind: Name | { status: Status }; times?: number } {
  const [, named = "", kind = "", times] = /^(\w+)=([\w-]+)(?:\*(\d+))?$/.exec(text) ?? [];
  const endpoint = words.endpointNames.find((name) => name === named);
  const status = words.faultStatuses.find((each) => String(each) === kind);
  const parsed = status === undefined ? words.faultNames.find((name) => name === kind) : { status };
  if (endpoint === undefined || parsed === undefined || times === "0") throw usage(text, words);
  return { endpoint, kind: parsed, ...(times !== undefined && { times: Number(times) }) };
}

function usage(
  text: string,
  { endpointNames, faultNames, faultStatuses }: FaultWords<string, string, number>,
): CliError {
  const example = `${endpointNames.find((name) => /promote|createDeployment/.test(name))}=500`;
  return new CliError(
    "USAGE",
    `--fault takes <endpoint>=<fault>, like ${example}, or ${example}*2 for the first two times, not ${JSON.stringify(text)}`,
    { hint: `endpoints: ${endpointNames.join(", ")}; faults: ${[...faultStatuses, ...faultNames].join(", ")}` },
  );
}
