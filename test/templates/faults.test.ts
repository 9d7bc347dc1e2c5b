// Every fault a target can have, streamed or not, with and without a target that can stand in: what the caller gets.
// Real sockets, and the real api/chat.ts as a new instance for each row.
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { startFakeProvider, type FakeProvider } from "../../src/fake-provider/server.ts";
import { faults, type FaultName } from "../../src/fake-provider/faults.ts";
import { tokensFor } from "../../src/fake-provider/words.ts";
import { chat, loadRoute, see } from "../unit/templates/core/load-route.ts";

/** What a caller sees: [status, code, attempts, target, how it ended, tokens]. */
type Row = readonly [number, string | null, number, string | null, string, number];

interface Expected {
  stream: Row;
  json: Row;
  /** The same with a target that can stand in; not set: what it has sent already, or the caller's own fault, stays as it is. */
  streamSaved?: Row;
  jsonSaved?: Row;
}

const TOKENS = 12;
const ended = { stream: "done", json: "document" } as const;

/** Served by the stand-in, at this attempt. */
const saved = (attempts: number): Pick<Expected, "streamSaved" | "jsonSaved"> => ({
  streamSaved: [200, null, attempts, "smaller", ended.stream, TOKENS],
  jsonSaved: [200, null, attempts, "smaller", ended.json, TOKENS],
});
/** An error before any content, the same for streams and documents. */
const fails = (status: number, code: string, attempts = 1): Expected => {
  const row: Row = [status, code, attempts, null, "document", 0];
  return { stream: row, json: row, ...saved(attempts + 1) };
};
/** Well, by the target itself. */
const served = (attempts = 1): Expected => ({
  stream: [200, null, attempts, "main", ended.stream, TOKENS],
  json: [200, null, attempts, "main", ended.json, TOKENS],
});
/** A stream that breaks after its first tokens: nobody else is asked, and its end says so. A document is asked for again. */
const breaks = (code: string, tokens: number, json: Expected): Expected => ({
  stream: [200, code, 1, "main", "error event", tokens],
  json: json.json,
  jsonSaved: json.jsonSaved ?? json.json,
});

const twice = 2;
const expected: Readonly<Record<FaultName, Expected>> = {
  "rate-limited-1s": fails(429, "upstream_rate_limited"),
  "rate-limited-date": fails(429, "upstream_rate_limited"),
  "rate-limited-120s": fails(429, "upstream_rate_limited"),
  "rate-limited-once": fails(429, "upstream_rate_limited"),
  error: fails(502, "upstream_error", twice),
  "error-once": served(twice),
  unavailable: fails(503, "upstream_unavailable", twice),
  "bad-gateway-html": fails(502, "upstream_error", twice),
  unauthorized: fails(502, "upstream_auth"),
  "not-found": fails(502, "upstream_not_found"),
  "bad-request": {
    stream: [400, "invalid_request", 1, "main", "document", 0],
    json: [400, "invalid_request", 1, "main", "document", 0],
  },
  reset: fails(502, "upstream_unreachable", twice),
  hang: fails(504, "upstream_timeout"),
  "hang-after-headers": fails(504, "upstream_timeout"),
  "slow-drip": fails(504, "upstream_timeout"),
  "bad-json": fails(502, "upstream_bad_answer"),
  "error-body": fails(502, "upstream_bad_answer"),
  "error-event": fails(502, "upstream_bad_answer"),
  empty: fails(502, "upstream_bad_answer"),
  "empty-content": fails(502, "upstream_bad_answer"),
  "not-a-stream": fails(502, "upstream_bad_answer"),
  "hang-mid": breaks("upstream_timeout", 4, fails(504, "upstream_timeout")),
  "reset-mid": breaks("upstream_cut", 4, fails(502, "upstream_cut", twice)),
  truncated: breaks("upstream_cut", 4, fails(502, "upstream_bad_answer")),
  "bad-sse": breaks("upstream_bad_answer", 2, fails(502, "upstream_bad_answer")),
  "error-event-mid": breaks("upstream_bad_answer", 4, fails(502, "upstream_bad_answer")),
  "done-only": served(),
  "finish-only": served(),
};

/** Short, so that nothing waits for long; a Retry-After of 1 s is then more than half of a share, and is not waited for. */
const deadlines = { AI_FIRST_CONTENT_MS: "1900", AI_ANSWER_MS: "1900", AI_IDLE_MS: "600", AI_TOTAL_MS: "20000" };
const AT_ONCE = 12;
const kinds = ["stream", "json"] as const;

interface Case {
  fault: FaultName;
  kind: (typeof kinds)[number];
  hasStandIn: boolean;
}

const cases: Case[] = (Object.keys(faults) as FaultName[]).flatMap((fault) =>
  kinds.flatMap((kind) => [false, true].map((hasStandIn) => ({ fault, kind, hasStandIn }))),
);
const titleOf = ({ fault, kind, hasStandIn }: Case): string =>
  `${fault}, ${kind}, ${hasStandIn ? "with" : "without"} a stand-in`;

const found = new Map<string, { row: Row; content: string }>();
let provider: FakeProvider;

beforeAll(async () => {
  vi.spyOn(console, "warn").mockReturnValue();
  provider = await startFakeProvider({ firstTokenMs: 5, tokenMs: 2, tokens: TOKENS });
  const queue = cases.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const each of queue) found.set(titleOf(each), await run(each));
    }),
  );
});

afterAll(async () => {
  await provider.close();
  process.stdout.write(
    ["fault, form, stand-in".padEnd(48), "status  code  attempts  target  end  tokens"].join(" ") +
      "\n" +
      [...found].map(line).join("\n"),
  );
});

it.each(cases.map((each) => [titleOf(each), each] as const))("%s", (title, { fault, kind, hasStandIn }) => {
  const { row, content } = found.get(title)!;
  const wanted = expected[fault];
  const standIn = kind === "stream" ? wanted.streamSaved : wanted.jsonSaved;
  expect(row).toEqual(hasStandIn && standIn !== undefined ? standIn : wanted[kind]);
  const messages = [{ role: "user", content: title }];
  const good = tokensFor(JSON.stringify(messages), TOKENS).join("");
  expect(good.startsWith(content), "nothing is said twice, or out of order").toBe(true);
});

function line([title, { row }]: [string, { row: Row }]): string {
  const cells = row.map((cell, index) => String(cell ?? "-").padEnd([7, 24, 3, 8, 12, 3][index] ?? 0));
  return [title.padEnd(48), ...cells].join(" ");
}

function envOf(model: string, hasStandIn: boolean): Record<string, string> {
  const env = { AI_BASE_URL: provider.baseUrl, AI_API_KEY: "test-key", AI_MODEL: model, ...deadlines };
  return hasStandIn ? { ...env, AI_SMALLER_MODEL: "well" } : env;
}

let loading: Promise<unknown> = Promise.resolve();

async function run(each: Case): Promise<{ row: Row; content: string }> {
  const { fault, kind, hasStandIn } = each;
  // One at a time: while an instance is loaded, the environment is its own.
  const turn = loading.then(() => loadRoute("chat", envOf(`fault:${fault}`, hasStandIn)));
  loading = turn;
  // A text of its own: what fails once does so once for each.
  const answer = (await turn).post(chat(titleOf(each), { stream: kind === "stream" }));
  const { headers, status, code, end, content } = await see(answer);
  const tokens = content === "" ? 0 : content.split(" ").length;
  return {
    row: [status, code, Number(headers.get("x-ai-attempts")), headers.get("x-ai-target"), end, tokens],
    content,
  };
}
