import { gunzipSync } from "node:zlib";
import { CliError } from "../errors.ts";

const BLOCK = 512;
/** No package of weights is larger; what unpacks to more is a bomb. */
const MAX_UNPACKED_BYTES = 2_000_000_000;
/** Type flags of a plain file: "0", and NUL in old archives. Source: POSIX.1-2001, pax interchange format. */
const PLAIN: ReadonlySet<string> = new Set(["0", "\0"]);

/**
 * The plain files of a .tgz as npm makes them: path → content. Links and folders are left out.
 * @throws CliError PLATFORM when it is no whole archive
 */
export function readTgz(tgz: Buffer): Map<string, Buffer> {
  try {
    return readTar(gunzipSync(tgz, { maxOutputLength: MAX_UNPACKED_BYTES }));
  } catch (error) {
    throw new CliError("PLATFORM", "the package is no archive that can be read", {
      hint: "get it again",
      cause: error,
    });
  }
}

function readTar(tar: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  // The next file's path, when it is too long for a header.
  let longPath: string | undefined;
  for (let at = 0; at + BLOCK <= tar.length && tar[at] !== 0;) {
    const header = tar.subarray(at, at + BLOCK);
    const size = Number.parseInt(textAt(header, 124, 12), 8);
    const content = tar.subarray(at + BLOCK, at + BLOCK + size);
    if (!Number.isSafeInteger(size) || content.length < size) throw new Error("the archive is cut");
    const type = String.fromCharCode(header[156] ?? 0);
    if (PLAIN.has(type)) files.set(longPath ?? nameIn(header), content);
    longPath = type === "x" ? paxPath(content) : type === "L" ? textAt(content, 0, content.length) : undefined;
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

function nameIn(header: Buffer): string {
  const prefix = textAt(header, 345, 155);
  const name = textAt(header, 0, 100);
  return prefix === "" ? name : `${prefix}/${name}`;
}

/** A pax header is lines of "<length> <key>=<value>". */
function paxPath(content: Buffer): string | undefined {
  return /(?:^|\n)\d+ path=([^\n]*)\n/.exec(content.toString())?.[1];
}

function textAt(block: Buffer, start: number, length: number): string {
  const field = block.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.subarray(0, end < 0 ? length : end).toString();
}
