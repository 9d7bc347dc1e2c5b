import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { median } from "../measure.ts";
import { TruthApp } from "./app.ts";
import { FREEZE_AFTER_MS, FREEZE_MS, TOOK_HEADER } from "./rows.ts";

const REQUEST = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
const tookPattern = new RegExp(`${TOOK_HEADER}: ([\\d.]+)`, "i");

/** Users keep so far from the ends of a freeze. */
const MARGIN_MS = 100;

/** The way to a server and back. */
export interface Way {
  /** One for each request that was asked, in ms. */
  ms: number[];
  /** What each adds for those behind it when many come at once, on connections of their own. */
  queuedMs: number;
}

/**
 * How long the way to a server and back takes on this machine, in ms, as a bare socket sees it: latency less what the server
 * says it took. Every user has that way, whatever the tool, so that it belongs to the truth. Measured without a load tool.
 * @param seconds how long to ask, at the rate of the row: a machine that sleeps in between takes longer to wake
 */
export async function measureWay(ratePerSecond: number, seconds: number, dir: string): Promise<Way> {
  await using app = await TruthApp.start("lognormal", dir);
  await app.begin(0);
  const port = Number(new URL(app.url).port);
  const idle: net.Socket[] = [];
  const asked: Promise<number>[] = [];
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      asked.push(ask(port, idle));
      if (asked.length < ratePerSecond * seconds) return;
      clearInterval(timer);
      resolve();
    }, 1_000 / ratePerSecond);
  });
  const ways = await Promise.all(asked);
  for (const socket of idle) socket.destroy();
  // The first second pays for connections and compilation.
  return { ms: ways.slice(ratePerSecond), queuedMs: await measureQueue(ratePerSecond, dir) };
}

/**
 * What each adds for those behind it, in ms: users with connections of their own come at the rate while the server stands still,
 * and it takes them in one after the other once it goes on.
 */
async function measureQueue(ratePerSecond: number, dir: string): Promise<number> {
  await using app = await TruthApp.start("freeze", dir);
  await app.begin(0);
  const port = Number(new URL(app.url).port);
  const sockets: net.Socket[] = [];
  // The first one makes the server freeze a while after.
  await ask(port, sockets);
  await sleep(FREEZE_AFTER_MS + MARGIN_MS);
  const taken: Promise<number>[] = [];
  const count = Math.floor((ratePerSecond * (FREEZE_MS - 2 * MARGIN_MS)) / 1_000);
  const startedAt = performance.now();
  while (taken.length < count) {
    const due = Math.min(count, Math.ceil(((performance.now() - startedAt) * ratePerSecond) / 1_000));
    while (taken.length < due) taken.push(takenAt(port));
    await sleep(1);
  }
  const moments = await Promise.all(taken);
  const goesOnAt = Math.min(...moments);
  return median(moments.map((at) => at - goesOnAt)) / (count / 2);
}

/** When the server had a request in its hands: the answer came then, less what the server says it took. */
async function takenAt(port: number): Promise<number> {
  const socket = await connect(port);
  const { sentAt, ms, tookMs } = await askOn(socket);
  socket.destroy();
  return sentAt + ms - tookMs;
}

async function ask(port: number, idle: net.Socket[]): Promise<number> {
  const socket = idle.pop() ?? (await connect(port));
  const { ms, tookMs } = await askOn(socket);
  socket.removeAllListeners();
  idle.push(socket);
  return ms - tookMs;
}

async function askOn(socket: net.Socket): Promise<{ sentAt: number; ms: number; tookMs: number }> {
  const sentAt = performance.now();
  let answer = "";
  const ms = await new Promise<number>((resolve, reject) => {
    socket.once("error", reject);
    socket.on("data", (chunk: Buffer) => {
      const now = performance.now();
      answer += chunk.toString("latin1");
      if (isComplete(answer)) resolve(now - sentAt);
    });
    socket.write(REQUEST);
  });
  return { sentAt, ms, tookMs: Number(tookPattern.exec(answer)?.[1]) };
}

async function connect(port: number): Promise<net.Socket> {
  const socket = net.connect({ port, host: "127.0.0.1", noDelay: true });
  await new Promise((resolve, reject) => {
    socket.once("connect", resolve).once("error", reject);
  });
  return socket;
}

function isComplete(answer: string): boolean {
  const length = Number(/content-length: (\d+)/i.exec(answer)?.[1] ?? Infinity);
  return answer.length >= answer.indexOf("\r\n\r\n") + 4 + length;
}
