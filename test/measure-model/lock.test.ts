import fs from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { addMeasured, LOCK_FILE, readMeasured } from "../../src/measure-model/lock.ts";
import type { Measured } from "../../src/plan/types.ts";
import { tempDir } from "../temp.ts";

const measured: Measured = {
  modelId: "use-lite",
  engine: "onnx",
  dtype: "q8",
  standIn: false,
  tokensIn: 64,
  tokensOut: 0,
  concurrency: 1,
  p95Ms: 3.5,
  firstTokenMs: null,
  tokensPerSecond: null,
  cpuMs: 2.9,
  coldStartMs: 640,
  memoryBytes: 180_000_000,
  bundleBytes: 54_000_000,
  requests: 60,
  machine: "a machine, 2 cores, Node 24.21.0",
  measuredAt: "2026-11-23T12:00:00.000Z",
};

it("knows nothing of a project without the file", async () => {
  expect(await readMeasured(await tempDir())).toEqual([]);
});

it("gives back what was added, with a version, and leaves nothing else", async () => {
  const dir = await tempDir();
  await addMeasured(dir, measured);
  expect(await readMeasured(dir)).toEqual([measured]);
  expect(JSON.parse(await fs.readFile(path.join(dir, LOCK_FILE), "utf8"))).toEqual({
    version: 1,
    measured: [measured],
  });
  expect(await fs.readdir(dir)).toEqual([LOCK_FILE]);
});

it("replaces an older measurement of the same thing in its place, also from another machine", async () => {
  const dir = await tempDir();
  const other = { ...measured, concurrency: 8 };
  await addMeasured(dir, measured);
  await addMeasured(dir, other);
  const newer = { ...measured, p95Ms: 9, standIn: true, machine: "another", measuredAt: "2026-11-24T12:00:00.000Z" };
  await addMeasured(dir, newer);
  expect(await readMeasured(dir)).toEqual([newer, other]);
});

it.for([
  { modelId: "other" },
  { engine: "gguf" },
  { dtype: "fp32" },
  { tokensIn: 65 },
  { tokensOut: 1 },
  { concurrency: 2 },
])("keeps a measurement of something else: %j", async (difference) => {
  const dir = await tempDir();
  await addMeasured(dir, measured);
  await addMeasured(dir, { ...measured, ...difference });
  expect(await readMeasured(dir)).toHaveLength(2);
});

describe("a broken file is said, by its keys, and stays as it is", () => {
  const broken: [string, string, string][] = [
    ["no JSON", "{", "not valid JSON"],
    ["another version", '{"version":2,"measured":[]}', "version"],
    ["a key too many", '{"version":1,"measured":[],"more":1}', "more"],
    ["a wrong number", JSON.stringify({ version: 1, measured: [{ ...measured, p95Ms: -1 }] }), "measured.0.p95Ms"],
    [
      "a missing key",
      JSON.stringify({ version: 1, measured: [{ ...measured, machine: undefined }] }),
      "measured.0.machine",
    ],
    [
      "a date that is none",
      JSON.stringify({ version: 1, measured: [{ ...measured, measuredAt: "today" }] }),
      "measuredAt",
    ],
  ];
  it.for(broken)("%s", async ([, text, key]) => {
    const dir = await tempDir();
    const file = path.join(dir, LOCK_FILE);
    await fs.writeFile(file, text);
    const error = { code: "BAD_CONFIG", message: expect.stringContaining(key), hint: expect.stringContaining(file) };
    await expect(readMeasured(dir)).rejects.toMatchObject(error);
    await expect(addMeasured(dir, measured)).rejects.toMatchObject(error);
    expect(await fs.readFile(file, "utf8")).toBe(text);
  });
});
