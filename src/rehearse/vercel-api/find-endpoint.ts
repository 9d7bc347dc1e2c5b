import { matchPath } from "../match-path.ts";
import type { Handler } from "./call.ts";
import { endpointNames, type EndpointName } from "./endpoint-names.ts";
import { endpoints } from "./endpoints.ts";

export interface FoundEndpoint {
  name: EndpointName;
  handle: Handler;
  params: Readonly<Record<string, string>>;
}

/** @returns undefined when no endpoint has that method and path */
export function findEndpoint(method: string, pathname: string): FoundEndpoint | undefined {
  for (const name of endpointNames) {
    const endpoint = endpoints[name];
    if (endpoint.method !== method) continue;
    for (const path of endpoint.paths) {
      const params = matchPath(path, pathname);
      if (params !== undefined) return { name, handle: endpoint.handle, params };
    }
  }
  return undefined;
}
