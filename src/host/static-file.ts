import fs from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { systemCode } from "../errors.ts";

export interface StaticFile {
  kind: "static";
  file: string;
  contentType: string;
}

/**
 * Answers GET and HEAD with a file, 304 when the client has it. Headers that are set already are kept.
 * @returns false when the file is gone
 */
export async function serveStatic(
  { file, contentType }: StaticFile,
  status: number | undefined,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<boolean> {
  const handle = await open(file);
  if (handle === undefined) return false;
  try {
    const { size, mtimeMs } = await handle.stat();
    const etag = `W/"${size.toString(16)}-${Math.trunc(mtimeMs).toString(16)}"`;
    if (!res.hasHeader("content-type")) res.setHeader("content-type", contentType);
    res.setHeader("etag", etag);
    res.statusCode = status ?? 200;
    if (res.statusCode === 200 && matches(req.headers["if-none-match"], etag)) return end(res, 304);
    res.setHeader("content-length", size);
    if (req.method === "HEAD" || size === 0) return end(res, res.statusCode);
    // `end` keeps content-length true when the file grows while it is read.
    await pipeline(handle.createReadStream({ end: size - 1, autoClose: false }), res);
    return true;
  } finally {
    await handle.close();
  }
}

function end(res: ServerResponse, status: number): true {
  res.statusCode = status;
  if (status === 304) res.removeHeader("content-type");
  res.end();
  return true;
}

async function open(file: string): Promise<fs.FileHandle | undefined> {
  try {
    return await fs.open(file);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** If-None-Match compares weakly: `W/` does not count. */
function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(",").some((tag) => tag.trim() === "*" || bare(tag) === bare(etag));
}

function bare(tag: string): string {
  return tag.trim().replace(/^W\//, "");
}
