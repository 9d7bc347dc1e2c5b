// Pulls from a Hub on this machine, over real sockets into real folders, on good days and on bad ones.
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CliError, Interrupted } from "../../src/errors.ts";
import { download } from "../../src/models/download.ts";
import { hubOf } from "../../src/models/hub-endpoint.ts";
import { pullAll } from "../../src/models/pull-all.ts";
import { pullModel } from "../../src/models/pull.ts";
import { sourceOf } from "../../src/models/source.ts";
import { COMMIT, startHub, type Fault, type LoopbackHub } from "../support/hub.ts";
import { tempDir } from "../temp.ts";
import { ioOf as plainIo } from "./io.ts";

const ONNX = "onnx/model_quantized.onnx";
const NAME = "someone/Tiny-Embedder";
const FOLDER = "models/someone/Tiny-Embedder";
const TOKEN = "hf_loopbackSecret0123456789";
const weights = randomBytes(200_000);
const files = {
  "README.md": "# tiny",
  "config.json": '{"model_type":"bert"}',
  "tokenizer.json": '{"version":"1.0"}',
  "tokenizer_config.json": "{}",
  "onnx/model.onnx": randomBytes(1_000),
  [ONNX]: weights,
  "onnx/model_q4.onnx": randomBytes(10),
  "onnx/model_q4.onnx_data": randomBytes(20),
};
const patience = { idleMs: 200, backoffMs: 10, tries: 3 };

let hub: LoopbackHub;
beforeEach(async () => {
  hub = await startHub({
    [NAME]: { files },
    "someone/tiny-GGUF": {
      files: { "tiny-Q4_0.gguf": randomBytes(500), "tiny-Q8_0.gguf": randomBytes(900), "big-00001-of-00002.gguf": "x" },
    },
    "Xenova/all-MiniLM-L6-v2": { files },
    "evil/up": { files: { ...files, "../../../outside.txt": "out" } },
    "evil/absolute": { files: { ...files, "/etc/passwd": "root" } },
  });
});
afterEach(() => hub.close());

function ioOf(cwd: string, env: Record<string, string> = {}, signal?: AbortSignal): ReturnType<typeof plainIo> {
  return plainIo(cwd, { HF_ENDPOINT: hub.url, ...env }, signal);
}

async function pull(
  dir: string,
  name = NAME,
  asked: { revision?: string; dtype?: string } = {},
  io = ioOf(dir),
): ReturnType<typeof pullModel> {
  return pullModel(sourceOf(name, asked, null), { io, projectDir: dir, patience });
}

async function failure(promise: Promise<unknown>): Promise<CliError> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CliError);
  return error as CliError;
}

async function filesIn(dir: string): Promise<string[]> {
  const entries = await fs.readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(dir, path.join(entry.parentPath, entry.name)))
    .toSorted();
}

const sha256 = (content: Buffer | string): string => createHash("sha256").update(content).digest("hex");

describe("a good day", () => {
  test("the files of one kind, in the layout of generated apps, with a lock that says what they are", async () => {
    const dir = await tempDir();
    const pulled = await pull(dir);
    expect(await filesIn(dir)).toEqual([
      "models.lock.json",
      ...["config.json", ONNX, "tokenizer.json", "tokenizer_config.json"].map((file) => `${FOLDER}/${file}`),
    ]);
    expect(await fs.readFile(path.join(dir, FOLDER, ONNX))).toEqual(weights);
    const names = ["config.json", "tokenizer.json", "tokenizer_config.json", ONNX] as const;
    const locked = names.map((file) => {
      const content = Buffer.from(files[file] ?? "");
      return { path: file, bytes: content.length, sha256: sha256(content) };
    });
    const lock: unknown = JSON.parse(await fs.readFile(path.join(dir, "models.lock.json"), "utf8"));
    const model = { id: NAME, path: FOLDER, hub: NAME, revision: COMMIT, dtype: "q8", files: locked };
    expect(lock).toEqual({ version: 1, models: [model] });
    expect(pulled.fetchedBytes).toBe(locked.reduce((sum, { bytes }) => sum + bytes, 0));
  });

  test("what is there and right is not fetched again, and what is wrong is", async () => {
    const dir = await tempDir();
    await pull(dir);
    hub.seen.length = 0;
    expect(await pull(dir)).toMatchObject({ fetchedBytes: 0, lockChanged: false });
    expect(hub.seen.filter(({ url }) => url.includes("/resolve/"))).toEqual([]);
    // As long as before: only the hash tells.
    await fs.writeFile(path.join(dir, FOLDER, ONNX), randomBytes(weights.length));
    expect((await pull(dir)).fetchedBytes).toBe(weights.length);
    expect(await fs.readFile(path.join(dir, FOLDER, ONNX))).toEqual(weights);
  });

  test("another kind brings its external data, and takes the first kind away", async () => {
    const dir = await tempDir();
    await pull(dir);
    await pull(dir, NAME, { dtype: "q4" });
    const onnx = ["model_q4.onnx", "model_q4.onnx_data"].map((file) => `onnx/${file}`);
    expect(await filesIn(path.join(dir, FOLDER))).toEqual(
      ["config.json", ...onnx, "tokenizer.json", "tokenizer_config.json"].toSorted(),
    );
  });

  test("of GGUF files the one that functions run best, under the name that they load", async () => {
    const dir = await tempDir();
    const { model } = await pull(dir, "someone/tiny-GGUF");
    expect(model).toMatchObject({ dtype: "Q4_0", files: [{ path: "model.gguf", from: "tiny-Q4_0.gguf", bytes: 500 }] });
    expect((await pull(dir, "someone/tiny-GGUF", { dtype: "q8_0" })).model.files).toMatchObject([{ bytes: 900 }]);
  });

  test("a symbolic link in the place of a file becomes a file, and one in the place of a folder is refused", async () => {
    const dir = await tempDir();
    await pull(dir);
    const file = path.join(dir, FOLDER, "config.json");
    await fs.writeFile(path.join(dir, "elsewhere.json"), files["config.json"]);
    await fs.rm(file);
    await fs.symlink(path.join(dir, "elsewhere.json"), file);
    await pull(dir);
    expect((await fs.lstat(file)).isFile()).toBe(true);
    await fs.rename(path.join(dir, "models"), path.join(dir, "other"));
    await fs.symlink("other", path.join(dir, "models"));
    expect(await failure(pull(dir))).toMatchObject({ code: "BAD_CONFIG", message: expect.stringContaining("link") });
  });
});

describe("the lock", () => {
  test("restores the same bytes without asking what the newest are, and writes nothing", async () => {
    const dir = await tempDir();
    await pull(dir);
    await pull(dir, "someone/tiny-GGUF");
    const before = await fs.readFile(path.join(dir, "models.lock.json"), "utf8");
    await fs.rm(path.join(dir, "models"), { recursive: true });
    hub.seen.length = 0;
    const restored = await pullAll(ioOf(dir), { projectDir: dir });
    expect(restored).toMatchObject({ model: null, lock: { changed: false } });
    expect(restored.fetchedBytes).toBe(restored.bytes);
    expect(hub.seen.filter(({ url }) => url.startsWith("/api/"))).toEqual([]);
    expect(await fs.readFile(path.join(dir, "models.lock.json"), "utf8")).toBe(before);
    expect((await pullAll(ioOf(dir), { projectDir: dir })).fetchedBytes).toBe(0);
  });

  test("is not satisfied by other bytes", async () => {
    const dir = await tempDir();
    await pull(dir, "someone/tiny-GGUF");
    const file = path.join(dir, "models.lock.json");
    const lock = (await fs.readFile(file, "utf8")).replace(/"sha256": "\w+"/, `"sha256": "${"0".repeat(64)}"`);
    await fs.writeFile(file, lock);
    const error = await failure(pullAll(ioOf(dir), { projectDir: dir }));
    expect(error).toMatchObject({ code: "PLATFORM", message: expect.stringContaining("sha256") });
    expect(await failure(pull(dir, "someone/tiny-GGUF"))).toMatchObject({
      message: expect.stringContaining("models.lock.json says of the same revision"),
    });
  });

  test.each([
    ["../outside", "config.json"],
    ["models/x", "../../outside.txt"],
    ["models/x", "/etc/passwd"],
  ])("does not lead out of the project: %s, %s", async (folder, file) => {
    const dir = await tempDir();
    const locked = { path: file, bytes: 3, sha256: sha256("out") };
    const model = { id: "x", path: folder, hub: NAME, revision: COMMIT, files: [locked] };
    await fs.writeFile(path.join(dir, "models.lock.json"), JSON.stringify({ version: 1, models: [model] }));
    expect((await failure(pullAll(ioOf(dir), { projectDir: dir }))).code).toBe("BAD_CONFIG");
    expect(await filesIn(dir)).toEqual(["models.lock.json"]);
  });

  test.each([
    ["npm:--registry=http://evil", "1.0.0"],
    ["npm:file:../evil", "1.0.0"],
    ["../../evil", COMMIT],
    [NAME, "../../other/resolve/main"],
  ])("is not believed when it names %s at %s", async (from, revision) => {
    const dir = await tempDir();
    const locked = [{ path: "config.json", bytes: 2, sha256: sha256("{}") }];
    const model = { id: "x", path: "models/x", hub: from, revision, files: locked };
    await fs.writeFile(path.join(dir, "models.lock.json"), JSON.stringify({ version: 1, models: [model] }));
    expect((await failure(pullAll(ioOf(dir), { projectDir: dir }))).code).toBe("BAD_CONFIG");
    expect(hub.seen).toEqual([]);
  });

  test("is kept when the pull fails", async () => {
    const dir = await tempDir();
    await pull(dir);
    const before = await fs.readFile(path.join(dir, "models.lock.json"), "utf8");
    hub.faults.set("onnx/model.onnx", { kind: "status", status: 404 });
    await failure(pull(dir, NAME, { dtype: "fp32" }));
    expect(await fs.readFile(path.join(dir, "models.lock.json"), "utf8")).toBe(before);
    expect(await fs.readFile(path.join(dir, FOLDER, ONNX))).toEqual(weights);
  });
});

describe("a folder that came with somebody's code", () => {
  const part = `.edge-ai/pull/${sha256(weights)}.part`;
  const builtIn = JSON.parse(readFileSync("templates/models/use-lite/config.json", "utf8")) as object;

  test.each([0, 1_000, weights.length])(
    "a link in the place of a part, to %d bytes, is not written through",
    async (n) => {
      const [dir, outside] = [await tempDir(), path.join(await tempDir(), "precious")];
      await fs.writeFile(outside, weights.subarray(0, n));
      await fs.mkdir(path.join(dir, ".edge-ai/pull"), { recursive: true });
      await fs.symlink(outside, path.join(dir, part));
      await pull(dir);
      expect((await fs.readFile(outside)).equals(weights.subarray(0, n))).toBe(true);
      expect((await fs.lstat(path.join(dir, FOLDER, ONNX))).isFile()).toBe(true);
      expect(await fs.readFile(path.join(dir, FOLDER, ONNX))).toEqual(weights);
    },
  );

  test("nor is one that comes while the bytes are fetched", async () => {
    const [dir, outside] = [await tempDir(), path.join(await tempDir(), "precious")];
    await fs.writeFile(outside, "");
    await fs.symlink(outside, path.join(dir, "x.part"));
    const wanted = {
      name: "config.json",
      urlPath: `/${NAME}/resolve/${COMMIT}/config.json`,
      part: path.join(dir, "x.part"),
      bytes: files["config.json"].length,
      digest: { kind: "sha256" as const, hex: sha256(files["config.json"]) },
    };
    const options = { ...patience, signal: new AbortController().signal };
    await expect(download(hubOf({ HF_ENDPOINT: hub.url }), wanted, options)).rejects.toThrow("ELOOP");
    expect(await fs.readFile(outside, "utf8")).toBe("");
  });

  test.each([".edge-ai", ".edge-ai/pull"])("%s as a link is refused", async (link) => {
    const [dir, outside] = [await tempDir(), await tempDir()];
    await fs.mkdir(path.dirname(path.join(dir, link)), { recursive: true });
    await fs.symlink(outside, path.join(dir, link));
    for (const name of [NAME, "use-lite"]) {
      expect(await failure(pull(dir, name))).toMatchObject({
        code: "BAD_CONFIG",
        message: expect.stringContaining(`${link} is a symbolic link`),
      });
    }
    expect(await filesIn(outside)).toEqual([]);
  });

  test("a link in the place of a built-in model's part is not written through", async () => {
    const [dir, outside] = [await tempDir(), path.join(await tempDir(), "precious")];
    await fs.writeFile(outside, "mine");
    const hash = sha256(await fs.readFile("templates/models/use-lite/config.json"));
    await fs.mkdir(path.join(dir, ".edge-ai/pull"), { recursive: true });
    await fs.symlink(outside, path.join(dir, `.edge-ai/pull/${hash}.part`));
    const { model } = await pull(dir, "use-lite");
    expect(await fs.readFile(outside, "utf8")).toBe("mine");
    expect(JSON.parse(await fs.readFile(path.join(dir, model.path, "config.json"), "utf8"))).toEqual(builtIn);
  });

  test.each([".git", "./.git", "models/.x", "node_modules/x", "API", "api/x", "lib", "public", "src/x"])(
    "%s is no folder for a model, in the lock or in edge-ai.json",
    async (folder) => {
      const dir = await tempDir();
      const locked = { path: "config.json", bytes: 2, sha256: sha256("{}") };
      const model = { id: "x", path: folder, hub: NAME, revision: COMMIT, files: [locked] };
      await fs.writeFile(path.join(dir, "models.lock.json"), JSON.stringify({ version: 1, models: [model] }));
      const wrong = { code: "BAD_CONFIG", message: expect.stringContaining("is no folder for weights") };
      expect(await failure(pullAll(ioOf(dir), { projectDir: dir }))).toMatchObject(wrong);
      await fs.rm(path.join(dir, "models.lock.json"));
      const source = { ...sourceOf(NAME, {}, null), folder };
      expect(await failure(pullModel(source, { io: ioOf(dir), projectDir: dir, patience }))).toMatchObject(wrong);
      expect(await filesIn(dir)).toEqual([]);
      expect(hub.seen).toEqual([]);
    },
  );

  test.each([".npmrc", ".git/config", "onnx/.env"])("%s is no file of a model", async (file) => {
    const dir = await tempDir();
    const model = { id: "x", path: "models/x", files: [{ path: file, bytes: 2, sha256: sha256("{}") }] };
    await fs.writeFile(path.join(dir, "models.lock.json"), JSON.stringify({ version: 1, models: [model] }));
    expect(await failure(pullAll(ioOf(dir), { projectDir: dir }))).toMatchObject({
      code: "BAD_CONFIG",
      message: expect.stringContaining("models.0.files.0.path: begins with a dot"),
    });
  });
});

describe("a bad day that passes", () => {
  test.each<[string, Fault]>([
    ["cut twice", { kind: "cut", after: 70_000, times: 2 }],
    ["cut more often than there are tries, but getting on", { kind: "cut", after: 70_000 }],
    ["stalled once", { kind: "stall", after: 50_000, times: 1 }],
    ["503 once", { kind: "status", status: 503, times: 1 }],
    ["429 with Retry-After", { kind: "status", status: 429, headers: { "retry-after": "0" }, times: 2 }],
  ])("%s", async (_, fault) => {
    const dir = await tempDir();
    hub.faults.set(ONNX, fault);
    await pull(dir);
    expect(await fs.readFile(path.join(dir, FOLDER, ONNX))).toEqual(weights);
    expect(await filesIn(path.join(dir, ".edge-ai"))).toEqual([]);
  });

  test("what was cut is gone on with, not begun again", async () => {
    const dir = await tempDir();
    hub.faults.set(ONNX, { kind: "cut", after: 70_000, times: 1 });
    await pull(dir);
    const ranges = hub.seen
      .filter(({ origin, url }) => origin === "cdn" && url.endsWith(ONNX))
      .map(({ range }) => range);
    expect(ranges).toEqual([undefined, "bytes=70000-"]);
  });

  test("a server that ignores the range sends everything once more", async () => {
    const dir = await tempDir();
    const part = path.join(dir, ".edge-ai/pull", `${sha256(weights)}.part`);
    await fs.mkdir(path.dirname(part), { recursive: true });
    await fs.writeFile(part, weights.subarray(0, 70_000));
    hub.faults.set(ONNX, { kind: "ignore-range" });
    await pull(dir);
    expect(await fs.readFile(path.join(dir, FOLDER, ONNX))).toEqual(weights);
  });

  test("a part of something else is thrown away, and the file fetched whole", async () => {
    const dir = await tempDir();
    const part = path.join(dir, ".edge-ai/pull", `${sha256(weights)}.part`);
    await fs.mkdir(path.dirname(part), { recursive: true });
    await fs.writeFile(part, randomBytes(1_000));
    await pull(dir);
    expect(await fs.readFile(path.join(dir, FOLDER, ONNX))).toEqual(weights);
  });
});

describe("a bad day that does not pass", () => {
  const page = "<!DOCTYPE html><html><title>Sign in</title></html>";
  const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 200000\n";

  test.each<[string, Fault, string, string]>([
    ["cut at once, always", { kind: "cut", after: 10 }, "PLATFORM", "tried 3 times"],
    ["stalled, always", { kind: "stall", after: 0 }, "PLATFORM", "no byte for 0.2 s"],
    [
      "a size that is not true: more",
      { kind: "size", bytes: 150_000 },
      "PLATFORM",
      "has 200000 bytes instead of the 150000",
    ],
    [
      "a size that is not true: less",
      { kind: "size", bytes: 250_000 },
      "PLATFORM",
      "has 200000 bytes instead of the 250000",
    ],
    ["a hash that is not true", { kind: "hash" }, "PLATFORM", "sha256"],
    ["a login page", { kind: "content", content: page, type: "text/html" }, "PLATFORM", "HTML page"],
    ["a git-lfs pointer", { kind: "content", content: pointer, type: "text/plain" }, "PLATFORM", "git-lfs pointer"],
    ["404", { kind: "status", status: 404 }, "UNKNOWN_MODEL", "404"],
    ["403", { kind: "status", status: 403 }, "NO_ACCESS", "403"],
    ["500, always", { kind: "status", status: 500 }, "PLATFORM", "500"],
    ["429 for an hour", { kind: "status", status: 429, headers: { "retry-after": "3600" } }, "PLATFORM", "429"],
    ["more than there is room for", { kind: "size", bytes: 1e15 }, "FILE", "disk"],
    [
      "a redirect in circles",
      { kind: "redirect", location: `/${NAME}/resolve/${COMMIT}/${ONNX}` },
      "PLATFORM",
      "redirects",
    ],
    [
      "a redirect to another kind of address",
      { kind: "redirect", location: "file:///etc/passwd" },
      "PLATFORM",
      "redirects",
    ],
  ])("%s", async (_, fault, code, words) => {
    const dir = await tempDir();
    hub.faults.set(ONNX, fault);
    const error = await failure(pull(dir));
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(words)]);
    expect(error.hint).toBeTruthy();
    const left = await filesIn(dir);
    expect(left.filter((file) => file.endsWith(ONNX) || file === "models.lock.json")).toEqual([]);
  });

  test("a small file is checked as well, by git's own hash", async () => {
    const dir = await tempDir();
    hub.faults.set("config.json", { kind: "hash" });
    expect((await failure(pull(dir))).message).toBe("config.json does not have the git hash that is promised");
    expect(await filesIn(dir)).toEqual([]);
  });

  test.each(["evil/up", "evil/absolute"])("%s: a file that leads out of the folder", async (name) => {
    const dir = await tempDir();
    expect((await failure(pull(path.join(dir), name))).message).toContain("leads out of the folder");
    expect(await filesIn(dir)).toEqual([]);
  });

  test("a Hub that is not there", async () => {
    const dir = await tempDir();
    await hub.close();
    expect(await failure(pull(dir))).toMatchObject({
      code: "PLATFORM",
      message: expect.stringContaining("ECONNREFUSED"),
    });
  });

  test("a model, a kind, a repository without weights", async () => {
    const dir = await tempDir();
    expect((await failure(pull(dir, "no/body"))).code).toBe("UNKNOWN_MODEL");
    expect((await failure(pull(dir, NAME, { dtype: "fp16" }))).hint).toContain("fp32, q8, q4");
    expect((await failure(pull(dir, "just a name"))).code).toBe("UNKNOWN_MODEL");
  });

  test("other weights than the catalogue knows, unless somebody names their commit", async () => {
    const dir = await tempDir();
    const error = await failure(pull(dir, "all-minilm-l6-v2"));
    expect(error).toMatchObject({ code: "PLATFORM", message: expect.stringContaining("the catalogue says afdb6f1a") });
    expect(hub.seen.filter(({ url }) => url.includes("/resolve/"))).toEqual([]);
    const { model } = await pull(dir, "all-minilm-l6-v2", { revision: COMMIT });
    expect(model).toMatchObject({ id: "all-minilm-l6-v2", path: "models/all-minilm-l6-v2" });
  });

  test("Ctrl-C leaves what has arrived, and the next pull goes on with it", async () => {
    const dir = await tempDir();
    hub.faults.set(ONNX, { kind: "stall", after: 70_000, times: 1 });
    const controller = new AbortController();
    const pulling = pull(dir, NAME, {}, ioOf(dir, {}, controller.signal));
    pulling.catch(() => undefined);
    const part = path.join(dir, ".edge-ai/pull", `${sha256(weights)}.part`);
    await expect
      .poll(
        () =>
          fs.stat(part).then(
            ({ size }) => size,
            () => 0,
          ),
        { interval: 5 },
      )
      .toBe(70_000);
    controller.abort(new Interrupted("SIGINT"));
    await expect(pulling).rejects.toThrow("interrupted");
    expect(await filesIn(path.join(dir, FOLDER))).not.toContain(ONNX);
    expect(await filesIn(dir)).not.toContain("models.lock.json");
    expect((await pull(dir)).fetchedBytes).toBe(weights.length - 70_000);
  });
});

describe("the token", () => {
  test("goes to the Hub, and after a redirect to another origin to nobody", async () => {
    const dir = await tempDir();
    hub.token = TOKEN;
    const io = ioOf(dir, { HF_TOKEN: TOKEN });
    await pull(dir, NAME, {}, io);
    const byOrigin = Object.groupBy(hub.seen, ({ origin }) => origin);
    expect(new Set(byOrigin.hub?.map(({ authorization }) => authorization))).toEqual(new Set([`Bearer ${TOKEN}`]));
    expect(new Set(byOrigin.cdn?.map(({ authorization }) => authorization))).toEqual(new Set([undefined]));
    const written = await Promise.all((await filesIn(dir)).map((file) => fs.readFile(path.join(dir, file), "latin1")));
    expect([io.said(), ...written].join("")).not.toContain(TOKEN);
  });

  test("does not come back after a redirect away and back", async () => {
    const dir = await tempDir();
    hub.token = TOKEN;
    hub.faults.set(ONNX, { kind: "redirect", location: `${hub.cdnUrl}/a/b/resolve/main/back`, times: 1 });
    hub.faults.set("back", { kind: "redirect", location: `${hub.url}/again` });
    await failure(pull(dir, NAME, {}, ioOf(dir, { HF_TOKEN: TOKEN })));
    expect(hub.seen.at(-1)).toMatchObject({ origin: "hub", url: "/again", authorization: undefined });
  });

  test("without it a private model says what to do, and so does one with the wrong one", async () => {
    const dir = await tempDir();
    hub.token = TOKEN;
    expect(await failure(pull(dir))).toMatchObject({ code: "NO_ACCESS", hint: expect.stringContaining("HF_TOKEN") });
    const wrong = await failure(pull(dir, NAME, {}, ioOf(dir, { HF_TOKEN: "hf_wrong0123456789" })));
    expect(wrong).toMatchObject({ code: "NO_ACCESS", hint: expect.stringContaining("another token") });
    expect(`${wrong.message} ${wrong.hint}`).not.toContain("hf_wrong");
  });

  test.each([
    ["http://hub.example.com", "unencrypted"],
    ["ftp://hub.example.com", "not the address"],
    ["https://user:secret@hub.example.com", "not the address"],
    ["nonsense", "not the address"],
  ])("does not go to %s", async (endpoint, words) => {
    const dir = await tempDir();
    const error = await failure(pull(dir, NAME, {}, ioOf(dir, { HF_TOKEN: TOKEN, HF_ENDPOINT: endpoint })));
    expect(error).toMatchObject({ code: "USAGE", message: expect.stringContaining(words) });
    expect(error.message).not.toContain("secret");
  });
});
