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
      const params = match(path, pathname);
      if (params !== undefined) return { name, handle: endpoint.handle, params };
    }
  }
  return undefined;
}

function match(pattern: string, pathname: string): Record<string, string> | undefined {
  const wanted = pattern.split("/");
  const given = pathname.split("/");
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [at, segment] of wanted.entries()) {
    const value = given[at] ?? "";
    if (segment.startsWith(":")) params[segment.slice(1)] = decode(value);
    else if (segment !== value) return undefined;
  }
  return params;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
