import http from "node:http";
import { healthDocument, json, type Handler } from "./app.ts";

/** Starts an app on a port after a while. @returns stops it */
export function startLater(port: number, afterMs: number, handler: Handler): () => Promise<void> {
  const server = http.createServer((request, response) =>
    request.url === "/api/health" ? json(response, healthDocument) : handler(request, response, 0),
  );
  const timer = setTimeout(() => server.listen(port, "127.0.0.1"), afterMs);
  return () =>
    new Promise((resolve) => {
      clearTimeout(timer);
      server.close(() => resolve());
      server.closeAllConnections();
    });
}
