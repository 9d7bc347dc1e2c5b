import path from "node:path";
import { CONFIG_FILE, readConfig } from "../config/read.ts";
import type { Config } from "../config/schema.ts";
import { CliError } from "../errors.ts";
import { exists } from "../exists.ts";
import { say, type Io } from "../io.ts";
import { formatBytes } from "../plan/format.ts";
import { MODELS_LOCK, readModelsLock, type LockedModel } from "./models-lock.ts";
import { pullModel, type Pulled } from "./pull.ts";
import { restoreModel } from "./restore.ts";
import { sourceOf } from "./source.ts";

interface Asked {
  model?: string | undefined;
  revision?: string | undefined;
  dtype?: string | undefined;
  projectDir: string;
}

/** What `models pull --json` prints. */
export interface PullDocument {
  version: 1;
  /** The model that was asked for; null when there are several, or none. */
  model: string | null;
  models: Pick<LockedModel, "id" | "path" | "hub" | "revision" | "dtype">[];
  /** Relative to the project. */
  files: { path: string; bytes: number; sha256: string }[];
  /** Of all files, there before or not. */
  bytes: number;
  /** Of them, what was fetched now. */
  fetchedBytes: number;
  lock: { path: string; changed: boolean };
}

/**
 * Pulls one model by its name; without one restores what models.lock.json says, and pulls the model of edge-ai.json when
 * the lock does not have it yet.
 * @throws CliError USAGE when nothing names a model; else as pullModel
 */
export async function pullAll(io: Io, asked: Asked): Promise<PullDocument> {
  const { projectDir } = asked;
  const config = (await exists(path.join(projectDir, CONFIG_FILE))) ? await readConfig(projectDir) : null;
  const pulled = await pullAsked(io, asked, config);
  const fetchedBytes = pulled.reduce((sum, each) => sum + each.fetchedBytes, 0);
  const changed = pulled.some((each) => each.lockChanged);
  const document = documentOf(
    pulled.map(({ model }) => model),
    fetchedBytes,
    changed,
  );
  const written = changed ? `; ${MODELS_LOCK} says what they are: commit it` : "";
  say(
    io,
    `files: ${document.files.length}, ${formatBytes(document.bytes)}, ${formatBytes(fetchedBytes)} fetched now${written}`,
  );
  for (const { model } of pulled) sayUnread(io, model, config);
  return document;
}

async function pullAsked(io: Io, asked: Asked, config: Config | null): Promise<Pulled[]> {
  const { model, revision, dtype, projectDir } = asked;
  const context = { io, projectDir };
  if (model === "") throw new CliError("USAGE", "the model's name is empty", { hint: "see edge-ai models list" });
  const named = model ?? (revision === undefined && dtype === undefined ? undefined : localModel(config));
  if (named !== undefined) return [await pullModel(sourceOf(named, asked, config), context)];
  const locked = await readModelsLock(projectDir);
  const configured = localModel(config);
  if (locked.length === 0 && configured === undefined) throw nothingNamed(projectDir, config);
  const pulled: Pulled[] = [];
  for (const each of locked) pulled.push(await restoreModel(each, context));
  const isLocked = locked.some((each) => path.posix.normalize(each.path) === folderOf(config));
  if (configured !== undefined && !isLocked) pulled.push(await pullModel(sourceOf(configured, {}, config), context));
  return pulled;
}

/** The model of edge-ai.json, when its functions load weights. */
function localModel(config: Config | null): string | undefined {
  return config?.mode === "local" && config.model.path !== null ? config.model.id : undefined;
}

function folderOf(config: Config | null): string | null {
  const folder = config?.model.path ?? null;
  return folder === null ? null : path.posix.normalize(folder).replace(/\/$/, "");
}

function nothingNamed(projectDir: string, config: Config | null): CliError {
  const what =
    config === null
      ? `${projectDir} has neither ${MODELS_LOCK} nor ${CONFIG_FILE}`
      : `no function of ${config.name} loads weights`;
  return new CliError("USAGE", what, { hint: "name a model: edge-ai models pull all-minilm-l6-v2" });
}

function documentOf(models: readonly LockedModel[], fetchedBytes: number, changed: boolean): PullDocument {
  const files = models.flatMap((model) =>
    model.files.map((file) => ({ path: `${model.path}/${file.path}`, bytes: file.bytes, sha256: file.sha256 })),
  );
  return {
    version: 1,
    model: models.length === 1 ? (models[0]?.id ?? null) : null,
    models: models.map(({ id, path: folder, hub, revision, dtype }) => ({ id, path: folder, hub, revision, dtype })),
    files,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    fetchedBytes,
    lock: { path: MODELS_LOCK, changed },
  };
}

/** What lib/onnx-model.ts and lib/llama.ts of a generated app load. */
const LOADED: ReadonlySet<string> = new Set(["onnx/model_quantized.onnx", "model.gguf"]);

/** Weights that no function loads are bytes for nothing: said at once, not after the deploy. */
function sayUnread(io: Io, { files, path: folder }: LockedModel, config: Config | null): void {
  if (!files.some((file) => LOADED.has(file.path))) {
    say(
      io,
      "warning: the generated functions load onnx/model_quantized.onnx or model.gguf: change lib/onnx-model.ts to use these",
    );
  }
  if (config !== null && folderOf(config) !== path.posix.normalize(folder)) {
    say(
      io,
      `warning: ${CONFIG_FILE} does not name ${folder}: no function loads it until model.path and vercel.json do`,
    );
  }
}
