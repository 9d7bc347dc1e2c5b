import http from "node:http";
import { text } from "node:stream/consumers";
import { CliError, errorCodes, knownError, messageOf, systemCode, type ErrorCode } from "../../errors.ts";
import type { Supervisor } from "./supervisor.ts";
import type { DeploymentRecord, LocalState } from "./state.ts";

/** What a supervisor can be told. Its socket is in a folder that only its user can open. */
export type Order =
  | { do: "state" }
  | { do: "stage"; record: Omit<DeploymentRecord, "port"> }
  | { do: "start"; id: string }
  | { do: "promote"; id: string }
  | { do: "stop" };

type Reply = { state: LocalState } | { error: { code: ErrorCode; message: string; hint: string | undefined } };

/** Longer than a function may take to start. */
const ORDER_TIMEOUT_MS = 60_000;

/** A server that carries out the orders of `sendOrder`. */
export function controlServer(supervisor: Supervisor, onStop: () => void): http.Server {
  return http.createServer((req, res) => {
    void answer(supervisor, req, res, onStop);
  });
}

async function answer(
  supervisor: Supervisor,
  req: http.IncomingMessage,
  res: http.ServerResponse,
  onStop: () => void,
): Promise<void> {
  let body: string;
  try {
    body = await text(req);
  } catch {
    // Who gave the order was killed while giving it.
    return;
  }
  const reply = await carryOut(supervisor, body);
  // Before the end: a CLI that was killed is not waiting for it, and has closed already.
  if (supervisor.state.supervisor === null) {
    if (res.destroyed) onStop();
    else res.once("close", onStop);
  }
  res.end(JSON.stringify(reply));
}

async function carryOut(supervisor: Supervisor, body: string): Promise<Reply> {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- sendOrder wrote it, or it is refused below
    const order = JSON.parse(body) as Order;
    if (order.do === "stage") await supervisor.stage(order.record);
    else if (order.do === "start") await supervisor.startAgain(order.id);
    else if (order.do === "promote") await supervisor.promote(order.id);
    else if (order.do === "stop") await supervisor.stop();
    else if (order.do === "state") await supervisor.restored;
    else
      throw new CliError("BUSY", "the local supervisor is of another version", {
        hint: "edge-ai stop, then try again",
      });
    return { state: supervisor.state };
  } catch (error) {
    const known = knownError(error);
    return { error: { code: known?.code ?? "INTERNAL", message: messageOf(error), hint: known?.hint } };
  }
}

/**
 * Gives an order to the supervisor behind a socket and waits until it is carried out.
 * @returns its state then, or null when nobody is there
 * @throws CliError what the supervisor threw
 */
export async function sendOrder(socket: string, order: Order): Promise<LocalState | null> {
  let body: string;
  try {
    body = await exchange(socket, JSON.stringify(order));
  } catch (error) {
    const gone = new Set(["ENOENT", "ECONNREFUSED", "ECONNRESET", "EPIPE"]);
    if (gone.has(systemCode(error) ?? "")) return null;
    throw error;
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- controlServer of this very package wrote it
  const reply = JSON.parse(body) as Reply;
  if ("state" in reply) return reply.state;
  const { code, message, hint } = reply.error;
  throw new CliError(code in errorCodes ? code : "INTERNAL", message, hint === undefined ? {} : { hint });
}

function exchange(socketPath: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      { socketPath, method: "POST", path: "/", timeout: ORDER_TIMEOUT_MS, agent: false },
      (response) => {
        text(response).then(resolve, reject);
      },
    );
    request.on("timeout", () =>
      request.destroy(
        new CliError("BUSY", "the local supervisor does not answer", { hint: "edge-ai stop, then try again" }),
      ),
    );
    request.on("error", reject);
    request.end(body);
  });
}
