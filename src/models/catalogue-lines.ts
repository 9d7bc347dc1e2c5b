import type { Task } from "../config/words.ts";
import type { Model } from "../data/models-schema.ts";
import { formatBytes, formatParams } from "../plan/format.ts";
import { pipelines } from "../plan/tasks.ts";

/** A model of the catalogue in `models list --json`. Bytes are bytes, parameters are counted. */
export interface ListedModel {
  id: string;
  hub: string;
  /** Of edge-ai, the first is the default; none where it makes no function for it. */
  tasks: readonly Task[];
  pipeline: Model["task"];
  params: number;
  activeParams: number;
  license: string;
  files: { engine: string; dtype: string; bytes: number }[];
}

/** What `models list` says of a model. */
export function listedModel({ id, hub, task, params, license, variants }: Model): ListedModel {
  return {
    id,
    hub,
    tasks: pipelines[task].tasks,
    pipeline: task,
    params: params.total,
    activeParams: params.active,
    license,
    files: variants.map(({ engine, dtype, bytes }) => ({ engine, dtype, bytes })),
  };
}

/** A table, one model a line: id, pipeline, parameters, licence, files with their sizes. */
export function renderList(models: readonly ListedModel[]): string {
  const rows = models.map((model) => [
    model.id,
    model.pipeline,
    model.activeParams === model.params
      ? formatParams(model.params)
      : `${formatParams(model.params)} (${formatParams(model.activeParams)} active)`,
    model.license,
    model.files.length === 0
      ? "no files that fit a function"
      : model.files.map(({ dtype, bytes }) => `${dtype} ${formatBytes(bytes)}`).join(", "),
  ]);
  const all = [["id", "task", "parameters", "licence", "files"], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
