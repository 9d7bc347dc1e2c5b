// An embeddings request against the bare engine call it wraps, and the first call after prefetch: node bench/embeddings.ts
import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { Tokenizer } from "@huggingface/tokenizers";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { Pool } from "undici";
import { makeApp, median, withTempDir } from "./measure.ts";
import { startServer } from "./serve.ts";

const CALLS = 500;
const STARTS = 9;
const MODEL = "templates/models/use-lite";
const text = (n: number): string => `The parcel number ${n} was delivered this morning.`;

async function bareEngine(): Promise<number[]> {
  const json = async (file: string): Promise<object> => JSON.parse(await fs.readFile(path.join(MODEL, file), "utf8"));
  const tokenizer = new Tokenizer(await json("tokenizer.json"), await json("tokenizer_config.json"));
  const session = await InferenceSession.create(path.join(MODEL, "onnx/model_quantized.onnx"), {
    intraOpNumThreads: 1,
  });
  return timeEach(CALLS, async (n) => {
    const { ids } = tokenizer.encode(text(n));
    const input = new Tensor("int64", BigInt64Array.from(ids, BigInt), [1, ids.length]);
    const mask = new Tensor("int64", new BigInt64Array(ids.length).fill(1n), [1, ids.length]);
    await session.run({ input_ids: input, attention_mask: mask });
  });
}

async function request(pool: Pool, n: number): Promise<void> {
  const { statusCode, body } = await pool.request({
    path: "/api/embeddings",
    method: "POST",
    body: JSON.stringify({ input: text(n) }),
  });
  await body.arrayBuffer();
  if (statusCode !== 200) throw new Error(`status ${statusCode}`);
}

async function timeEach(calls: number, call: (n: number) => Promise<void>): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < calls; n++) {
    const started = performance.now();
    await call(n);
    times.push(performance.now() - started);
  }
  return times.slice(Math.min(50, calls >> 1));
}

await withTempDir(async (dir) => {
  const app = await makeApp(dir);
  const cli = path.resolve("dist/edge-ai.js");
  await promisify(execFile)(process.execPath, [cli, "build"], { cwd: app });
  const start = () =>
    startServer("http://127.0.0.1:41811/api/health", [process.execPath, cli, "dev", "--prebuilt", "--port", "41811"], {
      cwd: app,
    });
  const server = await start();
  const pool = new Pool("http://127.0.0.1:41811", { connections: 1 });
  await timeEach(50, (n) => request(pool, n));
  const rounds = [];
  for (let round = 0; round < 3; round++)
    rounds.push({ bare: median(await bareEngine()), http: median(await timeEach(CALLS, (n) => request(pool, n))) });
  await server.stop();
  await pool.close();
  console.log(
    "\nOne sentence, one at a time, median ms of 450 calls, three rounds\n\n| bare engine call | request through the host | ratio |\n|---|---|---|",
  );
  for (const { bare, http } of rounds)
    console.log(`| ${bare.toFixed(2)} | ${http.toFixed(2)} | ${(http / bare).toFixed(2)} |`);

  const first = { cold: [] as number[], prefetched: [] as number[], warm: [] as number[] };
  for (let n = 0; n < STARTS; n++) {
    for (const kind of ["cold", "prefetched"] as const) {
      const fresh = await start();
      const connection = new Pool("http://127.0.0.1:41811", { connections: 1 });
      if (kind === "prefetched")
        await fetch("http://127.0.0.1:41811/api/prefetch").then((response) => response.arrayBuffer());
      // The connection is not what is measured.
      await connection.request({ path: "/api/health", method: "GET" }).then(({ body }) => body.arrayBuffer());
      const started = performance.now();
      await request(connection, n);
      first[kind].push(performance.now() - started);
      first.warm.push(...(await timeEach(40, (m) => request(connection, m))));
      await connection.close();
      await fresh.stop();
    }
  }
  console.log(
    `\nFirst embeddings call of a fresh instance, median ms of ${STARTS} starts\n\n| cold | after prefetch | warm | after prefetch ÷ warm |\n|---|---|---|---|`,
  );
  const [cold, prefetched, warm] = [median(first.cold), median(first.prefetched), median(first.warm)];
  console.log(
    `| ${cold.toFixed(1)} | ${prefetched.toFixed(1)} | ${warm.toFixed(1)} | ${(prefetched / warm).toFixed(2)} |`,
  );
});
