import fs from "node:fs/promises";
import { CliError, messageOf } from "../errors.ts";

/** More than this is no header: 25 MB is the format's own limit for a file of any size (safetensors README, from memory, 2026-11-23). */
const MAX_HEADER_BYTES = 100_000_000;
/** Integers hold packed weights or positions: their elements are not parameters. */
const INTEGERS = /^[IU](?:8|16|32|64)$|^BOOL$/;

export interface SafetensorsFacts {
  /** Elements of all tensors of floating point numbers. */
  params: number;
  /** Elements of integers, which are packed weights or none. */
  integers: number;
}

/**
 * Counts the elements in a safetensors file from its header: 8 bytes with its length, then JSON.
 * @throws CliError FILE when the header is not one
 */
export async function readSafetensors(file: string): Promise<SafetensorsFacts> {
  try {
    return countElements(JSON.parse(await readHeader(file)));
  } catch (error) {
    throw new CliError("FILE", `${file} cannot be read as safetensors: ${messageOf(error)}`, {
      hint: "it may be cut or a git-lfs pointer: get the file again",
      cause: error,
    });
  }
}

async function readHeader(file: string): Promise<string> {
  const handle = await fs.open(file);
  try {
    const { size } = await handle.stat();
    const start = await handle.read(Buffer.alloc(8), 0, 8, 0);
    const length = start.bytesRead === 8 ? Number(start.buffer.readBigUInt64LE()) : Infinity;
    if (length > Math.min(MAX_HEADER_BYTES, size - 8)) throw new Error("its first 8 bytes are not a header's length");
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, 8);
    return buffer.toString();
  } finally {
    await handle.close();
  }
}

function countElements(header: unknown): SafetensorsFacts {
  if (typeof header !== "object" || header === null) throw new Error("its header is not an object");
  const tensors = Object.entries(header).filter(([name]) => name !== "__metadata__");
  const counts = tensors.map(([name, tensor]) => countTensor(name, tensor));
  const sum = (integer: boolean): number =>
    counts.filter((each) => each.integer === integer).reduce((total, each) => total + each.elements, 0);
  return { params: sum(false), integers: sum(true) };
}

function countTensor(name: string, tensor: unknown): { elements: number; integer: boolean } {
  if (typeof tensor === "object" && tensor !== null && "shape" in tensor && "dtype" in tensor) {
    const { shape, dtype } = tensor;
    if (Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
      const elements = shape.reduce((product: number, size: number) => product * size, 1);
      return { elements, integer: INTEGERS.test(String(dtype)) };
    }
  }
  throw new Error(`its tensor ${JSON.stringify(name)} has no shape`);
}
