import type { HealthDocument } from "../health/document.ts";
import { checkTable } from "../health/reports/check-table.ts";
import { asCode, cut, fenced, fit, link, list, table } from "../markdown.ts";
import { exitOf, type DeployDocument, type PublicDeployment } from "./document.ts";
import type { SwitchDocument } from "./switch.ts";

/** A comment on GitHub holds 65,536 characters; what the workflow puts around the report needs some of them. */
const MAX_CHARACTERS = 60_000;
/** So that a long error does not take the place of everything else. */
const MAX_MESSAGE = 10_000;

const marks = { 0: "✅", 1: "❌", 2: "❌", 3: "❔" } as const satisfies Record<0 | 1 | 2 | 3, string>;

/** A release for people on GitHub: what came of it, why, what was measured, and how long it took. */
export function deployMarkdown(document: DeployDocument): string {
  const { outcome, environment, target, verdict, deployment, productionUrl, previous, rolledBackTo } = document;
  return report([
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
  return report([
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
  return report([
    `### ${marks[2]} edge-ai could not run: ${code}`,
    ...why({ message, ...(hint !== undefined && { hint }) }),
  ]);
}

function report(blocks: readonly string[]): string {
  return fit(blocks, MAX_CHARACTERS);
}

function why({ cause, message, hint }: { cause?: string; message?: string; hint?: string }): string[] {
  const lines = [
    cause === undefined ? message : `${cause}: ${message ?? ""}`,
    hint === undefined || hint === "" ? undefined : `hint: ${hint}`,
  ].filter((line) => line !== undefined);
  return lines.length === 0 ? [] : ["", fenced(cut(lines.join("\n"), MAX_MESSAGE))];
}

function facts({ id, url, builtFrom }: PublicDeployment): string[][] {
  return [
    ["deployment", link(url)],
    ["id", asCode(id)],
    ["build", asCode(builtFrom)],
  ];
}

function named(name: string, deployment: PublicDeployment | null): string[][] {
  return deployment === null ? [] : [[name, `${asCode(deployment.id)}, build ${asCode(deployment.builtFrom)}`]];
}

function measured(title: string, health: HealthDocument | null): string[] {
  if (health === null) return [];
  const { requests, errors } = health.measurement;
  return [
    "",
    `**${title}**: ${health.verdict}, ${requests} requests, ${errors} errors`,
    ...checkTable(health.checks),
    ...list(health.warnings),
  ];
}
