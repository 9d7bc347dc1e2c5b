import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { commandSecrets } from "../command-secrets.ts";
import { CliError, interruptedExit } from "../errors.ts";
import { parseUrl } from "../health/flags.ts";
import { duration } from "../health/figures.ts";
import { targetOfUrl } from "../health/last-check.ts";
import { planHealth } from "../health/plan.ts";
import { readEnvFile } from "../host/env-file.ts";
import { answer, say, type Io } from "../io.ts";
import { askReaders } from "../monitor/ask-readers.ts";
import { monitorDocument, monitorExit, roundLine } from "../monitor/document.ts";
import { channelsOf } from "../monitor/notify/notifiers.ts";
import { probeRound } from "../monitor/probe-round.ts";
import { monitorRound, tell, type Monitor, type RoundResult } from "../monitor/runner.ts";
import { completeRule, monitorSettings } from "../monitor/settings.ts";
import { platformSignals } from "../monitor/signals/platform-signals.ts";
import { emptyState, type MonitorState } from "../monitor/state/schema.ts";
import { readState, stateFile, writeState } from "../monitor/state/store.ts";
import { lockFile } from "../release/lock.ts";
import { redact, secretValues } from "../secrets.ts";
import type { Target } from "../targets/target.ts";
import { helpFor } from "./monitor-help.ts";
import { withProbeEnv } from "./probe-env.ts";
import { readTarget, type TargetOptions } from "./read-target.ts";

export interface MonitorOptions extends TargetOptions {
  once?: boolean;
  /** Milliseconds. */
  interval?: number;
  /** Milliseconds. */
  duration?: number;
  url?: string;
  setup?: boolean;
  yes?: boolean;
}

/**
 * `edge-ai monitor`: watches production, round after round, and tells when a rule is broken and when it is kept again.
 * @returns 0 when nothing fires, 1 when something does, 3 when not one rule could be judged; as of the last round
 */
export async function monitorCommand(io: Io, options: MonitorOptions): Promise<number> {
  if (options.setup === true) return (await import("../monitor/setup/setup.ts")).setupMonitor(io, options);
  refuseUnclear(options);
  const { monitor, state, intervalMs, release } = await prepare(io, options);
  try {
    return options.once === true
      ? await once(io, monitor, state, options)
      : await watch(io, monitor, state, { intervalMs, durationMs: options.duration ?? Infinity });
  } finally {
    await release();
  }
}

function refuseUnclear({ once: isOnce, json, interval, duration: lasts }: MonitorOptions): void {
  if (isOnce === true && (interval !== undefined || lasts !== undefined)) {
    throw new CliError("USAGE", "--once is one round: it takes neither --interval nor --duration", {
      hint: "leave out --once, or the others",
    });
  }
  if (json !== true || isOnce === true) return;
  throw new CliError("USAGE", "--json is one document, and a monitor that goes on has none", {
    hint: "add --once; without --json, alerts are JSON already, one a line",
  });
}

interface Prepared {
  monitor: Monitor;
  state: MonitorState;
  intervalMs: number;
  /** Gives the lock back. */
  release: () => Promise<void>;
}

/** Reads all that is needed, and takes the lock. @throws CliError for what is wrong with it */
async function prepare(io: Io, options: MonitorOptions): Promise<Prepared> {
  const project = await readTarget(io, options);
  const { projectDir, config } = project;
  const settings = monitorSettings(config);
  const { url, headers, targetName, target } = await whatToWatch(options, project);
  const plan = planHealth(await withProbeEnv(io, projectDir, config));
  const variables = { ...(await readEnvFile(projectDir)), ...withoutEmpty(io.env) };
  // The address of a webhook is as good as a password.
  const named = settings.notifiers.flatMap((each) => (each.kind === "webhook" ? [variables[each.urlEnv] ?? ""] : []));
  const secrets = [
    ...secretValues(io.env),
    ...secretValues(headers),
    ...(await commandSecrets({ cwd: projectDir })),
    ...named.filter((value) => value !== ""),
  ];
  const channels = channelsOf(settings.notifiers, variables, (line) => io.stdout.write(`${line}\n`));
  const file = stateFile(targetName, options.url === undefined ? undefined : url);
  const release = await lockFile(path.join(projectDir, `${file}.lock`), "monitor", new Date());
  try {
    const state = (await readState(projectDir, file)) ?? emptyState(url, new Date());
    const { requestsPerRound, maxCostUsdPerDay } = settings;
    const probing = { url, headers, plan, requestsPerRound, maxCostUsdPerDay, signal: io.signal };
    // What a platform says is about the project there, which a URL that is named need not be.
    const readers = target === null ? [] : [platformSignals({ io, projectDir, config, targetName })];
    const monitor: Monitor = {
      watched: { app: config.name, target: targetName, url },
      rules: settings.rules.map((rule) => completeRule(rule, settings)),
      probe: (budget, now) => probeRound(probing, budget, now),
      readSignals: askReaders(readers),
      channels,
      help: (alert) => helpFor(io, { config, targetName, target }, alert),
      keep: (next) => writeState(projectDir, file, next),
      mask: (text) => redact(text, secrets),
      signal: io.signal,
    };
    return { monitor, state, intervalMs: options.interval ?? settings.intervalMs, release };
  } catch (error) {
    await release();
    throw error;
  }
}

/** The URL that was given, or production of the target. @throws CliError NEEDS_INPUT when there is none */
async function whatToWatch(
  { url: asked }: MonitorOptions,
  { config, targetName, target }: Awaited<ReturnType<typeof readTarget>>,
): Promise<{
  url: string;
  headers: Readonly<Record<string, string>>;
  targetName: typeof targetName;
  target: Target | null;
}> {
  if (asked !== undefined) {
    const { origin } = parseUrl(asked);
    const about = targetOfUrl(origin, config, { isOurs: true }) ?? targetName;
    return { url: origin, headers: {}, targetName: about, target: null };
  }
  const url = await target.productionUrl();
  if (url !== null) return { url, headers: target.productionHeaders, targetName, target };
  throw new CliError("NEEDS_INPUT", `${targetName} has no production to watch yet`, {
    hint: "release the app (edge-ai deploy --prod), or name what to watch: edge-ai monitor --url https://…",
  });
}

/** An empty variable of CI, which is a secret that is not set, does not hide the one of .env.local. */
function withoutEmpty(env: Io["env"]): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => (value ?? "") !== ""));
}

async function once(io: Io, monitor: Monitor, state: MonitorState, { json }: MonitorOptions): Promise<number> {
  // A document is one answer: stdout is told by it, and only then it has been told.
  const isStdout = ({ key }: Monitor["channels"][number]): boolean => json === true && key === "stdout";
  const others = monitor.channels.filter((channel) => !isStdout(channel));
  const result = await monitorRound(monitor, state, Date.now, others);
  if (result === null) throw io.signal.reason;
  tellRound(io, result);
  if (json === true) {
    const waiting = result.state.outbox.filter(({ to }) => to.includes("stdout")).map(({ alert }) => alert);
    const isOurs = monitor.channels.some(isStdout);
    answer(io, monitorDocument(monitor.watched, result, isOurs ? waiting : result.alerts));
    const printed = { key: "stdout", deliver: () => Promise.resolve(null) };
    if (isOurs) await tell(monitor, result.state, [printed]);
  }
  return interruptedExit(io.signal) ?? monitorExit(result);
}

async function watch(
  io: Io,
  monitor: Monitor,
  first: MonitorState,
  { intervalMs, durationMs }: { intervalMs: number; durationMs: number },
): Promise<number> {
  say(io, `watching ${monitor.watched.url}, every ${duration(intervalMs)}`);
  const startedAt = performance.now();
  let state = first;
  let exit: number | null = null;
  for (let due = startedAt; due - startedAt < durationMs; due = Math.max(due + intervalMs, performance.now())) {
    await sleep(Math.max(0, due - performance.now()), undefined, { signal: io.signal }).catch(() => undefined);
    const result = io.signal.aborted ? null : await monitorRound(monitor, state, Date.now);
    if (result === null) break;
    tellRound(io, result);
    state = result.state;
    exit = monitorExit(result);
  }
  return interruptedExit(io.signal) ?? exit ?? 3;
}

function tellRound(io: Io, result: RoundResult): void {
  say(io, roundLine(result));
  for (const { rule, reading } of result.readings) {
    if (reading.missing !== null) say(io, `  ${rule.name}: ${reading.missing}`);
  }
  for (const { text } of result.alerts) say(io, `  ! ${text}`);
  for (const problem of result.problems) say(io, `  ${problem}`);
}
