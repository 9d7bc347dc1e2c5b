import { fork, type ChildProcess } from "node:child_process";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import type { LogLine } from "./server.ts";
import { rows } from "./rows.ts";

const SERVER = fileURLToPath(new URL("server.ts", import.meta.url));
const hello = z.object({ port: z.number() });
const time = z.number().nullable();
const report = z.object({
  log: z.array(
    z.object({
      kind: z.enum(["good", "error", "dropped", "truncated", "hung"]),
      ms: z.number(),
      firstTokenMs: z.number(),
      realMs: time,
      realFirstTokenMs: time,
    }),
  ),
});

/** A server of a row, in a child process. */
export class TruthApp {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  /** @param dir where a certificate may be written */
  static async start(key: string, dir: string): Promise<TruthApp> {
    const isTls = rows[key]?.badCertificate === true;
    const child = fork(SERVER, [key, ...(isTls ? makeCertificate(dir) : [])]);
    const { port } = hello.parse(await answerOf(child));
    return new TruthApp(child, `${isTls ? "https" : "http"}://127.0.0.1:${port}`);
  }

  /** Forgets what was before; the fates of the requests from now on are those of the seed. */
  async begin(seed: number): Promise<void> {
    const ready = answerOf(this.#child);
    this.#child.send(seed);
    await ready;
  }

  /** Every request since the run began, in the order they came. */
  async log(): Promise<LogLine[]> {
    const answer = answerOf(this.#child);
    this.#child.send("log");
    return report.parse(await answer).log;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const gone = once(this.#child, "exit");
    this.#child.kill();
    await gone;
  }
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  const [message]: unknown[] = await once(child, "message");
  return message;
}

/** Makes a certificate that nobody signed, for another name. @returns the files of key and certificate */
function makeCertificate(dir: string): string[] {
  const [key, certificate] = [path.join(dir, "key.pem"), path.join(dir, "certificate.pem")];
  const files = ["-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=other.example"];
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...files], { stdio: "ignore" });
  return [key, certificate];
}
