import fs from "node:fs";
import path from "node:path";
import { commandSecrets } from "../command-secrets.ts";
import { CONFIG_FILE, readConfig } from "../config/read.ts";
import type { Config } from "../config/schema.ts";
import { CliError, interruptedExit } from "../errors.ts";
import { readBaseline, baselineFigures, figuresOf, refuseUnlike } from "../health/baseline.ts";
import { measureHealth, type HealthOptions, type HealthResult } from "../health/check.ts";
import { exportArtillery } from "../health/export/artillery.ts";
import { exportK6 } from "../health/export/k6.ts";
import { parseHeaders, parseUrl, wishesOf, writtenFlags, type HealthFlags } from "../health/flags.ts";
import { targetOfUrl } from "../health/last-check.ts";
import { dueWithin } from "../health/load.ts";
import { planHealth } from "../health/plan.ts";
import { reportText } from "../health/reports/text.ts";
import { answer, say, type Io } from "../io.ts";
import { secretValues } from "../secrets.ts";
import { quoted } from "../shell-word.ts";
import { targetOf } from "../targets/targets.ts";
import { keepCheck } from "./keep-check.ts";
import { withProbeEnv } from "./probe-env.ts";
import { masked, refuseUnwritable, writeReports, type ReportFlags } from "./healthcheck-reports.ts";

interface Options extends HealthFlags, ReportFlags {
  url?: string;
  header: string[];
  expectBuild?: string;
  baseline?: string;
  tolerance?: number;
  monthlyRequests?: number;
  export?: "k6" | "artillery";
  json?: boolean;
}

const verdictExit = { pass: 0, fail: 1, inconclusive: 3 } as const;
const exporters = { k6: exportK6, artillery: exportArtillery } as const;

/** The load of the machine that measures, and of the app, makes percentiles of two equal runs differ by some 10 %. */
const DEFAULT_TOLERANCE = 0.2;
/** A platform takes some seconds until all of it serves a new deployment. */
const OLD_BUILD_MS = 10_000;
/** Two runs are compared over the same time; as long as the default run of 1,100 requests needs. */
const COMPARED_MS = 10_000;

/** `edge-ai healthcheck [url]`: measures a deployment and judges it by its SLOs. */
export async function healthcheckCommand(io: Io, options: Options): Promise<number> {
  const headers = parseHeaders(options.header);
  const given = options.url === undefined ? undefined : parseUrl(options.url);
  const wishes = wishesOf(options, given?.path);
  const written = await configIn(io.cwd);
  // A script that is exported has the names of variables, and not their values.
  const config = written === null || options.export !== undefined ? written : await withProbeEnv(io, io.cwd, written);
  const plan = planHealth(config, wishes);
  await refuseUnwritable(io, options);
  const { url, headers: targetHeaders } = given ? { url: given.origin, headers: {} } : await productionOf(io, config);
  const all = { ...targetHeaders, ...headers };
  if (options.export !== undefined) {
    answer(io, exporters[options.export](plan, url, all).trimEnd());
    return 0;
  }
  const asked: HealthOptions = {
    ...plan,
    url,
    headers: all,
    expectBuild: options.expectBuild,
    oldBuildMs: OLD_BUILD_MS,
    monthlyRequests: options.monthlyRequests,
    again: writtenCommand(options),
    signal: io.signal,
    onProgress: (line) => say(io, line),
  };
  const result = await measureHealth(
    options.baseline === undefined
      ? asked
      : await comparing(io, asked, {
          name: options.baseline,
          tolerance: options.tolerance,
          ownHeaders: headers,
          isTimed: options.duration !== undefined || options.maxRequests !== undefined,
        }),
  );
  const secrets = [
    ...secretValues(io.env),
    ...secretValues(all),
    ...(await commandSecrets({ cwd: io.cwd, header: options.header })),
  ];
  const shown = masked(result, secrets);
  await writeReports(io, options, shown, plan);
  if (config !== null) {
    const isOurs = given === undefined || shown.document.buildId !== null;
    const target = given === undefined ? config.target : targetOfUrl(url, config, { isOurs });
    if (target !== null) await keepCheck(io, io.cwd, target, shown.document);
  }
  answer(io, options.json === true ? shown.document : reportText(shown));
  // The document is the answer, so an interruption is an exit code and not an error with a document of its own.
  return interruptedExit(io.signal) ?? verdictExit[result.document.verdict];
}

/** The command as it can be typed again; of headers only their names, since values may be secret. */
function writtenCommand({ url, header, ...flags }: Options): string {
  const names = header.map((line) => line.slice(0, line.indexOf(":")).trim());
  const { expectBuild, baseline, tolerance, monthlyRequests } = flags;
  const others = {
    "--expect-build": expectBuild,
    "--baseline": baseline,
    "--tolerance": tolerance,
    "--monthly-requests": monthlyRequests,
  };
  return [
    "edge-ai healthcheck",
    ...(url === undefined ? [] : [quoted(url)]),
    ...writtenFlags(flags),
    ...Object.entries(others).flatMap(([flag, value]) =>
      value === undefined ? [] : [`${flag} ${quoted(String(value))}`],
    ),
    ...names.map((name) => `--header "${name}: $${name.toUpperCase().replaceAll(/[^A-Z\d]+/g, "_")}"`),
  ].join(" ");
}

interface Compared {
  name: string;
  tolerance: number | undefined;
  /** Those of the command line. */
  ownHeaders: Readonly<Record<string, string>>;
  /** The command line says how long or how much to send. */
  isTimed: boolean;
}

/** The same check, over a fixed time and beside the baseline: stopping when the limits are clear would favour one side. */
async function comparing(
  io: Io,
  asked: HealthOptions,
  { name, tolerance = DEFAULT_TOLERANCE, ownHeaders, isTimed }: Compared,
): Promise<HealthOptions> {
  if (/^https?:\/\//.test(name)) {
    const fixed = fixedTo(asked, isTimed ? asked.load.durationMs : COMPARED_MS);
    say(io, `measuring the baseline ${name}`);
    const url = parseUrl(name).origin;
    // What lets us into the target is nobody else's business.
    const headers = url === asked.url ? asked.headers : ownHeaders;
    const baseline = await measureHealth({ ...fixed, url, headers, expectBuild: undefined });
    refuseUnmeasured(name, baseline);
    return { ...fixed, baseline: { name, figures: figuresOf(baseline.samples), tolerance } };
  }
  const baseline = await readBaseline(path.resolve(io.cwd, name));
  refuseUnlike(baseline, asked, name);
  return { ...fixedTo(asked, baseline.sentMs), baseline: { name, figures: baselineFigures(baseline), tolerance } };
}

/** Sends for exactly so long; null: until the requests of the plan are sent. */
function fixedTo(asked: HealthOptions, ms: number | null): HealthOptions {
  const { load } = asked;
  const durationMs = ms ?? load.durationMs;
  const due = durationMs === null || load.pace.kind === "closed" ? 0 : dueWithin(load.pace, durationMs);
  return {
    ...asked,
    load: { ...load, requests: Math.max(load.requests, due), minDurationMs: durationMs ?? Infinity, durationMs },
  };
}

function refuseUnmeasured(name: string, { document, samples }: HealthResult): void {
  if (document.cause === "interrupted" || (samples.started > 0 && document.cause === undefined)) return;
  throw new CliError("USAGE", `the baseline ${name} could not be measured: ${document.message ?? document.verdict}`, {
    hint: document.hint ?? "check its URL",
  });
}

/** edge-ai.json of the folder, if there is one. */
async function configIn(dir: string): Promise<Config | null> {
  return fs.existsSync(path.join(dir, CONFIG_FILE)) ? readConfig(dir) : null;
}

/** Without a URL: the current production of the default target, and what reaches it. */
async function productionOf(
  io: Io,
  config: Config | null,
): Promise<{ url: string; headers: Readonly<Record<string, string>> }> {
  const target = config && targetOf(config.target, { io, projectDir: io.cwd, config });
  const url = target && (await target.productionUrl());
  if (target !== null && url !== null) return { url, headers: target.productionHeaders };
  throw new CliError("NEEDS_INPUT", "which URL should be checked?", {
    hint: `give it: edge-ai healthcheck https://…${config === null ? "" : ` (${config.target} has no production yet)`}`,
  });
}
