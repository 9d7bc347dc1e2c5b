// The server of bench/truth.ts, in a process of its own: node server.ts ROW [KEY CERTIFICATE]
// Tells its parent the port. A number from the parent is the seed of the next run; anything else asks for its log.
import fs from "node:fs";
import http from "node:http";
import https from "node:https";
import { portOf } from "../../test/unit/health/app.ts";
import { seeded } from "./random.ts";
import { FREEZE_AFTER_MS, PIECE_GAP_MS, PIECES, ROLE_FRAME_MS, rows, TOOK_HEADER, type Fate } from "./rows.ts";

/** One request as it went. */
export interface LogLine {
  kind: Fate["kind"];
  /** What was drawn. */
  ms: number;
  firstTokenMs: number;
  /** What the timers made of it; null until it is answered. */
  realMs: number | null;
  realFirstTokenMs: number | null;
}

const [, , key = "", ...certificate] = process.argv;
const row = rows[key];
if (row === undefined) throw new Error(`there is no row ${JSON.stringify(key)}`);

const BODY = JSON.stringify({ ok: true, text: "x".repeat(1_000) });
const HEALTH = JSON.stringify({
  version: 1,
  status: "ok",
  buildId: "truth",
  modelId: "none",
  mode: "local",
  task: "chat",
});
let random = seeded(0);
let log: LogLine[] = [];

const onRequest: http.RequestListener = (request, response) => {
  if (request.url === "/api/health") {
    response.setHeader("content-type", "application/json");
    response.end(HEALTH);
    return;
  }
  const arrivedAt = performance.now();
  const fate = row.fate(random);
  const line: LogLine = { ...fate, realMs: null, realFirstTokenMs: null };
  if (log.push(line) === 1 && row.freezeMs > 0) setTimeout(freeze, FREEZE_AFTER_MS, row.freezeMs);
  if (row.isStream) void stream(response, fate, line, arrivedAt);
  else setTimeout(answer, fate.ms, response, line, arrivedAt);
};

function answer(response: http.ServerResponse, line: LogLine, arrivedAt: number): void {
  line.realMs = performance.now() - arrivedAt;
  line.realFirstTokenMs = line.realMs;
  const { kind } = line;
  if (kind === "hung") return;
  if (kind === "dropped") {
    response.socket?.end();
    return;
  }
  const headers = { "content-type": "application/json", "content-length": BODY.length, [TOOK_HEADER]: line.realMs };
  response.writeHead(kind === "error" ? 500 : 200, headers);
  if (kind === "truncated") response.write(BODY.slice(0, 100), () => response.socket?.end());
  else response.end(BODY);
}

async function stream(response: http.ServerResponse, fate: Fate, line: LogLine, arrivedAt: number): Promise<void> {
  const until = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      setTimeout(resolve, Math.max(0, arrivedAt + ms - performance.now()));
    });
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.flushHeaders();
  await until(ROLE_FRAME_MS);
  response.write(frame({ role: "assistant", content: "" }, null));
  for (let piece = 0; piece < PIECES; piece++) {
    await until(fate.firstTokenMs + piece * PIECE_GAP_MS);
    line.realFirstTokenMs ??= performance.now() - arrivedAt;
    const isLast = piece === PIECES - 1;
    if (isLast) line.realMs = performance.now() - arrivedAt;
    response.write(frame({ content: `word${piece} ` }, null) + (isLast ? `${frame({}, "stop")}data: [DONE]\n\n` : ""));
  }
  response.end();
}

function frame(delta: object, finishReason: string | null): string {
  return `data: ${JSON.stringify({ object: "chat.completion.chunk", choices: [{ delta, finish_reason: finishReason }] })}\n\n`;
}

/** Holds the event loop still without using the processor, which the measuring side needs. */
function freeze(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

const [keyFile, certFile] = certificate;
const server =
  keyFile === undefined || certFile === undefined
    ? http.createServer(onRequest)
    : https.createServer({ key: fs.readFileSync(keyFile), cert: fs.readFileSync(certFile) }, onRequest);
server.keepAliveTimeout = 60_000;
// During the freeze nobody takes connections; with the usual backlog of 511 the kernel would turn users away at 1,000/s.
server.listen({ port: 0, host: "127.0.0.1", backlog: 4_096 }, () => {
  process.send?.({ port: portOf(server) });
});
process.on("message", (seed) => {
  if (typeof seed === "number") {
    random = seeded(seed);
    log = [];
    process.send?.({ ready: true });
  } else process.send?.({ log });
});
process.on("disconnect", () => process.exit());
