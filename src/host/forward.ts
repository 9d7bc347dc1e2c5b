import type { ClientRequest, IncomingMessage, ServerResponse } from "node:http";

/** How an exchange with a function ended. Unless "done", its answer is not complete or was never begun. */
export type ForwardEnd = "done" | "refused" | "client-left" | "upstream-failed" | "timed-out" | "too-large";

/**
 * Sends a request on and its answer back, both as they come and no faster than they are taken.
 * @param options.stopped resolves to end it early
 * @param options.onAnswer writes the head of the answer; false refuses the answer
 */
export function forward(options: {
  req: IncomingMessage;
  res: ServerResponse;
  upstream: ClientRequest;
  maxBodyBytes: number;
  stopped: Promise<ForwardEnd>;
  onAnswer: (answer: IncomingMessage) => boolean;
}): Promise<ForwardEnd> {
  const { req, res, upstream } = options;
  return new Promise((resolve) => {
    let ended = false;
    const finish = (end: ForwardEnd): void => {
      if (ended) return;
      ended = true;
      resolve(end);
      // Node.js tells a ClientRequest nothing of `drain` once its answer is complete: a body that is still on its way
      // then would be stuck, and the client's connection with it.
      if (end === "done" && upstream.writableFinished) return;
      upstream.destroy();
      // What the client is still sending has to leave the connection before it can read our answer.
      req.unpipe(upstream);
      req.resume();
    };
    void options.stopped.then(finish);
    upstream.on("error", () => finish("upstream-failed"));
    upstream.once("response", (answer) => {
      answer.on("error", () => finish("upstream-failed"));
      if (!options.onAnswer(answer)) return finish("refused");
      res.once("finish", () => finish("done"));
      answer.pipe(res);
      // The head goes with the first chunk, or alone when that takes its time.
      setImmediate(() => {
        if (!res.writableEnded && !res.destroyed) res.flushHeaders();
      });
    });
    sendBody(req, upstream, options.maxBodyBytes, () => finish("too-large"));
  });
}

function sendBody(req: IncomingMessage, upstream: ClientRequest, maxBytes: number, onTooLarge: () => void): void {
  if (req.headers["transfer-encoding"] === undefined && Number(req.headers["content-length"] ?? 0) === 0) {
    upstream.end();
    return;
  }
  // The function may answer before there is a body to read.
  upstream.flushHeaders();
  let bytes = 0;
  req.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxBytes) onTooLarge();
  });
  req.pipe(upstream);
}

/** Ends an exchange when the client leaves or time is up. */
export function stopAfter(res: ServerResponse, ms: number): { stopped: Promise<ForwardEnd>; clear: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const stopped = new Promise<ForwardEnd>((resolve) => {
    timer = setTimeout(resolve, ms, "timed-out");
    res.once("close", () => resolve("client-left"));
  });
  return { stopped, clear: () => clearTimeout(timer) };
}
