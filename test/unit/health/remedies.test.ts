import { PassThrough } from "node:stream";
import { beforeAll, describe, expect, test } from "vitest";
import { main } from "../../../src/cli.ts";
import { causes, errorCauses } from "../../../src/health/requests/causes.ts";
import { refusalCauses } from "../../../src/health/identity.ts";
import { remediesFor, type Patient, type RemedyContext } from "../../../src/health/remedies/remedies.ts";
import { compared, streaming } from "./reports/chat-results.ts";
import { failing, inconclusive, passing, refused } from "./reports/results.ts";

const embeddings: RemedyContext = { task: "embeddings", mode: "local", target: "vercel" };
const chat: RemedyContext = { task: "chat", mode: "external", target: "vercel" };

type Unadvised = Omit<Patient, "again">;
type Check = Unadvised["checks"][number];

function patient(change: Partial<Unadvised> = {}): Unadvised {
  return { ...passing().document, checks: [], ...change };
}

function check(change: Partial<Check>): Check {
  const [first] = passing().document.checks;
  return { ...(first as Check), verdict: "fail", ...change };
}

function latency(p50: number, p95: number): Unadvised["measurement"] {
  const { measurement } = passing().document;
  return { ...measurement, latencyMs: { ...measurement.latencyMs, p50, p95 } };
}

function withErrors(...found: [cause: (typeof errorCauses)[number], count: number][]): Unadvised["measurement"] {
  const { measurement } = passing().document;
  const entries = found.map(([cause, count]) => [cause, { count, first: "request 1", requestId: null }]);
  return { ...measurement, errorsByCause: Object.fromEntries(entries) };
}

const commands = (document: Unadvised, context: RemedyContext | null = embeddings): (string | null)[] =>
  remediesFor(document, context).map(({ command }) => command);
const texts = (document: Unadvised, context: RemedyContext | null = embeddings): string =>
  remediesFor(document, context)
    .map(({ text }) => text)
    .join("\n");

const url = "https://app-git-main-acme.vercel.app";
const tooSlow = check({ name: "p95", unit: "ms", limit: 300, actual: 420 });
const few = check({ name: "throughput", unit: "1/s", limit: 100, actual: 60 });

const load = passing().document.load as NonNullable<Unadvised["load"]>;
const cost = streaming().document.measurement.cost as NonNullable<Unadvised["measurement"]["cost"]>;

/** What there is to remedy, and the commands that are offered for it. */
const cases: [name: string, document: Unadvised, context: RemedyContext | null, commands: (string | null)[]][] = [
  ["a pass", passing().document, embeddings, []],
  ["a pass of an unknown app", passing().document, null, []],
  [
    "always slow: a smaller model, another region",
    patient({ checks: [tooSlow], measurement: latency(350, 420) }),
    embeddings,
    ["edge-ai plan --task embeddings --latency-budget 300", null],
  ],
  [
    "a long tail: fewer at once, warm-up",
    patient({ checks: [tooSlow], measurement: latency(40, 420) }),
    embeddings,
    ["edge-ai plan --task embeddings --rps 110", null],
  ],
  ["slow, of an unknown app", patient({ checks: [tooSlow], measurement: latency(350, 420) }), null, [null, null]],
  [
    "a cold start",
    patient({ checks: [check({ name: "cold start", unit: "ms" })] }),
    embeddings,
    ["edge-ai build", null],
  ],
  ["too few good answers", patient({ checks: [few] }), embeddings, ["edge-ai plan --task embeddings --rps 100", null]],
  [
    "a rate that cannot show the throughput",
    patient({ checks: [{ ...few, limit: 200, verdict: "inconclusive" }] }),
    embeddings,
    [`edge-ai healthcheck ${url} --rate 220`],
  ],
  [
    "an answer that costs too much",
    patient({ checks: [check({ name: "cost per request", unit: "USD" })] }),
    chat,
    ["edge-ai plan --task chat", null],
  ],
  ["too few requests", inconclusive().document, embeddings, [`edge-ai healthcheck ${url} --max-requests 482`]],
  [
    "too little time",
    { ...inconclusive().document, load: { ...load, ratePerSecond: 20, ended: "duration" } },
    embeddings,
    [`edge-ai healthcheck ${url} --duration 25s`],
  ],
  [
    "too little money",
    {
      ...inconclusive().document,
      load: { ...load, ended: "max-cost" },
      measurement: { ...inconclusive().document.measurement, cost: { ...cost, highestMeanUsd: 0.01 } },
    },
    chat,
    [`edge-ai healthcheck ${url} --max-cost 4.82`],
  ],
  [
    "a machine that was too busy",
    patient({ verdict: "inconclusive", cause: "unfit-runner" }),
    embeddings,
    [`edge-ai healthcheck ${url} --rate 55`],
  ],
  ["a build that is not the one", patient({ cause: "wrong-build" }), embeddings, ["edge-ai deployments"]],
  [
    "limits of the rate",
    patient({ measurement: withErrors(["too-many-requests", 9]) }),
    chat,
    [`edge-ai healthcheck ${url} --rate 55`],
  ],
  ["5xx on Vercel", patient({ measurement: withErrors(["server-error", 9]) }), embeddings, [`vercel logs ${url}`]],
  [
    "5xx elsewhere",
    patient({ url: "http://127.0.0.1:4100", measurement: withErrors(["server-error", 9]) }),
    { ...embeddings, target: "local" },
    [null],
  ],
  [
    "an address of IPv6 is one word for a shell",
    patient({ url: "http://[::1]:4100", measurement: withErrors(["timeout", 9]) }),
    null,
    ["edge-ai healthcheck 'http://[::1]:4100' --timeout 30s"],
  ],
];

describe("each cause has its remedy", () => {
  test.each(cases)("%s", (_name, document, context, expected) => {
    expect(commands(document, context)).toEqual(expected);
  });

  test.each(refusalCauses)("%s, before anything was measured", (cause) => {
    expect(texts(patient({ cause }))).toBe(causes[cause].remedy);
  });

  test.each(errorCauses)("%s, as an error of requests", (cause) => {
    expect(texts(patient({ measurement: withErrors([cause, 3]) }))).toBe(causes[cause].remedy);
  });

  test("the most frequent errors first, three of them", () => {
    const measurement = withErrors(["reset", 1], ["server-error", 4], ["not-found", 3], ["too-many-requests", 2]);
    expect(texts(patient({ measurement })).split("\n")).toEqual(
      (["server-error", "not-found", "too-many-requests"] as const).map((cause) => causes[cause].remedy),
    );
  });

  test("what a stream and a cache show", () => {
    expect(texts(streaming().document)).toMatch(/^2 of 230 streams came all at once/m);
    expect(texts(streaming().document)).toMatch(/^5 of 240 answers came from a cache.+\{\{n\}\}/m);
  });

  test("worse than before: go back, and never more than six", () => {
    const { document } = compared();
    expect(commands({ ...document, measurement: passing().document.measurement, checks: [] }, chat)).toEqual([
      "edge-ai rollback",
    ]);
    expect(remediesFor(document, chat).length).toBeLessThanOrEqual(6);
  });

  test("a run that failed is not told to send more", () => {
    expect(commands({ ...inconclusive().document, verdict: "fail" })).toEqual([]);
  });

  test("an interrupted run needs none for what it had no time for", () => {
    expect(commands(patient({ cause: "interrupted", checks: inconclusive().document.checks }))).toEqual([]);
  });
});

describe("every command is one that there is", () => {
  const all = [
    ...cases.flatMap(([, document, context]) => remediesFor(document, context)),
    ...[failing(), compared(), refused(), streaming()].flatMap(({ document }) => remediesFor(document, chat)),
    ...errorCauses.flatMap((cause) => remediesFor(patient({ measurement: withErrors([cause, 1]) }), embeddings)),
  ].flatMap(({ command }) => (command === null ? [] : [command]));
  const help = new Map<string, string>();

  beforeAll(async () => {
    for (const command of all) {
      const name = /^edge-ai ((?:env )?[a-z]+)/.exec(command)?.[1];
      if (name !== undefined && !help.has(name)) help.set(name, await helpOf(name));
    }
  });

  test.each([...new Set(all)])("%s", (command) => {
    const [program = "", ...rest] = command.split(" ");
    if (program === "vercel") return expect(rest).toEqual(["logs", url]);
    expect(program).toBe("edge-ai");
    const name = rest[0] === "env" ? "env check" : (rest[0] ?? "");
    expect(help.get(name)).toMatch(new RegExp(`^Usage: edge-ai ${name}`));
    for (const flag of command.match(/--[a-z-]+/g) ?? [])
      expect(help.get(name)).toMatch(new RegExp(`^ +(-\\w, )?${flag} `, "m"));
    return undefined;
  });
});

/** What the real command line says of a command. */
async function helpOf(name: string): Promise<string> {
  const stdout = new PassThrough();
  const io = {
    stdin: new PassThrough(),
    stdout,
    stderr: new PassThrough(),
    env: {},
    cwd: ".",
    signal: AbortSignal.timeout(60_000),
  };
  const code = await main([...name.split(" "), "--help"], io);
  return code === 0 ? String(stdout.read()) : `exit ${code}`;
}
