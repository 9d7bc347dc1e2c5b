// Reads the TensorFlow.js weights of Universal Sentence Encoder Lite and quantises them.
import fs from "node:fs";
import path from "node:path";

export interface Weight {
  data: Float32Array;
  shape: readonly number[];
}

interface Manifest {
  weightsManifest: { paths: string[]; weights: { name: string; shape: number[]; dtype: string }[] }[];
}

/** All float weights of a TensorFlow.js graph model, looked up by parts of their names. */
export class Weights {
  readonly #byName = new Map<string, Weight>();

  /** @param dist folder with model.json and its shards */
  constructor(dist: string) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a file of a pinned package; the model test fails when it changes
    const model = JSON.parse(fs.readFileSync(path.join(dist, "model.json"), "utf8")) as Manifest;
    for (const group of model.weightsManifest) {
      const shards = Buffer.concat(group.paths.map((file) => fs.readFileSync(path.join(dist, file))));
      let offset = shards.byteOffset;
      for (const { name, shape, dtype } of group.weights) {
        const bytes = shape.reduce((product, size) => product * size, 1) * 4;
        if (dtype === "float32")
          this.#byName.set(name, { data: new Float32Array(shards.buffer.slice(offset, offset + bytes)), shape });
        offset += bytes;
      }
    }
  }

  /** The one weight whose name holds every part. @throws when there is none or more than one */
  find(...parts: readonly string[]): Weight {
    const names = [...this.#byName.keys()].filter((name) => parts.every((part) => name.includes(part)));
    const weight = this.#byName.get(names[0] ?? "");
    if (weight === undefined || names.length !== 1)
      throw new Error(`${names.length} weights match ${parts.join(" + ")}`);
    return weight;
  }
}

/** 7-bit range: with 8 bits, 8-bit x 8-bit products saturate on x64 without VNNI (measured: cosine 0.994 instead of 0.998). */
const RANGE = 63;

export interface Quantized {
  values: Int8Array;
  scales: Float32Array;
}

/** Symmetric int8 with one scale per column (`axis` 1) or per row (`axis` 0) of a rows x cols matrix. */
export function quantize(data: Float32Array, rows: number, cols: number, axis: 0 | 1): Quantized {
  const groupOf = (index: number): number => (axis === 1 ? index % cols : Math.floor(index / cols));
  const peaks = new Float32Array(axis === 1 ? cols : rows).fill(1e-8);
  data.forEach((value, index) => {
    const group = groupOf(index);
    peaks[group] = Math.max(peaks[group] ?? 0, Math.abs(value));
  });
  const scales = peaks.map((peak) => peak / RANGE);
  const values = new Int8Array(data.length);
  data.forEach((value, index) => {
    values[index] = Math.round(value / (scales[groupOf(index)] ?? 1));
  });
  return { values, scales };
}
