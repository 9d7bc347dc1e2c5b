import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ApiError } from "./api-error.ts";
import { ok, type Handler } from "./call.ts";
import { newId } from "./platform.ts";

/** Of all files together: some deployments with a model of a few hundred megabytes. */
const MAX_BYTES = 4 * 1024 ** 3;

const sha1Pattern = /^[0-9a-f]{40}$/;

/** Uploaded files by the SHA-1 of their content, as Vercel keeps them. */
export class Uploads {
  readonly #dir: string;
  readonly #shas = new Set<string>();
  #bytes = 0;

  constructor(dir: string) {
    this.#dir = dir;
  }

  has(sha: string): boolean {
    return this.#shas.has(sha);
  }

  /** Where the content is. */
  file(sha: string): string {
    return path.join(this.#dir, sha);
  }

  /** @throws ApiError 400 when the content is not what the digest says, 413 when there is too much */
  async add(content: Readable, sha: string): Promise<void> {
    if (!sha1Pattern.test(sha)) throw new ApiError(400, "bad_request", "The header `x-now-digest` is not a SHA-1");
    await fs.mkdir(this.#dir, { recursive: true });
    const partial = path.join(this.#dir, newId("partial"));
    try {
      const { digest, bytes } = await save(content, partial, MAX_BYTES - this.#bytes);
      if (digest !== sha) throw new ApiError(400, "invalid_sha", `The content has the SHA-1 ${digest}, not ${sha}`);
      await fs.rename(partial, this.file(sha));
      if (!this.#shas.has(sha)) this.#bytes += bytes;
      this.#shas.add(sha);
    } finally {
      await fs.rm(partial, { force: true });
    }
  }
}

async function save(content: Readable, file: string, maxBytes: number): Promise<{ digest: string; bytes: number }> {
  const sha1 = createHash("sha1");
  let bytes = 0;
  const count = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw new ApiError(413, "payload_too_large", "The emulator keeps no more files");
      sha1.update(chunk);
      yield chunk;
    }
  };
  await pipeline(content, count, createWriteStream(file, { mode: 0o600 }));
  return { digest: sha1.digest("hex"), bytes };
}

export const uploadFile: Handler = async ({ uploads }, { request }) => {
  await uploads.add(request, String(request.headers["x-now-digest"] ?? request.headers["x-vercel-digest"]));
  return ok({ urls: [] });
};
