// The program of one function's child process. It imports the handler, listens on a Unix socket, and ends with the host.
import http from "node:http";
import { installContext, keepOpen, openWork } from "./launcher/context.ts";
import { loadListener } from "./launcher/handler.ts";
import { serve } from "./launcher/serve.ts";
import type { LauncherMessage, LauncherSettings } from "./launcher/settings.ts";

const MAX_HEADER_BYTES = 64 * 1024;

// Written by instance.ts; a mismatch is a bug and may crash.
const settings: LauncherSettings = JSON.parse(process.argv[2] ?? "");
process.argv.splice(1, 2, settings.handler);

// The host is gone, however it died: nothing may outlive it.
const end = (): boolean => process.kill(process.pid, "SIGKILL");
process.on("disconnect", end);
// It may have gone before anybody listened.
if (!process.connected) end();
process.on("message", () => tell("pong"));

installContext();
// What it throws is printed by Node.js and ends the process with 1, as a crash of the function should.
const listener = await loadListener(settings.handler, settings.shouldAddHelpers);
const server = http.createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (req, res) => {
  keepOpen(new Promise((resolve) => res.once("close", resolve)));
  void serve(listener, req, res);
});
// The host's agent decides how long connections live. One closed by us could be just taking a request.
server.keepAliveTimeout = 0;
server.requestTimeout = 0;
server.headersTimeout = 0;
process.once("SIGTERM", () => void stop());
server.listen(settings.socketPath, () => tell("ready"));

/** Lets requests and `waitUntil` promises finish, for a while. */
async function stop(): Promise<void> {
  server.close();
  setTimeout(leave, settings.stopGraceMs);
  await openWork();
  leave();
}

function leave(): void {
  // oxlint-disable-next-line unicorn/no-process-exit -- the function's own timers must not keep its process alive
  process.exit(0);
}

function tell(message: LauncherMessage): void {
  process.send?.(message);
}
