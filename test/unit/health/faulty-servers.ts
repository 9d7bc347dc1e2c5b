import { execFileSync } from "node:child_process";
import fs from "node:fs";
import type http from "node:http";
import https from "node:https";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { Worker } from "node:worker_threads";
import { onTestFinished } from "vitest";
import { json, startApp, type Handler } from "./app.ts";

export const DONE = "[DONE]";
export const chunk = (content: string): string =>
  JSON.stringify({ choices: [{ delta: { content }, finish_reason: null }] });
export const ok: Handler = (_, response) => void response.end("ok");
export const drip: Handler = (_, response) => {
  const timer = setInterval(() => response.write("x"), 20);
  response.on("close", () => clearInterval(timer));
};

/** The URL of an app with a healthy health document; it stops with the test, as everything here does. */
export async function app(handler: Handler): Promise<string> {
  const { url, stop } = await startApp(handler);
  onTestFinished(stop);
  return url;
}

/** The URL of an app with this health document. */
export async function health(handler: Handler): Promise<string> {
  const { url, stop } = await startApp(ok, handler);
  onTestFinished(stop);
  return url;
}

/** Answers with a status. */
export function status(code: number, headers: http.OutgoingHttpHeaders = {}): Promise<string> {
  return app((_, response) => void response.writeHead(code, headers).end());
}

/** Answers with JSON. */
export function answer(value: unknown): Promise<string> {
  return app((_, response) => json(response, value));
}

/** Answers with server-sent events, after a comment. */
export function stream(...events: string[]): Promise<string> {
  return app((_, response) => {
    response.setHeader("content-type", "text/event-stream").write(": ping\n\n");
    for (const event of events) response.write(`data: ${event}\n\n`);
    response.end();
  });
}

/** A TCP server that does something with each connection, once it has been sent something. */
export async function tcp(onRequest: (socket: net.Socket) => void): Promise<string> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("data", () => onRequest(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
}

/** The head of a good answer and then this, before the connection closes. */
export function raw(rest: string): Promise<string> {
  return tcp((socket) => void socket.write(`HTTP/1.1 200 OK\r\n${rest}`, () => setTimeout(() => socket.end(), 20)));
}

/** An HTTPS server whose certificate is its own, for another name. */
export async function selfSigned(): Promise<string> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "edge-ai-tls-"));
  onTestFinished(() => fs.rmSync(dir, { recursive: true }));
  const [key, cert] = [path.join(dir, "key.pem"), path.join(dir, "cert.pem")];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
  execFileSync(
    "openssl",
    ["req", "-x509", ...curve, "-nodes", "-keyout", key, "-out", cert, "-subj", "/CN=another.example"],
    {
      stdio: "ignore",
    },
  );
  const server = https.createServer({ key: fs.readFileSync(key), cert: fs.readFileSync(cert) }, (_, response) => {
    response.end("never");
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(() => void server.close());
  return `https://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
}

/** A listener that takes no connection: its thread stands still and its queue is full, so the kernel lets the next SYN wait. */
export async function blackHole(): Promise<string> {
  const code = `
    const { parentPort } = require("node:worker_threads");
    const server = require("node:net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
      parentPort.postMessage(server.address().port);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const worker = new Worker(code, { eval: true });
  const port = await new Promise<number>((resolve) => {
    worker.once("message", resolve);
  });
  // A queue of 1 holds two connections.
  const fillers = Array.from({ length: 4 }, () => net.connect(port, "127.0.0.1").on("error", () => undefined));
  await Promise.all(
    fillers.slice(0, 2).map((socket) => new Promise((resolve) => void socket.once("connect", resolve))),
  );
  onTestFinished(async () => {
    for (const socket of fillers) socket.destroy();
    await worker.terminate();
  });
  return `http://127.0.0.1:${port}`;
}
