import net from "node:net";
import { median } from "../measure.ts";
import { TruthApp } from "./app.ts";
import { TOOK_HEADER } from "./rows.ts";

const REQUEST = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
const tookPattern = new RegExp(`${TOOK_HEADER}: ([\\d.]+)`, "i");

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
  return { ms: ways.slice(ratePerSecond), queuedMs: await measureQueue(port, ratePerSecond) };
}

/** As many come at once as in one second, as after a freeze of 1 s. The one in the middle has waited for half of them. */
async function measureQueue(port: number, count: number): Promise<number> {
  const sockets: net.Socket[] = [];
  const startedAt = performance.now();
  const waited = Array.from({ length: count }, async () => {
    const askedAt = performance.now();
    return (await ask(port, sockets)) + askedAt - startedAt;
  });
  const middle = median(await Promise.all(waited));
  for (const socket of sockets) socket.destroy();
  return middle / (count / 2);
}

async function ask(port: number, idle: net.Socket[]): Promise<number> {
  const socket = idle.pop() ?? (await connect(port));
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
  socket.removeAllListeners();
  idle.push(socket);
  return ms - Number(tookPattern.exec(answer)?.[1]);
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
