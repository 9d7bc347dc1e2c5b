import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import fs from "node:fs/promises";
import { messageOf } from "../../errors.ts";
import { MODELS_LOCK, type LockedFile } from "../../models/models-lock.ts";

/** What is wrong with a file of a model, to be read after its name. */
export interface ModelFault {
  what: string;
  hint: string;
}

interface Seen {
  file: string;
  bytes: number;
  /** The first characters of it. */
  head: string;
  locked: LockedFile | undefined;
}

const HEAD_BYTES = 512;
const AGAIN = `get the file again: npx --no-install edge-ai models pull; when the change is meant, correct ${MODELS_LOCK}`;

const PUT_THERE = "fetch the weights: npx --no-install edge-ai models pull";

/** In this order, and the first one counts: a pointer has the wrong size as well, and its name says more. */
const faults: readonly ((seen: Seen) => Promise<ModelFault | null> | ModelFault | null)[] = [
  lfsPointer,
  empty,
  wrongSize,
  htmlPage,
  wrongHash,
  brokenJson,
];

/** Looks at one file of a model. @returns null when nothing is wrong with it */
export async function faultOf(file: string, locked: LockedFile | undefined): Promise<ModelFault | null> {
  const stat = await fs.stat(file).catch(() => null);
  if (stat?.isFile() !== true) return { what: "is missing", hint: locked === undefined ? PUT_THERE : AGAIN };
  const seen = { file, bytes: stat.size, head: await readHead(file), locked };
  for (const look of faults) {
    const fault = await look(seen);
    if (fault !== null) return fault;
  }
  return null;
}

function lfsPointer({ head }: Seen): ModelFault | null {
  return head.startsWith("version https://git-lfs")
    ? { what: "is a git-lfs pointer, not the file itself", hint: "run git lfs pull" }
    : null;
}

function empty({ bytes }: Seen): ModelFault | null {
  return bytes === 0 ? { what: "is empty", hint: AGAIN } : null;
}

function wrongSize({ bytes, locked }: Seen): ModelFault | null {
  if (locked === undefined || locked.bytes === bytes) return null;
  const cut = bytes < locked.bytes ? "is truncated: it " : "";
  return { what: `${cut}has ${bytes} bytes, and ${MODELS_LOCK} says ${locked.bytes}`, hint: AGAIN };
}

function htmlPage({ head }: Seen): ModelFault | null {
  return /^\s*<(!doctype|html|head|body)\b/i.test(head)
    ? { what: "is an HTML page: a download saved a login or error page", hint: AGAIN }
    : null;
}

async function wrongHash({ file, locked }: Seen): Promise<ModelFault | null> {
  if (locked === undefined) return null;
  const sha256 = await hashOf(file);
  return sha256 === locked.sha256
    ? null
    : { what: `has the sha256 ${sha256}, and ${MODELS_LOCK} says ${locked.sha256}`, hint: AGAIN };
}

async function brokenJson({ file }: Seen): Promise<ModelFault | null> {
  if (!file.endsWith(".json")) return null;
  try {
    JSON.parse(await fs.readFile(file, "utf8"));
    return null;
  } catch (error) {
    return { what: `is not valid JSON: ${messageOf(error)}`, hint: AGAIN };
  }
}

async function readHead(file: string): Promise<string> {
  const handle = await fs.open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.toString("latin1", 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** In pieces: weights can be larger than what fits into memory. */
async function hashOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(file)) hash.update(piece);
  return hash.digest("hex");
}
