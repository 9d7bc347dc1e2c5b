// One cell of the fault matrix: a command meets a fault of the API; then it is run again without. bench/faults.ts runs all.
import { messageOf } from "../../src/errors.ts";
import type { StepName } from "../../src/release/steps.ts";
import type { EndpointName } from "../../src/rehearse/vercel-api/endpoint-names.ts";
import type { Behaviour, FaultKind, FaultStatus } from "../../src/rehearse/vercel-api/faults.ts";
import type { BinEnd, CaseProject } from "./vercel-case-project.ts";

type FaultCommand = "deploy" | "promote" | "rollback" | "deployments";
type FaultName = `${FaultStatus}` | Exclude<FaultKind, object>;

export interface FaultCase {
  command: FaultCommand;
  /** Of a deploy: the fault is there from this step on. */
  step?: StepName;
  endpoint: EndpointName;
  kind: FaultName;
  /** The request has its effect, and only its answer is lost. */
  after?: boolean;
}

/** What a fault may come to when the command does not get over it. */
interface Words {
  codes: readonly string[];
  /** Of the message and its hint. */
  said: RegExp;
}

/** The names of the causes, as a user has to be able to read them. */
const words = {
  401: { codes: ["NO_ACCESS"], said: /not authenticated.*VERCEL_TOKEN|token.*VERCEL_TOKEN/is },
  402: { codes: ["PLATFORM"], said: /payment|plan/i },
  403: { codes: ["NO_ACCESS"], said: /not authorized|permission.*token/is },
  404: { codes: ["PLATFORM", "UNKNOWN_DEPLOYMENT"], said: /(not|be) found|no (deployment|project)/is },
  409: { codes: ["PLATFORM"], said: /conflict.*at the same time/is },
  429: { codes: ["PLATFORM"], said: /(too many requests|fast pace).*wait|did not end within.*limits/is },
  500: { codes: ["PLATFORM"], said: /internal error.*vercel-status/is },
  502: { codes: ["PLATFORM"], said: /bad gateway.*vercel-status/is },
  503: { codes: ["PLATFORM"], said: /unavailable.*vercel-status/is },
  "bad-token": { codes: ["NO_ACCESS"], said: /token/i },
  hang: { codes: ["PLATFORM"], said: /did not end within \d+ s.*--timeout/is },
  reset: { codes: ["PLATFORM"], said: /vercel-status/i },
  "wrong-team": { codes: ["PLATFORM", "UNKNOWN_DEPLOYMENT"], said: /no deployment|(found|no project).*(scope|team)/is },
  "build-error": { codes: ["PLATFORM"], said: /command exited with 1/i },
  "alias-never-assigned": {
    codes: ["NOT_PRODUCTION", "PLATFORM"],
    said: /production is .* and not|did not end within/is,
  },
  "slow-promote": { codes: [], said: /^$/ },
  queued: { codes: ["NOT_PRODUCTION"], said: /production is .* and not .*(queued|in progress)/is },
  skipped: { codes: ["NOT_PRODUCTION"], said: /production is .* and not .*skipped/is },
  failed: { codes: ["PLATFORM"], said: /failed/i },
  "rolling-release": { codes: ["NOT_PRODUCTION"], said: /rolling release.*complete/is },
} as const satisfies Record<FaultName, Words>;

/** Faults that a command only notices by waiting. */
const waiting: ReadonlySet<FaultName> = new Set(["429", "hang", "queued", "alias-never-assigned"]);
const SHORT = "12s";
const LONG = "90s";

export function nameOf({ command, step, endpoint, kind, after }: FaultCase): string {
  return `${command}${step === undefined ? "" : ` (${step})`}: ${endpoint} ${kind}${after === true ? ", effect had" : ""}`;
}

/** What came of one cell; without problems all is well. */
export interface FaultOutcome {
  exit: number | null;
  /** The error's code, else the outcome. */
  answer: string;
  message: string;
  problems: string[];
  ms: number;
}

/** Runs one cell, from b in production to b in production. */
export async function runFaultCase(on: CaseProject, cell: FaultCase): Promise<FaultOutcome> {
  const started = performance.now();
  const problems: string[] = [];
  await on.restore();
  const old = await on.production();
  if (cell.command === "deploy") await on.change();
  const made = on.api.deployments.length;
  const watch = on.watch();
  const first = await runOnce(on, cell, problems);
  const unmet = on.api.unmetFaults.length > 0;
  if (unmet) problems.push("nothing met the fault");
  const between = await on.production();
  on.api.clearFaults();
  problems.push(...(await on.leftovers({ lock: false })));
  if (cell.kind === "rolling-release") await on.completeRollingRelease();
  // A rollback that has succeeded is not asked for once more: that would go back one release further.
  const again = cell.command === "rollback" && first.code === 0 ? ["rollback", on.a, "--json"] : argsOf(on, cell, LONG);
  const second = await on.run(again);
  const { builds, problems: sick } = await watch.stop();
  const wanted = await wantedBuild(on, cell, second, problems);
  problems.push(...sick, ...judge(cell, first, between === wanted));
  for (const build of builds)
    if (build !== old && build !== wanted) problems.push(`production was ${build}, not the old or the new release`);
  problems.push(...(await afterwards(on, wanted, made, cell)), ...(await on.leftovers({ lock: false })));
  const { error, outcome } = parse(first) ?? {};
  return {
    exit: first.code,
    answer: error?.code ?? outcome ?? "listed",
    message: `${error?.message ?? ""} — ${error?.hint ?? ""}`,
    problems: [...new Set(problems)],
    ms: performance.now() - started,
  };
}

async function runOnce(on: CaseProject, cell: FaultCase, problems: string[]): Promise<BinEnd> {
  const inject = (): void => on.api.inject(faultOf(cell));
  if (cell.step === undefined) inject();
  const args = argsOf(on, cell, waiting.has(cell.kind) ? SHORT : LONG);
  const end = await on.run(args, (line) => {
    if (line === `→ ${cell.step}`) inject();
  });
  if (parse(end) === undefined) problems.push(`stdout is not one document: ${JSON.stringify(end.stdout)}`);
  if (end.signal !== null) problems.push(`it ended by ${end.signal}`);
  return end;
}

function faultOf({ endpoint, kind, after = false }: FaultCase) {
  const status = statusOf(kind);
  const parsed: FaultKind =
    status === undefined ? (kind as Behaviour) : { status, ...(status === 429 && { retryAfterSeconds: 3 }) };
  return { endpoint, kind: parsed, after };
}

function statusOf(kind: FaultName): FaultStatus | undefined {
  return /^\d+$/.test(kind) ? (Number(kind) as FaultStatus) : undefined;
}

function argsOf({ a }: CaseProject, { command }: FaultCase, timeout: string): string[] {
  const rest = ["--timeout", timeout, "--json"];
  if (command === "deploy") return ["deploy", "--prod", "--no-gate", ...rest];
  if (command === "promote") return ["promote", a, "--no-gate", ...rest];
  return [command, ...rest];
}

interface Answer {
  error?: { code: string; message: string; hint?: string };
  outcome?: string;
  deployment?: { id: string; buildId: string } | null;
  production?: string | null;
}

function parse({ stdout }: BinEnd): Answer | undefined {
  try {
    return JSON.parse(stdout) as Answer;
  } catch {
    return undefined;
  }
}

/** Looks at the first run. */
function judge(cell: FaultCase, end: BinEnd, isDone: boolean): string[] {
  const { code, stderr } = end;
  const { error } = parse(end) ?? {};
  const changes = cell.command !== "deployments";
  if (code === 0) {
    if (changes && !isDone) return [`exit 0, and production is the old release:\n${stderr}`];
    return toleratesIt(cell) ? [] : [`exit 0 in spite of the fault:\n${stderr}`];
  }
  if (error === undefined) return [`exit ${code} without an error:\n${end.stdout}\n${stderr}`];
  const { codes, said }: Words = words[cell.kind];
  const text = `${error.message}\n${error.hint ?? ""}`;
  const problems: string[] = [];
  if (!codes.includes(error.code)) problems.push(`the error is ${error.code}: ${text}`);
  if (code !== (error.code === "NOT_PRODUCTION" ? 1 : 2)) problems.push(`${error.code} with exit code ${code}`);
  if (error.code === "NOT_PRODUCTION" && isDone) problems.push("NOT_PRODUCTION, and production is the new release");
  if (!said.test(text)) problems.push(`the words do not name the cause: ${text}`);
  if (error.hint === undefined || error.hint === "") problems.push("there is no hint");
  return problems;
}

/** What had its effect may be found out, and what is only slow is waited for. */
function toleratesIt({ after, kind }: FaultCase): boolean {
  return after === true || kind === "slow-promote";
}

/** Looks at the second run. @returns the build that production is to be */
async function wantedBuild(
  on: CaseProject,
  { command }: FaultCase,
  end: BinEnd,
  problems: string[],
): Promise<string | undefined> {
  const document = parse(end);
  if (end.code !== 0) problems.push(`the rerun ended with ${end.code}: ${end.stdout}\n${end.stderr}`);
  if (command === "deployments") {
    if (document?.production !== on.b) problems.push(`production is listed as ${document?.production}`);
    return on.production();
  }
  const { buildId, id } = document?.deployment ?? {};
  if (id !== on.api.production?.id) problems.push(`production is ${on.api.production?.id}, not ${id}`);
  if (command !== "deploy" && id !== on.a) problems.push(`production is ${id}, not ${on.a}`);
  return buildId;
}

async function afterwards(
  on: CaseProject,
  wanted: string | undefined,
  made: number,
  { command, kind, endpoint, after }: FaultCase,
): Promise<string[]> {
  const problems: string[] = [];
  const answer = await on.production().catch(messageOf);
  if (answer !== wanted) problems.push(`after the rerun production is ${answer}, not ${wanted}`);
  if (on.api.unknownCalls.length > 0) problems.push(`unknown calls: ${on.api.unknownCalls.join(", ")}`);
  const ready = on.madeOf(wanted).filter(({ readyState }) => readyState === "READY");
  const more = on.api.deployments.length - made;
  if (command !== "deploy") return more === 0 ? problems : [...problems, `${more} deployments were made`];
  // The program itself asks again when an answer is lost.
  const isLost = endpoint === "createDeployment" && after === true;
  const failed = kind === "build-error" ? 1 : 0;
  if (!isLost && more - failed !== 1) problems.push(`${more} deployments were made of one build`);
  if (ready.length === 0) problems.push("nothing was made of the build");
  return problems;
}

/** Faults of a request, whatever it asks for. */
const requestFaults = [
  "401",
  "403",
  "404",
  "409",
  "429",
  "500",
  "502",
  "503",
  "hang",
  "reset",
  "bad-token",
  "wrong-team",
] as const satisfies FaultName[];

/** Where each command meets them. */
const places: readonly Omit<FaultCase, "kind">[] = [
  { command: "deploy", endpoint: "project" },
  { command: "deploy", endpoint: "deployment" },
  { command: "deploy", step: "stage", endpoint: "deployments" },
  { command: "deploy", step: "stage", endpoint: "createDeployment" },
  { command: "deploy", step: "stage", endpoint: "files" },
  { command: "deploy", step: "stage", endpoint: "deployment" },
  { command: "deploy", step: "promote", endpoint: "promote" },
  { command: "deploy", step: "promote", endpoint: "project" },
  { command: "promote", endpoint: "deployment" },
  { command: "promote", endpoint: "project" },
  { command: "promote", endpoint: "promote" },
  { command: "rollback", endpoint: "deployment" },
  { command: "rollback", endpoint: "rollback" },
  { command: "deployments", endpoint: "project" },
  { command: "deployments", endpoint: "deployment" },
  { command: "deployments", endpoint: "deployments" },
];

const commands = ["deploy", "promote", "rollback", "deployments"] as const;
const switches = [
  { command: "deploy", step: "promote", endpoint: "promote" },
  { command: "promote", endpoint: "promote" },
  { command: "rollback", endpoint: "rollback" },
] as const satisfies Omit<FaultCase, "kind">[];

/** The whole matrix. */
export function faultMatrix(): FaultCase[] {
  const kinds = ["alias-never-assigned", "slow-promote", "queued", "skipped", "failed"] as const;
  return [
    ...places.flatMap((place) =>
      requestFaults
        // Uploads are the account's, whatever the team.
        .filter((kind) => place.endpoint !== "files" || kind !== "wrong-team")
        .map((kind) => ({ ...place, kind })),
    ),
    ...commands.flatMap((command) =>
      (["401", "500", "hang", "bad-token"] as const).map((kind) => ({ command, endpoint: "user" as const, kind })),
    ),
    ...[
      { command: "deploy" as const, step: "stage" as const, endpoint: "createDeployment" as const },
      { command: "deploy" as const, step: "stage" as const, endpoint: "files" as const },
      ...switches,
    ].flatMap((place) => (["500", "hang", "reset"] as const).map((kind) => ({ ...place, kind, after: true }))),
    { command: "deploy", step: "stage", endpoint: "createDeployment", kind: "build-error" },
    { command: "deploy", step: "stage", endpoint: "createDeployment", kind: "alias-never-assigned" },
    ...switches.flatMap((place) => kinds.map((kind) => ({ ...place, kind }))),
    { command: "deploy", step: "promote", endpoint: "promote", kind: "rolling-release" },
    { command: "promote", endpoint: "promote", kind: "rolling-release" },
  ];
}
