import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Upstash's REST API before a Redis of one's own: what the apps' `lib/redis.ts` speaks. */
export interface Upstash {
  /** What an app needs to find it. */
  env: { KV_REST_API_URL: string; KV_REST_API_TOKEN: string };
  /** Names of the commands that came, in order. */
  commands: string[];
  /** How it behaves from now on: answers late, or never. */
  behaviour: { delayMs: number; hangs: boolean };
  /** Sends a command by itself, to look or to arrange. */
  send(...command: readonly string[]): Promise<unknown>;
  close(): Promise<void>;
}

type Reply = string | number | null | Error | Reply[];

/** Where redis-server is; null when this machine has none. */
export function findRedis(): string | null {
  const dirs = (process.env["PATH"] ?? "").split(path.delimiter);
  return dirs.map((dir) => path.join(dir, "redis-server")).find((file) => fs.existsSync(file)) ?? null;
}

/**
 * Starts an empty redis-server without a file, and a loopback server with Upstash's REST API before it: `POST /` with a
 * command as a JSON array and a bearer token. The rest of their API is not here: `lib/redis.ts` does not need it.
 * @param binary from findRedis()
 */
export async function startUpstash(binary: string): Promise<Upstash> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "edge-ai-redis-"));
  const socket = path.join(dir, "redis.sock");
  const child = spawn(binary, ["--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no"], {
    cwd: dir,
    stdio: "ignore",
  });
  const redis = await connect(socket);
  const token = "test-token";
  const behaviour = { delayMs: 0, hangs: false };
  const commands: string[] = [];
  const server = http.createServer(async (request, response) => {
    const text = Buffer.concat(await request.toArray()).toString();
    if (behaviour.hangs) return;
    await sleep(behaviour.delayMs);
    const isAllowed = request.headers.authorization === `Bearer ${token}`;
    const command = (JSON.parse(text) as unknown[]).map(String);
    commands.push(command[0] ?? "");
    const reply = isAllowed ? await redis.send(command) : new Error("WRONGPASS invalid or missing auth token");
    const status = isAllowed ? (reply instanceof Error ? 400 : 200) : 401;
    const body = reply instanceof Error ? { error: reply.message } : { result: reply };
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address() as net.AddressInfo;
  return {
    env: { KV_REST_API_URL: `http://127.0.0.1:${address.port}`, KV_REST_API_TOKEN: token },
    commands,
    behaviour,
    send: (...command) => redis.send(command),
    async close() {
      server.close();
      server.closeAllConnections();
      redis.end();
      const exited = once(child, "exit");
      child.kill();
      await exited;
      fs.rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** A connection that speaks RESP2: commands are answered in the order in which they are sent. */
async function connect(socket: string): Promise<{ send(command: readonly string[]): Promise<Reply>; end(): void }> {
  const connection = await whenListening(socket);
  const waiting: ((reply: Reply) => void)[] = [];
  let text = "";
  // latin1 keeps bytes and characters the same, as lengths are in bytes.
  connection.setEncoding("latin1").on("data", (chunk: string) => {
    text += chunk;
    for (let parsed = parse(text, 0); parsed !== null; parsed = parse(text, 0)) {
      text = text.slice(parsed.end);
      waiting.shift()?.(parsed.reply);
    }
  });
  connection.on("error", () => {});
  return {
    send: (command) =>
      new Promise((resolve) => {
        waiting.push(resolve);
        const parts = command.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`);
        connection.write(`*${parts.length}\r\n${parts.join("")}`);
      }),
    end: () => connection.destroy(),
  };
}

async function whenListening(socket: string): Promise<net.Socket> {
  for (let attempt = 0; ; attempt++) {
    const connection = net.connect(socket);
    try {
      await once(connection, "connect");
      return connection;
    } catch (error) {
      if (attempt === 200) throw error;
      await sleep(25);
    }
  }
}

/** One reply of RESP2 from `at` on; null while it is not all there. */
function parse(text: string, at: number): { reply: Reply; end: number } | null {
  const lineEnd = text.indexOf("\r\n", at);
  if (lineEnd === -1) return null;
  const line = text.slice(at + 1, lineEnd);
  const start = lineEnd + 2;
  if (text[at] === "+") return { reply: line, end: start };
  if (text[at] === "-") return { reply: new Error(line), end: start };
  if (text[at] === ":") return { reply: Number(line), end: start };
  const count = Number(line);
  if (count === -1) return { reply: null, end: start };
  if (text[at] === "$") {
    const end = start + count;
    if (text.length < end + 2) return null;
    return { reply: Buffer.from(text.slice(start, end), "latin1").toString("utf8"), end: end + 2 };
  }
  const replies: Reply[] = [];
  let end = start;
  for (let index = 0; index < count; index++) {
    const parsed = parse(text, end);
    if (parsed === null) return null;
    replies.push(parsed.reply);
    end = parsed.end;
  }
  return { reply: replies, end };
}
