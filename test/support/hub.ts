// A Hugging Face Hub on this machine, as far as a client sees it: revisions, trees with sizes and hashes, and files, of which the
// large ones are redirected to a second origin, as the real one does. It can also do what a bad day, or a bad Hub, does.
import { createHash } from "node:crypto";
import http from "node:http";
import type { AddressInfo } from "node:net";

export interface Repository {
  files: Readonly<Record<string, Buffer | string>>;
  /** What the API says of the model beside its files. */
  info?: object;
}

/** What goes wrong with a file, or with everything ("*"), for the next `times` requests; without it, always. */
export type Fault = { times?: number } & (
  | { kind: "cut"; after: number }
  | { kind: "stall"; after: number }
  | { kind: "size"; bytes: number }
  | { kind: "hash" }
  | { kind: "status"; status: number; headers?: Record<string, string> }
  | { kind: "ignore-range" }
  | { kind: "content"; content: string; type: string }
  | { kind: "redirect"; location: string }
);

interface Seen {
  origin: "hub" | "cdn";
  url: string;
  authorization: string | undefined;
  range: string | undefined;
}

export interface LoopbackHub {
  url: string;
  cdnUrl: string;
  /** Every request, in order. Grows. */
  seen: Seen[];
  /** By path in a repository, or "*". May be changed at any time. */
  faults: Map<string, Fault>;
  /** With a token, whoever comes without it is sent away. */
  token: string | null;
  close(): Promise<void>;
}

/** The commit that "main" means. */
export const COMMIT = "0123456789abcdef0123456789abcdef01234567";

export async function startHub(repositories: Readonly<Record<string, Repository>>): Promise<LoopbackHub> {
  const seen: Seen[] = [];
  const faults = new Map<string, Fault>();
  const stalled = new Set<http.ServerResponse>();
  const serve = (origin: Seen["origin"]): http.Server =>
    http.createServer((request, response) => {
      const { authorization, range } = request.headers;
      seen.push({ origin, url: request.url ?? "", authorization, range });
      if (origin === "hub" && hub.token !== null && authorization !== `Bearer ${hub.token}`) {
        return json(response, 401, { error: "Invalid username or password." });
      }
      return answer(origin, request, response);
    });
  const servers = { hub: serve("hub"), cdn: serve("cdn") };
  const hub: LoopbackHub = {
    url: await listen(servers.hub),
    cdnUrl: await listen(servers.cdn),
    seen,
    faults,
    token: null,
    async close() {
      for (const response of stalled) response.destroy();
      for (const server of Object.values(servers)) {
        server.closeAllConnections();
        await new Promise((resolve) => void server.close(resolve));
      }
    },
  };
  return hub;

  function answer(origin: Seen["origin"], request: http.IncomingMessage, response: http.ServerResponse): void {
    const url = new URL(request.url ?? "/", "http://hub");
    const api = /^\/api\/models\/([^/]+\/[^/]+)(?:\/(revision|tree)\/([^/]+))?$/.exec(url.pathname);
    const file = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(url.pathname);
    const name = decodeURIComponent(api?.[1] ?? file?.[1] ?? "");
    const repository = repositories[name];
    const path = file === null ? "*" : decodeURIComponent(file[3] ?? "");
    const fault = take(path) ?? take("*");
    if (fault?.kind === "status") return json(response, fault.status, { error: "no" }, fault.headers);
    if (fault?.kind === "redirect") return void response.writeHead(302, { location: fault.location }).end();
    if (repository === undefined) return json(response, 404, { error: "Repository not found" });
    if (api !== null) return json(response, 200, describe(name, repository, api[2]));
    const revision = file?.[2];
    const content = repository.files[path];
    if (content === undefined || (revision !== "main" && revision !== COMMIT)) {
      return json(response, 404, { error: "Entry not found" });
    }
    if (origin === "hub" && isLarge(path)) {
      // A fault of a large file is the CDN's.
      if (fault !== undefined) give(path, fault);
      return void response.writeHead(302, { location: `${hub.cdnUrl}${url.pathname}` }).end();
    }
    return send(Buffer.from(content), request.headers.range, response, fault);
  }

  function describe(name: string, { files, info = {} }: Repository, what: string | undefined): unknown {
    if (what === "revision") return { id: name, sha: COMMIT };
    if (what === "tree") return Object.entries(files).map(([path, content]) => entry(path, Buffer.from(content)));
    return { id: name, siblings: Object.keys(files).map((rfilename) => ({ rfilename })), ...info };
  }

  function entry(path: string, content: Buffer): object {
    const fault = faults.get(path);
    const size = fault?.kind === "size" ? fault.bytes : content.length;
    const hashed = fault?.kind === "hash" ? Buffer.from("something else") : content;
    const oid = createHash("sha1").update(`blob ${hashed.length}\0`).update(hashed).digest("hex");
    const sha256 = createHash("sha256").update(hashed).digest("hex");
    return { type: "file", path, size, oid, ...(isLarge(path) && { lfs: { oid: sha256, size, pointerSize: 134 } }) };
  }

  function take(path: string): Fault | undefined {
    const fault = faults.get(path);
    if (fault?.times === undefined) return fault;
    if (fault.times <= 1) faults.delete(path);
    else faults.set(path, { ...fault, times: fault.times - 1 });
    return fault;
  }

  /** Puts back what `take` took. */
  function give(path: string, fault: Fault): void {
    const name = faults.has("*") && !faults.has(path) ? "*" : path;
    const now = faults.get(name);
    if (fault.times !== undefined) faults.set(name, { ...fault, times: (now?.times ?? 0) + 1 });
  }

  function send(
    content: Buffer,
    range: string | undefined,
    response: http.ServerResponse,
    fault: Fault | undefined,
  ): void {
    if (fault?.kind === "content") {
      return void response.writeHead(200, { "content-type": fault.type }).end(fault.content);
    }
    const start = fault?.kind === "ignore-range" ? 0 : Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
    if (start >= content.length && start > 0) return void response.writeHead(416).end();
    const body = content.subarray(start);
    const isPart = range !== undefined && fault?.kind !== "ignore-range";
    response.writeHead(isPart ? 206 : 200, {
      "content-length": body.length,
      "content-type": "application/octet-stream",
      ...(isPart && { "content-range": `bytes ${start}-${content.length - 1}/${content.length}` }),
    });
    if (fault?.kind !== "cut" && fault?.kind !== "stall") return void response.end(body);
    stalled.add(response);
    response.write(body.subarray(0, fault.after), () => {
      // What a client has not read yet is lost to it when the connection breaks.
      if (fault.kind === "cut") setTimeout(() => response.destroy(), 40);
    });
  }
}

/** What git-lfs keeps on the real Hub. */
function isLarge(path: string): boolean {
  return /\.(?:onnx|onnx_data|gguf|safetensors)$|^tokenizer\.json$/.test(path);
}

function json(
  response: http.ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

async function listen(server: http.Server): Promise<string> {
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
