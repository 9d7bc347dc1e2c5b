import http from "node:http";

/** What became of one request. Times of `performance.now()`. */
export interface Seen {
  sentAtMs: number;
  answeredAtMs: number;
  /** Who answered. */
  buildId: string;
  /** Why it does not count as answered, or null. */
  failure: string | null;
}

export interface Load {
  /** How many requests were sent. */
  sent(): number;
  /** Sends no more and waits for the answers. */
  stop(): Promise<readonly Seen[]>;
}

const TICK_MS = 5;
const TIMEOUT_MS = 10_000;
/** More are never under way: what is due beyond that fails the test. */
const MAX_IN_FLIGHT = 500;

/** Asks a URL so many times a second, whatever became of the requests before (an open loop), over kept connections. */
export function startLoad(origin: string, ratePerSecond: number): Load {
  const agent = new http.Agent({ keepAlive: true, maxSockets: MAX_IN_FLIGHT });
  const seen: Seen[] = [];
  const underWay = new Set<Promise<void>>();
  const startedAt = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = ((performance.now() - startedAt) * ratePerSecond) / 1_000;
    for (; sent < due; sent++) {
      if (underWay.size >= MAX_IN_FLIGHT) throw new Error(`${MAX_IN_FLIGHT} requests wait for an answer`);
      const request: Promise<void> = askOnce(`${origin}/api/embeddings`, agent)
        .then((one) => void seen.push(one))
        .finally(() => underWay.delete(request));
      underWay.add(request);
    }
  }, TICK_MS);
  return {
    sent: () => sent,
    async stop() {
      clearInterval(timer);
      await Promise.all(underWay);
      agent.destroy();
      return seen;
    },
  };
}

/** Sends one request and says what became of it. */
export function askOnce(url: string, agent?: http.Agent): Promise<Seen> {
  const sentAtMs = performance.now();
  return new Promise((resolve) => {
    const end = (buildId: string, failure: string | null): void =>
      resolve({ sentAtMs, answeredAtMs: performance.now(), buildId, failure });
    const request = http.get(url, { agent, timeout: TIMEOUT_MS }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("error", (error) => end("", error.message));
      response.on("end", () => {
        if (response.statusCode === 200) end((JSON.parse(text) as { buildId: string }).buildId, null);
        else end("", `HTTP ${response.statusCode}: ${text.slice(0, 100)}`);
      });
    });
    request.on("timeout", () => request.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
    request.on("error", (error) => end("", error.message));
  });
}

export function failuresOf(seen: readonly Seen[]): string[] {
  return seen.flatMap(({ failure }) => failure ?? []);
}

export function buildsOf(seen: readonly Seen[]): string[] {
  return [...new Set(seen.map(({ buildId }) => buildId))];
}
