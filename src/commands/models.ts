import path from "node:path";
import type { Task } from "../config/words.ts";
import { models, modelsCheckedAt } from "../data/models.ts";
import { CliError } from "../errors.ts";
import { exists } from "../exists.ts";
import { answer, say, type Io } from "../io.ts";
import { listedModel, renderList } from "../models/catalogue-lines.ts";
import { describeModel } from "../models/describe.ts";
import { cardOfCatalogue, cardOfKnown, renderCard, type ModelCard } from "../models/model-card.ts";
import { findModel } from "../plan/find-model.ts";
import { nearestNames } from "../plan/nearest-names.ts";

interface ListOptions {
  task?: Task | undefined;
  json?: boolean | undefined;
}

/** Prints the catalogue. @returns 0 */
export async function listModelsCommand(io: Io, { task, json }: ListOptions): Promise<number> {
  const listed = models.map(listedModel).filter(({ tasks }) => task === undefined || tasks.includes(task));
  if (json === true) answer(io, { version: 1, checkedAt: modelsCheckedAt, models: listed });
  else answer(io, renderList(listed));
  return Promise.resolve(0);
}

interface ShowOptions {
  model: string;
  offline?: boolean | undefined;
  json?: boolean | undefined;
}

/**
 * Prints what is known of a model, and where each number comes from.
 * @returns 0
 * @throws CliError UNKNOWN_MODEL when neither catalogue nor Hub nor files know it; FILE for a path that leads to nothing
 */
export async function showModelCommand(io: Io, { model, offline, json }: ShowOptions): Promise<number> {
  const card = await cardOf(io, model.trim(), offline === true);
  for (const warning of card.warnings) say(io, `warning: ${warning}`);
  if (json === true) answer(io, { version: 1, model: card });
  else answer(io, renderCard(card));
  return 0;
}

async function cardOf(io: Io, name: string, offline: boolean): Promise<ModelCard> {
  const warnings: string[] = [];
  const warn = (warning: string): void => void warnings.push(warning);
  const known = await describeModel(name, { cwd: io.cwd, env: io.env, offline, warn, signal: io.signal });
  if (known !== null) {
    const card = cardOfKnown(known);
    return { ...card, warnings: [...warnings, ...card.warnings] };
  }
  const found = findModel(name, models);
  if (found !== null) return cardOfCatalogue(found.model);
  const nearest = nearestNames(
    name.split("/").at(-1) ?? name,
    models.map(({ id }) => id),
    3,
  );
  const why = warnings.length === 0 ? "" : `: ${warnings.join("; ")}`;
  throw new CliError("UNKNOWN_MODEL", `nothing is known of ${JSON.stringify(name)}${why}`, {
    hint: `did you mean ${nearest.join(", ")}? Or give owner/name of the Hub, or a file or folder like ./model.gguf`,
  });
}

interface PullOptions {
  model?: string | undefined;
  revision?: string | undefined;
  dtype?: string | undefined;
  dir: string;
  json?: boolean | undefined;
}

/**
 * Fetches weights into a project: those of one model, or all that models.lock.json and edge-ai.json name.
 * @returns 0
 * @throws CliError with what to do, when they cannot be had whole
 */
export async function pullModelCommand(io: Io, options: PullOptions): Promise<number> {
  const projectDir = path.resolve(io.cwd, options.dir);
  if (!(await exists(projectDir))) {
    throw new CliError("FILE", `there is no folder ${projectDir}`, { hint: "give the project with --dir" });
  }
  // The list and a card need no zod, and no network.
  const { pullAll } = await import("../models/pull-all.ts");
  const pulled = await pullAll(io, { ...options, model: options.model?.trim(), projectDir });
  if (options.json === true) answer(io, pulled);
  else answer(io, pulled.models.map((model) => model.path).join("\n"));
  return 0;
}
