import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

export interface Server {
  url: string;
  stop(): Promise<void>;
}

/** Starts a server in a child process and waits until it answers. The child is ended by its process group. */
export async function startServer(
  url: string,
  command: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Server> {
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    ...options,
    env: { ...process.env, ...options.env },
    stdio: "ignore",
    detached: true,
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.pid === undefined) return;
    process.kill(-child.pid, "SIGTERM");
    await once(child, "exit");
  };
  for (let tries = 0; tries < 300; tries++) {
    const answered = await fetch(url).then(
      (response) => response.ok,
      () => false,
    );
    if (answered) return { url, stop };
    await sleep(100);
  }
  await stop();
  throw new Error(`${command.join(" ")} did not answer on ${url}`);
}
