import { CliError } from "../errors.ts";
import { endpointNames, type EndpointName } from "./vercel-api/endpoint-names.ts";
import { faultNames, faultStatuses, type Fault, type FaultKind } from "./vercel-api/faults.ts";

/** "promote=500", "createDeployment=build-error", "files=reset*2" → a fault of the emulated API. @throws CliError USAGE */
export function parseFault(text: string): Fault {
  const [, endpoint = "", kind = "", times] = /^(\w+)=([\w-]+)(?:\*(\d+))?$/.exec(text) ?? [];
  const parsed = parseKind(kind);
  if (!isEndpoint(endpoint) || parsed === undefined || times === "0") throw usage(text);
  return { endpoint, kind: parsed, ...(times !== undefined && { times: Number(times) }) };
}

function parseKind(kind: string): FaultKind | undefined {
  const status = faultStatuses.find((each) => String(each) === kind);
  return status === undefined ? faultNames.find((name) => name === kind) : { status };
}

function isEndpoint(name: string): name is EndpointName {
  return endpointNames.some((each) => each === name);
}

function usage(text: string): CliError {
  return new CliError(
    "USAGE",
    `--fault takes <endpoint>=<fault>, like promote=500, or files=reset*2 for the first two times, not ${JSON.stringify(text)}`,
    { hint: `endpoints: ${endpointNames.join(", ")}; faults: ${[...faultStatuses, ...faultNames].join(", ")}` },
  );
}
