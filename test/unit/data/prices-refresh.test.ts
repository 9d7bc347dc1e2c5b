import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import http from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tempDir } from "../../temp.ts";

const script = path.resolve("scripts/refresh-data.ts");
const SHA = "a".repeat(64);
const requests: string[] = [];

/** npm's registry and the Hub in one: the newest table is 0.1.9, and one model has exact sizes. */
const server = http.createServer((request, response) => {
  requests.push(`${request.url} ${request.headers.authorization ?? ""}`);
  const answer = answerTo(request.url ?? "");
  response.writeHead(answer === null ? 404 : 200, { "content-type": "application/json" }).end(JSON.stringify(answer));
});
let url = "";

function hubFile(rfilename: string, size: number): object {
  return { rfilename, size, lfs: { sha256: SHA } };
}

function answerTo(at: string): object | null {
  if (at === "/@pydantic%2fgenai-prices") {
    const time = { "0.1.8": "2026-09-24T10:00:00.000Z", "0.1.9": "2026-11-01T10:00:00.000Z" };
    return { "dist-tags": { latest: "0.1.9" }, time };
  }
  if (!at.startsWith("/api/models/Xenova/all-MiniLM-L6-v2?")) return null;
  return {
    siblings: [
      { rfilename: "config.json" },
      hubFile("onnx/model.onnx", 90_387_606),
      hubFile("onnx/model_fp16.onnx", 60_000_000),
    ],
  };
}

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // True for a server that listens on a port.
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

async function checkout(): Promise<string> {
  const dir = await tempDir();
  await fs.mkdir(path.join(dir, "src/data"), { recursive: true });
  for (const file of ["package.json", "src/data/models.json", "src/data/token-prices.ts"])
    await fs.copyFile(file, path.join(dir, file));
  return dir;
}

function refresh(cwd: string, at: string, hub = at): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { ...process.env, npm_config_registry: at, HF_ENDPOINT: hub, HF_TOKEN: "hf_secret" };
  return new Promise((resolve) => {
    execFile(process.execPath, [script], { cwd, env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

test("sizes, hashes and the day of the table are taken over; what is not clear is for people", async () => {
  const dir = await checkout();
  const run = await refresh(dir, url);
  expect(run).toMatchObject({ code: 0, stderr: "" });
  expect(run.stdout).toContain("token-prices.ts: @pydantic/genai-prices 0.1.8 of 2026-09-24");
  expect(run.stdout).toContain("npm install -D -E @pydantic/genai-prices@0.1.9");
  expect(run.stdout).toContain(`all-minilm-l6-v2 fp32 has 90387606 bytes, sha256 ${SHA}`);
  expect(run.stdout).toMatch(/all-minilm-l6-v2 fp16: the Hub has another file now, 60000000 bytes instead of 45300000/);
  expect(run.stdout).toContain("all-minilm-l6-v2 q8: Xenova/all-MiniLM-L6-v2 lists no file for it");
  expect(run.stdout).toMatch(/Needs a person[^]*prices of 2026-02-27 are older than 90 days/);
  expect(`${run.stdout}${run.stderr}`).not.toContain("hf_secret");

  const table = await fs.readFile(path.join(dir, "src/data/token-prices.ts"), "utf8");
  expect(table).toContain('version: "0.1.8", published: "2026-09-24" } as const');
  const written = await fs.readFile(path.join(dir, "src/data/models.json"), "utf8");
  const before = await fs.readFile("src/data/models.json", "utf8");
  const old = /90400000,\n( +)"source": "hub-listing"/;
  expect(written).toBe(before.replace(old, `90387606,\n$1"source": "hub-listing",\n$1"sha256": "${SHA}"`));
  // A token for the Hub is not for npm.
  expect(
    requests.filter((request) => request.includes("hf_secret")).every((request) => request.startsWith("/api/models/")),
  ).toBe(true);
});

test("a second run changes nothing", async () => {
  const dir = await checkout();
  await refresh(dir, url);
  expect((await refresh(dir, url)).stdout).toMatch(/^Changed\n {2}nothing\n/);
});

test("without a network: exit 2, and nothing is touched", async () => {
  const dir = await checkout();
  const run = await refresh(dir, "http://127.0.0.1:9");
  expect(run).toMatchObject({
    code: 2,
    stdout: "",
    stderr: expect.stringContaining("http://127.0.0.1:9 cannot be reached"),
  });
  expect(await fs.readFile(path.join(dir, "src/data/models.json"), "utf8")).toBe(
    await fs.readFile("src/data/models.json", "utf8"),
  );
});

test("only the Hub is away: what was taken over from npm is said, and the exit code is 2 still", async () => {
  const dir = await checkout();
  const run = await refresh(dir, url, "http://127.0.0.1:9");
  expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining("127.0.0.1:9 cannot be reached") });
  expect(run.stdout).toContain("token-prices.ts: @pydantic/genai-prices 0.1.8 of 2026-09-24");
});
