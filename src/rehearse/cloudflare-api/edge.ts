import http, { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { messageOf } from "../../errors.ts";
import { sendText } from "../../host/platform-errors.ts";
import type { Platform } from "./platform.ts";
import { isOurs, route } from "./route.ts";
import { suffer } from "./sickness.ts";
import type { VersionHosts } from "./version-hosts.ts";

/** Answers as the network does that stands in front of the Workers. */
export async function answerAtEdge(
  platform: Platform,
  hosts: VersionHosts,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  if (!isOurs(req.headers.host)) return sendText(res, 403, "This server answers only for this machine.\n");
  res.setHeader("server", "cloudflare");
  res.setHeader("cf-ray", "0000000000000000-LOCAL");
  const found = route(platform, req.headers);
  if (found === undefined) return sendText(res, 404, "There is nothing here yet\n");
  try {
    if (await suffer(found.version.infection, found.isProduction, req, res)) return;
    await hosts.use(found.version, ({ url }) => pass(url, req, res));
  } catch (error) {
    platform.settings.onLog(`error: ${found.version.id}: ${messageOf(error)}`);
    if (res.headersSent) res.destroy();
    else sendText(res, 502, "error code: 1101\n");
  }
}

/** Hands the request on as it came, and the answer back as it comes. */
async function pass(url: string, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { method, url: path, headers, socket } = req;
  // Whoever asks cannot say who they are.
  const own = { ...withoutConnection(headers), "cf-connecting-ip": socket.remoteAddress ?? "127.0.0.1" };
  await new Promise<void>((resolve, reject) => {
    // Each on a connection of its own: workerd closes one that was idle just when the next request may be on its way.
    const onward = http.request(url, { method, path, headers: own, agent: false }, (answer) => {
      res.writeHead(answer.statusCode ?? 502, withoutConnection(answer.headers));
      answer.pipe(res);
      answer.once("error", reject);
    });
    onward.once("error", reject);
    // Also when the client goes: then nobody waits for the rest.
    res.once("close", () => {
      onward.destroy();
      resolve();
    });
    req.pipe(onward);
  });
}

/** Connections are between two neighbours: what one says of its own is not for the next. */
function withoutConnection(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const passed = { ...headers };
  delete passed.connection;
  delete passed["keep-alive"];
  return passed;
}
