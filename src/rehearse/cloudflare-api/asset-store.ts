import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { ApiError } from "./api-error.ts";
import { ok, readForm, readJson, type Handler } from "./call.ts";

/** Files that one session asks for at a time. */
const BUCKET_FILES = 100;
const SESSION_SECONDS = 3600;

const session = z.object({
  manifest: z.record(z.string(), z.object({ hash: z.string().regex(/^[0-9a-f]{32}$/), size: z.number() })),
});

interface Session {
  manifest: Record<string, string>;
  missing: Set<string>;
}

/** Uploaded files by their hash, and the sessions in which they come: what wrangler has a JWT for. */
export class AssetStore {
  readonly #dir: string;
  readonly #hashes = new Set<string>();
  readonly #sessions = new Map<string, Session>();
  /** Manifests by the JWT that says they are whole. */
  readonly #complete = new Map<string, Record<string, string>>();
  #tokens = 0;

  constructor(dir: string) {
    this.#dir = dir;
  }

  open(manifest: Record<string, string>): { jwt: string; buckets: string[][] } {
    const missing = [...new Set(Object.values(manifest))].filter((hash) => !this.#hashes.has(hash));
    if (missing.length === 0) return { jwt: this.#finish(manifest), buckets: [] };
    const jwt = this.#newToken();
    this.#sessions.set(jwt, { manifest, missing: new Set(missing) });
    const buckets: string[][] = [];
    for (let at = 0; at < missing.length; at += BUCKET_FILES) buckets.push(missing.slice(at, at + BUCKET_FILES));
    return { jwt, buckets };
  }

  /** @returns the JWT that stands for the whole, with the last file. @throws ApiError 403 for an unknown session */
  async add(jwt: string, files: ReadonlyMap<string, Uint8Array>): Promise<string | null> {
    const found = this.#sessions.get(jwt);
    if (found === undefined) throw new ApiError(403, 10000, "Authentication error");
    await fs.mkdir(this.#dir, { recursive: true });
    for (const [hash, contents] of files) {
      if (!Object.values(found.manifest).includes(hash))
        throw new ApiError(400, 10026, `${hash} is not in the manifest`);
      await fs.writeFile(path.join(this.#dir, hash), contents);
      this.#hashes.add(hash);
      found.missing.delete(hash);
    }
    return found.missing.size === 0 ? this.#finish(found.manifest) : null;
  }

  /** @throws ApiError 400 for a JWT that stands for nothing whole */
  manifestOf(jwt: string): Record<string, string> {
    const manifest = this.#complete.get(jwt);
    if (manifest === undefined) throw new ApiError(400, 10026, "The completion token of the assets is not known");
    return manifest;
  }

  /** Lays the files out as the paths say. */
  async materialise(manifest: Readonly<Record<string, string>>, dir: string): Promise<void> {
    for (const [name, hash] of Object.entries(manifest)) {
      const to = path.join(dir, path.posix.normalize(`/${decodeURI(name)}`));
      await fs.mkdir(path.dirname(to), { recursive: true });
      await fs.copyFile(path.join(this.#dir, hash), to);
    }
  }

  #finish(manifest: Record<string, string>): string {
    const jwt = this.#newToken();
    this.#complete.set(jwt, manifest);
    return jwt;
  }

  /** wrangler reads how long it is good from what is inside. */
  #newToken(): string {
    this.#tokens += 1;
    const payload = { exp: Math.floor(Date.now() / 1000) + SESSION_SECONDS, session: this.#tokens };
    const [head, body] = [{ alg: "none" }, payload].map((part) =>
      Buffer.from(JSON.stringify(part)).toString("base64url"),
    );
    return `${head}.${body}.${createHash("sha256").update(`${head}.${body}`).digest("base64url")}`;
  }
}

export const openAssetsSession: Handler = async ({ assets }, call) => {
  const { manifest } = await readJson(call, session);
  return ok(assets.open(Object.fromEntries(Object.entries(manifest).map(([name, { hash }]) => [name, hash]))));
};

export const uploadAssets: Handler = async ({ assets }, call) => {
  const jwt = /^Bearer (.+)$/.exec(call.request.headers.authorization ?? "")?.[1] ?? "";
  const files = new Map<string, Uint8Array>();
  for (const [hash, value] of await readForm(call)) {
    const text = typeof value === "string" ? value : await value.text();
    files.set(hash, Buffer.from(text, "base64"));
  }
  const completion = await assets.add(jwt, files);
  return { status: completion === null ? 202 : 201, result: completion === null ? {} : { jwt: completion } };
};
