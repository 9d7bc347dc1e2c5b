import { PassThrough } from "node:stream";
import { beforeAll, describe, expect, test } from "vitest";
import { main } from "../../../src/cli.ts";
import { causes, errorCauses } from "../../../src/health/requests/causes.ts";
import { refusalCauses } from "../../../src/health/identity.ts";
import { hintFor } from "../../../src/health/remedies/settle.ts";
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

/** 40 requests, and one limit that needs more. */
function unproven(change: Partial<Check>, sent: Partial<typeof load> = {}): Unadvised {
  const { document } = inconclusive();
  const open = check({ name: "error rate", unit: "fraction", limit: 0.01, n: 40, verdict: "inconclusive", ...change });
  return { ...document, load: { ...load, ended: "max-requests", ...sent }, checks: [open] };
}

/** Every limit kept, and a comparison that says neither yes nor no. */
function undecided(baseline: string, sent: Partial<typeof load> = {}): Unadvised {
  const { document } = compared();
  const { comparison } = document;
  const checks = (comparison?.checks ?? []).map((each, i) => ({
    ...each,
    verdict: i === 0 ? ("inconclusive" as const) : ("pass" as const),
  }));
  return {
    ...document,
    verdict: "inconclusive",
    load: { ...load, ratePerSecond: 8, sentMs: 30_000, ended: "duration", ...sent },
    measurement: { ...document.measurement, stream: null, cacheHits: 0, errorsByCause: {} },
    checks: [],
    comparison: { baseline, tolerance: 0.1, checks },
  };
}

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
    { ...inconclusive().document, load: { ...load, ratePerSecond: 20, sentMs: 2_000, ended: "duration" } },
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
    patient({ url: "http://[::1]:4100", cause: "timeout", load: null }),
    null,
    ["edge-ai healthcheck 'http://[::1]:4100' --timeout 120s"],
  ],
  [
    "answers that need more time: double of what they had",
    patient({ load: { ...load, timeoutMs: 60_000 }, measurement: withErrors(["timeout", 9]) }),
    null,
    [`edge-ai healthcheck ${url} --timeout 120s`],
  ],
  [
    "no time is longer than an hour",
    patient({ load: { ...load, timeoutMs: 3_600_000 }, measurement: withErrors(["idle-timeout", 9]) }),
    null,
    [null],
  ],
  [
    "a busy machine, and a throughput that half the rate cannot show",
    patient({ verdict: "inconclusive", cause: "unfit-runner", checks: [{ ...few, verdict: "pass", limit: 60 }] }),
    embeddings,
    [null],
  ],
  [
    "half the rate that shows the throughput still",
    patient({ verdict: "inconclusive", cause: "unfit-runner", checks: [{ ...few, verdict: "pass", limit: 52 }] }),
    embeddings,
    [`edge-ai healthcheck ${url} --rate 55`],
  ],
  [
    "a rate below one a second gets lower, too",
    patient({ load: { ...load, ratePerSecond: 0.5 }, measurement: withErrors(["not-sent", 9]) }),
    embeddings,
    [`edge-ai healthcheck ${url} --rate 0.25`],
  ],
  [
    "a closed loop with fewer connections",
    patient({ load: { ...load, ratePerSecond: null, concurrency: 50 }, measurement: withErrors(["no-socket", 9]) }),
    embeddings,
    [`edge-ai healthcheck ${url} --concurrency 25`],
  ],
  ["a limit that no run proves", unproven({ more: 354_053 }), embeddings, [null]],
  [
    "a limit that the largest run proves",
    unproven({ more: 99_900 }),
    embeddings,
    [`edge-ai healthcheck ${url} --max-requests 100000`],
  ],
  [
    "what a probe lacks, it lacks of its part of the requests",
    unproven({ more: 80, n: 10, probe: "search" }),
    embeddings,
    [`edge-ai healthcheck ${url} --max-requests 450`],
  ],
  ["what only warns does not ask for more", unproven({ more: 80, level: "warn" }), embeddings, []],
  [
    "more time than an hour",
    unproven({ more: 385 }, { ratePerSecond: 0.1, sentMs: 400_000, ended: "duration" }),
    embeddings,
    [null],
  ],
  [
    "an hour, when that is just enough",
    unproven({ more: 300 }, { ratePerSecond: 0.1, sentMs: 400_000, ended: "duration" }),
    embeddings,
    [`edge-ai healthcheck ${url} --duration 3600s`],
  ],
  [
    "more time for a closed loop",
    unproven({ more: 120 }, { ratePerSecond: null, concurrency: 4, sentMs: 2_000, ended: "duration" }),
    embeddings,
    [`edge-ai healthcheck ${url} --duration 10s`],
  ],
  [
    "too few bytes",
    unproven({ more: 120 }, { ended: "max-bytes" }),
    embeddings,
    [`edge-ai healthcheck ${url} --max-bytes 1MB`],
  ],
  ["too little money, and no price", unproven({ more: 120 }, { ended: "max-cost" }), embeddings, [null]],
  [
    "a comparison with a URL that is not decided",
    undecided("https://old.example"),
    chat,
    [`edge-ai healthcheck ${url} --duration 60s`],
  ],
  [
    "the same of a run that ended by its requests",
    undecided("https://old.example", { ended: "max-requests" }),
    chat,
    [`edge-ai healthcheck ${url} --max-requests 480`],
  ],
  ["a comparison with a file that is not decided", undecided("my run.json"), chat, [null]],
  [
    "always slow, not on Vercel: no region in vercel.json",
    patient({ checks: [tooSlow], measurement: latency(350, 420) }),
    { ...embeddings, target: "local" },
    ["edge-ai plan --task embeddings --latency-budget 300"],
  ],
  [
    "a slow first token, by its own median",
    patient({
      checks: [check({ name: "first token p95", unit: "ms", limit: 300, actual: 900 })],
      measurement: { ...latency(2_000, 2_400), firstTokenMs: { p50: 90, p95: 900 } },
    }),
    chat,
    ["edge-ai plan --task chat --rps 110", null],
  ],
  [
    "the maximum is over its limit in errors only",
    patient({
      checks: [check({ name: "max", unit: "ms", limit: 300, actual: 42 })],
      measurement: { ...latency(5, 6), errors: 1, errorRate: 0.001 },
    }),
    embeddings,
    [],
  ],
  ["a price over what may be spent", patient({ verdict: "inconclusive", cause: "max-cost", load: null }), chat, [null]],
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

describe("what to do when there is no command for it", () => {
  test("a limit that no run proves", () => {
    expect(texts(unproven({ more: 354_053 }))).toMatch(/at most 100,000 requests.+raise the limit, or use --export/);
  });

  test("more time than an hour", () => {
    expect(texts(unproven({ more: 385 }, { ratePerSecond: 0.1, sentMs: 400_000, ended: "duration" }))).toMatch(/hour/);
  });

  test("too little money, and no price", () => {
    expect(texts(unproven({ more: 120 }, { ended: "max-cost" }))).toMatch(/--max-cost/);
  });

  test("a busy machine, and a throughput that half the rate cannot show", () => {
    const document = patient({ cause: "unfit-runner", checks: [{ ...few, verdict: "pass" }] });
    expect(texts(document)).toMatch(/quieter.+throughput of 100\/s/);
    expect(texts(document)).not.toMatch(/less a second/);
  });

  test("a limit of the rate, and a throughput above it", () => {
    const document = patient({
      measurement: withErrors(["too-many-requests", 9]),
      checks: [{ ...few, verdict: "pass" }],
    });
    expect(remediesFor(document, embeddings)).toEqual([
      { text: expect.stringMatching(/^raise the limit of the app.+throughput of 100\/s/), command: null },
    ]);
  });

  test("a comparison with a file takes no other load", () => {
    const { comparison } = undecided("my run.json");
    const document = patient({ cause: "unfit-runner", comparison });
    expect(texts(document)).toMatch(/quieter.+'my run.json' can only be compared at the same load/);
    expect(commands(document)).toEqual([null]);
    const slow = patient({ checks: [{ ...few, limit: 200, verdict: "inconclusive" }], comparison });
    expect(commands(slow)).toEqual([null]);
  });

  test("a machine without a socket is not too busy", () => {
    const measurement = withErrors(["server-error", 9], ["no-socket", 1]);
    expect(texts(patient({ cause: "unfit-runner", measurement }))).toMatch(/^raise the limit on open files/);
  });

  test("a comparison with a file: make it anew, over twice the time", () => {
    expect(texts(undecided("my run.json"))).toMatch(/anew.+--min-duration 60s --save 'my run.json'/);
  });

  test("a baseline without a figure: another one", () => {
    const { comparison, ...document } = undecided("https://old.example");
    const checks = (comparison?.checks ?? []).map((each) => ({ ...each, baseline: null }));
    expect(texts({ ...document, comparison: { baseline: "https://old.example", tolerance: 0.1, checks } })).toMatch(
      /^https:\/\/old.example has no figure to compare with/,
    );
  });

  test("a price over what may be spent", () => {
    expect(texts(patient({ cause: "max-cost", load: null }))).toMatch(/--max-cost/);
  });

  test("a cold start that is not on Vercel has no vercel.json", () => {
    const document = patient({ checks: [check({ name: "cold start", unit: "ms" })] });
    expect(texts(document)).toMatch(/vercel\.json/);
    expect(texts(document, { ...embeddings, target: "local" })).not.toMatch(/vercel/);
  });
});

function brokenLimit(name: string, errorRate: number): Unadvised {
  const measurement = { ...latency(5, 400), errorRate };
  return patient({ checks: [check({ name, unit: "ms", limit: 300 })], measurement });
}

describe("errors are not taken for slowness", () => {
  const quantiles: [name: string, share: number][] = [
    ["p50", 0.5],
    ["p95", 0.05],
    ["p99", 0.01],
    ["first token p95", 0.05],
  ];
  test.each(quantiles)("%s, broken by the errors alone", (name, share) => {
    expect(texts(brokenLimit(name, share))).toBe("");
    expect(texts(brokenLimit(name, share * 0.9))).not.toBe("");
  });
});

describe("the hint says what the remedy does", () => {
  test.each([
    ["send more", inconclusive().document, "send more: --max-requests 482"],
    ["a longer comparison", undecided("https://old.example"), "measure longer: --duration 60s"],
    ["a pass needs none", passing().document, undefined],
    ["a failure needs none", failing().document, undefined],
  ])("%s", (_name, document, hint) => {
    expect(hintFor(document)).toBe(hint);
  });

  test("without a flag that helps: the remedy's text", () => {
    for (const document of [unproven({ more: 354_053 }), undecided("my run.json")])
      expect(hintFor(document)).toBe(texts(document));
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
