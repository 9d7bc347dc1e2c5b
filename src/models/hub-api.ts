import * as z from "zod";
import { CliError } from "../errors.ts";
import type { Hub } from "./hub-endpoint.ts";
import { getFromHub, Transient, tryAgain, type RetryOptions } from "./hub-request.ts";
import type { ListedFile } from "./weight-files.ts";

/** What a file has to hash to: git's own blob hash for small files, sha256 for what git-lfs keeps. */
export interface Digest {
  kind: "sha256" | "git";
  hex: string;
}

/** How an answer of the API is waited for. */
export interface ApiRetry extends RetryOptions {
  /** Longest one answer may take, in milliseconds. */
  limitMs: number;
}

/** A file of a revision, as the Hub's tree lists it. */
export interface TreeFile extends ListedFile {
  digest: Digest;
}

const count = z.number().int().min(0);
const commitSchema = z.looseObject({ sha: z.string().regex(/^[0-9a-f]{40}$/) });

const treeSchema = z.array(
  z.looseObject({
    type: z.string(),
    path: z.string().min(1),
    size: count.optional(),
    // Files gather under these names: they have to be hashes.
    oid: z.hash("sha1").optional(),
    lfs: z.looseObject({ oid: z.hash("sha256"), size: count }).optional(),
  }),
);

/** What `expand[]` was asked for. Everything may be missing: it depends on what the repository holds. */
export const infoSchema = z.looseObject({
  pipeline_tag: z.string().optional(),
  tags: z.array(z.string()).optional(),
  safetensors: z
    .looseObject({ total: count.optional(), parameters: z.record(z.string(), count).optional() })
    .optional(),
  gguf: z.looseObject({ total: count.optional(), context_length: count.optional() }).optional(),
});
export type HubInfo = z.infer<typeof infoSchema>;

const EXPAND = ["safetensors", "gguf", "config", "pipeline_tag", "siblings", "tags"];
/** The Hub gives 1,000 files a page; a model with more than this many pages is a data set. */
const MAX_PAGES = 20;

/** What the Hub knows of a model. @throws as getFromHub, Transient after `tries` as CliError */
export async function modelInfo(hub: Hub, repository: string, retry: ApiRetry): Promise<HubInfo> {
  const query = EXPAND.map((name) => `expand[]=${name}`).join("&");
  const { value } = await getJson(hub, `/api/models/${repository}?${query}`, repository, retry);
  return parse(infoSchema, value, repository);
}

/** The commit that a branch, tag or commit means now. */
export async function commitOf(hub: Hub, repository: string, revision: string, retry: ApiRetry): Promise<string> {
  const what = `${repository} at ${revision}`;
  const path = `/api/models/${repository}/revision/${encodeURIComponent(revision)}`;
  const { value } = await getJson(hub, path, what, retry);
  return parse(commitSchema, value, what).sha;
}

/** Every file of a revision, with size and hash. */
export async function treeOf(hub: Hub, repository: string, revision: string, retry: ApiRetry): Promise<TreeFile[]> {
  const files: TreeFile[] = [];
  let path: string | null = `/api/models/${repository}/tree/${encodeURIComponent(revision)}?recursive=1`;
  for (let page = 0; path !== null; page += 1) {
    if (page === MAX_PAGES) throw broken(repository, `has more than ${MAX_PAGES} pages of files`);
    const { value, next } = await getJson(hub, path, `the files of ${repository}`, retry);
    files.push(...parse(treeSchema, value, `the files of ${repository}`).flatMap(fileOf));
    path = next;
  }
  return files;
}

function fileOf({ type, path, size, oid, lfs }: z.infer<typeof treeSchema>[number]): TreeFile[] {
  if (type !== "file") return [];
  const digest =
    lfs === undefined ? { kind: "git" as const, hex: oid ?? "" } : { kind: "sha256" as const, hex: lfs.oid };
  return [{ path, bytes: lfs?.size ?? size ?? 0, digest }];
}

/** A JSON file of a repository, or null when it has none or does not show it. */
export async function jsonFile(hub: Hub, repository: string, file: string, retry: ApiRetry): Promise<unknown> {
  try {
    return (await getJson(hub, `/${repository}/resolve/main/${file}`, file, retry)).value;
  } catch (error) {
    if (error instanceof CliError && (error.code === "UNKNOWN_MODEL" || error.code === "NO_ACCESS")) return null;
    throw error;
  }
}

async function getJson(
  hub: Hub,
  path: string,
  what: string,
  retry: ApiRetry,
): Promise<{ value: unknown; next: string | null }> {
  return tryAgain(async () => {
    const limit = AbortSignal.timeout(retry.limitMs);
    try {
      const response = await getFromHub(hub, path, { signal: AbortSignal.any([retry.signal, limit]), what });
      const value = parseJson(await response.text(), what);
      return { value, next: nextPage(response.headers.get("link"), hub) };
    } catch (error) {
      if (!limit.aborted || retry.signal.aborted) throw error;
      throw new Transient(`${what}: no answer within ${retry.limitMs / 1_000} s`, { cause: error });
    }
  }, retry);
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw broken(what, "is not answered with JSON", error);
  }
}

/** `<https://…?cursor=…>; rel="next"`: only the Hub's own pages are followed. */
function nextPage(link: string | null, hub: Hub): string | null {
  const url = /<([^>]+)>;\s*rel="next"/.exec(link ?? "")?.[1];
  return url?.startsWith(`${hub.url}/`) === true ? url.slice(hub.url.length) : null;
}

function parse<S extends z.ZodType>(schema: S, value: unknown, what: string): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw broken(what, `has an answer that is not the Hub's: ${result.error.issues[0]?.message}`);
}

function broken(what: string, why: string, cause?: unknown): CliError {
  return new CliError("PLATFORM", `${what} ${why}`, { hint: "look at HF_ENDPOINT: is it a Hub?", cause });
}
