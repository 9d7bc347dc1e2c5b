import type { HealthDocument } from "../health/document.ts";
import { figure } from "../health/figures.ts";
import { exitOf, type DeployDocument, type PublicDeployment } from "./document.ts";
import type { SwitchDocument } from "./switch.ts";

/** A comment on GitHub holds 65,536 characters; what the workflow puts around the report needs some of them. */
const MAX_CHARACTERS = 60_000;
/** So that neither a long error nor one long name takes the place of everything else. */
const MAX_MESSAGE = 10_000;
const MAX_CELL = 300;
const CUT = "\n\n… the rest is left out; the log has it.";

const marks = { 0: "✅", 1: "❌", 2: "❌", 3: "❔" } as const satisfies Record<0 | 1 | 2 | 3, string>;

/** A release for people on GitHub: what came of it, why, what was measured, and how long it took. */
export function deployMarkdown(document: DeployDocument): string {
  const { outcome, environment, target, verdict, deployment, productionUrl, previous, rolledBackTo } = document;
  return fit([
    `### ${marks[exitOf(document)]} ${outcome}: ${environment} on ${target}`,
    ...why(document),
    ...table(
      ["", ""],
      [
        ["verdict", verdict ?? "not measured"],
        ...(deployment === null ? [] : facts(deployment)),
        ...(environment === "production" ? [["production", link(productionUrl)]] : []),
        ...named("before", previous),
        ...named("production is again", rolledBackTo),
      ],
    ),
    ...measured("Gate", document.health),
    ...measured("Watch of production", document.watch),
    ...table(
      ["stage", "seconds"],
      Object.entries(document.stagesMs).map(([name, ms]) => [name, (ms / 1_000).toFixed(1)]),
    ),
  ]);
}

/** A promotion or rollback for people on GitHub. */
export function switchMarkdown(document: SwitchDocument): string {
  const { outcome, target, verdict, deployment, productionUrl, previous, notes, health } = document;
  // Here going back is what was asked for, and not a release that failed.
  const exit = outcome === "refused" ? exitOf(document) : 0;
  return fit([
    `### ${marks[exit]} ${outcome}: production on ${target}`,
    ...why(document),
    ...table(
      ["", ""],
      [
        ["verdict", verdict ?? "not measured"],
        ...facts(deployment),
        ["production", link(productionUrl)],
        ...named("before", previous),
      ],
    ),
    ...list(notes),
    ...measured("Gate", health),
  ]);
}

/** An error for people on GitHub: edge-ai could not run. */
export function errorMarkdown({ code, message, hint }: { code: string; message: string; hint?: string }): string {
  return fit([
    `### ${marks[2]} edge-ai could not run: ${code}`,
    ...why({ message, ...(hint !== undefined && { hint }) }),
  ]);
}

function why({ cause, message, hint }: { cause?: string; message?: string; hint?: string }): string[] {
  const lines = [
    cause === undefined ? message : `${cause}: ${message ?? ""}`,
    hint === undefined || hint === "" ? undefined : `hint: ${hint}`,
  ].filter((line) => line !== undefined);
  return lines.length === 0 ? [] : ["", fenced(cut(lines.join("\n"), MAX_MESSAGE))];
}

function facts({ id, url, buildId }: PublicDeployment): string[][] {
  return [
    ["deployment", link(url)],
    ["id", asCode(id)],
    ["build", asCode(buildId)],
  ];
}

function named(name: string, deployment: PublicDeployment | null): string[][] {
  return deployment === null ? [] : [[name, `${asCode(deployment.id)}, build ${asCode(deployment.buildId)}`]];
}

function measured(title: string, health: HealthDocument | null): string[] {
  if (health === null) return [];
  const { requests, errors } = health.measurement;
  return [
    "",
    `**${title}**: ${health.verdict}, ${requests} requests, ${errors} errors`,
    ...table(["check", "limit", "actual", "95 %", "verdict"], health.checks.map(checkRow)),
    ...list(health.warnings),
  ];
}

function list(sentences: readonly string[]): string[] {
  return sentences.length === 0 ? [] : ["", ...sentences.map((sentence) => `- ${asCode(sentence)}`)];
}

function checkRow({ name, probe, limit, actual, interval: [lo, hi], unit, verdict, level }: Check): string[] {
  return [
    probe === null ? name : `${name} of ${asCode(probe)}`,
    figure(limit, unit),
    figure(actual, unit),
    lo === null && hi === null ? "" : `${figure(lo, unit)} to ${figure(hi, unit)}`,
    level === "warn" ? `${verdict} (warning)` : verdict,
  ];
}

type Check = HealthDocument["checks"][number];

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : ["", ...[head, head.map(() => "---"), ...rows].map(row)];
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** Text that stays text: no Markdown, HTML, link or @name of it means anything, and it fits a cell of a table. */
function asCode(text: string): string {
  const escaped = cut(text, MAX_CELL)
    .replaceAll(/\s+/g, " ")
    .replaceAll(/[^\p{L}\p{N} -]/gu, (char) => `&#${char.codePointAt(0)};`);
  return `<code>${escaped}</code>`;
}

/** A URL as a link; what is not plainly one stays text. */
function link(url: string | null): string {
  if (url === null) return "none";
  return /^https?:\/\/[\w.-]+(:\d+)?(\/[\w./-]*)?$/.test(url) ? `<${url}>` : asCode(url);
}

/** A block that its text cannot end: the fence is longer than every run of backticks in it. Colours of a terminal go. */
function fenced(text: string): string {
  const plain = text.replaceAll(/[^\P{Cc}\n\t]/gu, "");
  const longest = Math.max(2, ...[...plain.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${plain}\n${fence}`;
}

function cut(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max)} …`;
}

/** The blocks as one text, as many of them as there is room for. Each is whole: a cut never falls into a fence or a row. */
function fit(blocks: readonly string[]): string {
  const room = MAX_CHARACTERS - CUT.length;
  let text = "";
  for (const block of blocks) {
    if (text.length + block.length + 1 > room) return text.trimEnd() + CUT;
    text += `${block}\n`;
  }
  return text.trimEnd();
}
