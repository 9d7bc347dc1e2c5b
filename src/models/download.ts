import { constants } from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";
import { CliError } from "../errors.ts";
import { hashFile } from "./digest.ts";
import type { Digest } from "./hub-api.ts";
import type { Hub } from "./hub-endpoint.ts";
import { getFromHub, Transient, tryAgain } from "./hub-request.ts";
import { WRITE_PART } from "./place-files.ts";

/** How patient a download is, in milliseconds. */
export interface Patience {
  /** Without a byte for this long, a transfer has stalled. */
  idleMs: number;
  /** Pause before the second try; it doubles with each. */
  backoffMs: number;
  /** Tries in a row that bring next to nothing. */
  tries: number;
}

export const patience: Patience = { idleMs: 30_000, backoffMs: 500, tries: 5 };

export interface Wanted {
  /** For messages. */
  name: string;
  /** Below the Hub's address. */
  urlPath: string;
  /** Where the bytes gather; what an earlier run left there is gone on with. */
  part: string;
  bytes: number;
  digest: Digest;
}

interface Options extends Patience {
  signal: AbortSignal;
  /** Bytes that are there, of all. */
  onProgress?: ((bytes: number) => void) | undefined;
}

/** A try that brings less is one of those that count against `tries`. */
const PROGRESS_BYTES = 65_536;
const HEAD_BYTES = 512;

/**
 * Fetches a file into `part`, goes on where a cut or stalled transfer stopped, and checks size and hash.
 * @returns bytes that came over the net
 * @throws CliError PLATFORM when it is not what the Hub's own list of files says, or no try works; then nothing wrong is left
 */
export async function download(hub: Hub, wanted: Wanted, options: Options): Promise<number> {
  await fs.mkdir(path.dirname(wanted.part), { recursive: true });
  const hadBytes = await sizeOf(wanted.part);
  let fetched = await fetchRest(hub, wanted, options);
  if (await hasDigest(wanted, options.signal)) return fetched;
  await fs.rm(wanted.part);
  // What an earlier run left may have been the wrong half.
  if (hadBytes > 0 && fetched < wanted.bytes) {
    fetched += await fetchRest(hub, wanted, options);
    if (await hasDigest(wanted, options.signal)) return fetched;
    await fs.rm(wanted.part);
  }
  throw wrong(wanted, `does not have the ${wanted.digest.kind === "git" ? "git hash" : "sha256"} that is promised`);
}

async function hasDigest({ part, digest }: Wanted, signal: AbortSignal): Promise<boolean> {
  return (await hashFile(part, digest.kind, signal)) === digest.hex;
}

async function fetchRest(hub: Hub, wanted: Wanted, options: Options): Promise<number> {
  let fetched = 0;
  let before = 0;
  const attempt = async (): Promise<number> => {
    before = fetched;
    await fetchOnce(hub, wanted, options, (bytes) => {
      fetched += bytes;
    });
    return fetched;
  };
  // A transfer that is cut again and again but gets on will end.
  return tryAgain(attempt, options, (_failure, failures) => (fetched - before >= PROGRESS_BYTES ? 1 : failures));
}

async function fetchOnce(hub: Hub, wanted: Wanted, options: Options, onBytes: (n: number) => void): Promise<void> {
  const { part, bytes, name, urlPath } = wanted;
  let at = await sizeOf(part);
  if (at > bytes) await fs.rm(part);
  if (at > bytes) at = 0;
  if (at === bytes && bytes > 0) return;
  const watch = watchIdle(options);
  const headers = at > 0 ? { range: `bytes=${at}-` } : undefined;
  try {
    const response = await getFromHub(hub, urlPath, {
      signal: watch.signal,
      headers: { ...headers },
      what: name,
    }).catch(async (error: unknown) => {
      // 416: what is here is not the beginning of what is there.
      if (at > 0 && error instanceof CliError && error.message.endsWith(" 416")) await startAgain(part);
      throw error;
    });
    const resumed = response.status === 206 && startOf(response) === at;
    if (response.status === 206 && !resumed) await startAgain(part);
    await append(response, wanted, { at: resumed ? at : 0, watch, onBytes, onProgress: options.onProgress });
  } catch (error) {
    options.signal.throwIfAborted();
    if (watch.signal.aborted) {
      throw new Transient(`${name}: no byte for ${options.idleMs / 1_000} s`, { cause: error });
    }
    throw error;
  } finally {
    watch.stop();
  }
}

async function startAgain(part: string): Promise<never> {
  await fs.rm(part, { force: true });
  throw new Transient("what was here is not the beginning of the file");
}

/** `bytes 100-199/200` → 100 */
function startOf({ headers }: Response): number | null {
  const start = /^bytes (\d+)-/.exec(headers.get("content-range") ?? "")?.[1];
  return start === undefined ? null : Number(start);
}

/** How large the whole file will be when the answer keeps its word; null when it gives none. */
function promisedBytes({ headers }: Response, at: number): number | null {
  const length = headers.get("content-length");
  return length === null || headers.has("content-encoding") ? null : at + Number(length);
}

function sizeWords(bytes: number, wanted: Wanted): string {
  return `has ${bytes} bytes instead of the ${wanted.bytes} that are promised`;
}

interface Append {
  at: number;
  watch: IdleWatch;
  onBytes: (bytes: number) => void;
  onProgress: ((bytes: number) => void) | undefined;
}

async function append(response: Response, wanted: Wanted, { at, watch, onBytes, onProgress }: Append): Promise<void> {
  const promised = promisedBytes(response, at);
  let size = at;
  // A server that ignores the range starts at the beginning.
  const file = await fs.open(wanted.part, WRITE_PART | (at === 0 ? constants.O_TRUNC : constants.O_APPEND));
  try {
    for await (const piece of piecesOf(response.body, wanted)) {
      watch.alive();
      if (size === 0) refuseOther(piece, wanted);
      const larger = Math.max(promised ?? 0, size + piece.length);
      if (larger > wanted.bytes) throw wrong(wanted, sizeWords(larger, wanted));
      await file.write(piece);
      size += piece.length;
      onBytes(piece.length);
      onProgress?.(size);
    }
    // It kept its word, and the word was another than the list's: trying again would give the same.
    if (size === promised && size < wanted.bytes) throw wrong(wanted, sizeWords(size, wanted));
  } catch (error) {
    if (error instanceof CliError) await fs.rm(wanted.part, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  if (size < wanted.bytes) throw new Transient(`${wanted.name}: cut after ${size} of ${wanted.bytes} bytes`);
}

/** The pieces of a body; one that breaks off can be gone on with. */
async function* piecesOf(body: Response["body"], { name }: Wanted): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  try {
    yield* body;
  } catch (error) {
    throw new Transient(`${name}: the transfer was cut`, { cause: error });
  }
}

/** A pointer or a page in the place of weights: "protobuf parsing failed" says nobody what happened. */
function refuseOther(piece: Uint8Array, wanted: Wanted): void {
  const head = Buffer.from(piece.subarray(0, HEAD_BYTES)).toString("latin1");
  if (head.startsWith("version https://git-lfs")) {
    throw wrong(wanted, "is a git-lfs pointer, not the file itself");
  }
  if (/^\s*<(!doctype|html|head|body)\b/i.test(head) && !wanted.name.endsWith(".html")) {
    throw wrong(wanted, "is an HTML page: a login or an error, not the file");
  }
}

function wrong({ name }: Wanted, why: string): CliError {
  return new CliError("PLATFORM", `${name} ${why}`, {
    hint: "nothing of it was kept; try again, and look at HF_ENDPOINT if it stays so",
  });
}

interface IdleWatch {
  signal: AbortSignal;
  alive: () => void;
  stop: () => void;
}

function watchIdle({ signal, idleMs }: Options): IdleWatch {
  const idle = new AbortController();
  const timer = setTimeout(() => idle.abort(), idleMs);
  return {
    signal: AbortSignal.any([signal, idle.signal]),
    alive: () => void timer.refresh(),
    // A body that nobody reads to its end holds its connection.
    stop: () => {
      clearTimeout(timer);
      idle.abort();
    },
  };
}

async function sizeOf(file: string): Promise<number> {
  return fs.stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}
