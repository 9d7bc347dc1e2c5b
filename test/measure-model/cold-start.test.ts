import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { measureColdStart } from "../../src/measure-model/cold-start.ts";
import type { Serving } from "../../src/measure-model/serving.ts";

const asked = {
  task: "embeddings",
  bounds: { coldStarts: 3, coldStartsMs: 10_000, requests: 1, leastMs: 1, mostMs: 1_000 },
} as const;

/** A function that answers each fresh instance's first request with one of these, the last one again and again. */
async function serving(...statuses: number[]): Promise<Serving> {
  const server = http.createServer((request, response) => {
    request.resume().on("end", () => {
      const status = statuses.length > 1 ? statuses.shift() : statuses[0];
      const body = { object: "list", model: "m", data: [{ object: "embedding", index: 0, embedding: [0.6, 0.8] }] };
      response.writeHead(status ?? 500, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a listening TCP server
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    machine: "",
    changed: [],
    lastLog: async () => "out of memory",
    pid: async () => process.pid,
    endInstance: async () => {},
    close: async () => {},
  };
}

it("is the time of good answers", async () => {
  expect(
    await measureColdStart(await serving(200), { ...asked, signal: new AbortController().signal }),
  ).toBeGreaterThan(0);
});

it.for([[500], [200, 500]])("is none when a fresh instance answers with %j", async (statuses) => {
  const measuring = measureColdStart(await serving(...statuses), { ...asked, signal: new AbortController().signal });
  await expect(measuring).rejects.toMatchObject({
    code: "CHILD_FAILED",
    message: expect.stringMatching(/^the first request of a fresh instance failed: .*500[^]*\nout of memory$/),
    hint: expect.stringContaining("npx edge-ai dev"),
  });
});
