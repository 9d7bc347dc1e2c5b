import type { Config } from "../config/schema.ts";
import type { EngineName } from "../data/engines.ts";
import type { Model } from "../data/models-schema.ts";
import { models } from "../data/models.ts";
import { CliError } from "../errors.ts";
import { findModel } from "../plan/find-model.ts";
import { ggufRepositories } from "./gguf-repositories.ts";
import { isRepository } from "./hub-endpoint.ts";

/** The one model whose weights come with this package, and the name of where they come from. */
export const BUILT_IN_MODEL = "use-lite";
export const BUILT_IN_HUB = "npm:create-edge-ai";

/** Where a model comes from and where it goes. */
export interface Source {
  id: string;
  /** "owner/name", or "npm:package". */
  hub: string;
  /** Branch, tag, commit or version; null for the newest. */
  revision: string | null;
  /** Relative to the project. */
  folder: string;
  dtype: string | undefined;
  /** What the app that uses it runs; null when either will do. */
  engine: EngineName | null;
  /** The hash that the catalogue knows of the file of a kind; null when it knows none. */
  knownSha256: (dtype: string) => string | null;
}

const GGUF_DTYPE = /^(?:i?q\d+_\w+|tq\d_\d|f16|f32|bf16)$/i;

/**
 * Works out what is meant by a name, in a project or none.
 * @throws CliError UNKNOWN_MODEL for a name that no source has, USAGE for a version that is given twice
 */
export function sourceOf(
  name: string,
  asked: { revision?: string | undefined; dtype?: string | undefined },
  config: Config | null,
): Source {
  const model = findModel(name, models)?.model ?? null;
  const isProjects = config !== null && isSame(config.model.id, name, model);
  const id = isProjects ? config.model.id : (model?.id ?? name.replace(/^npm:/, "").replace(/(?<=.)@[^@/]*$/, ""));
  const folder = (isProjects ? config.model.path : null) ?? `models/${id}`;
  const isChat = isProjects ? config.task === "chat" : model === null ? null : model.task === "text-generation";
  const engine = asked.dtype === undefined ? engineOf(isChat) : GGUF_DTYPE.test(asked.dtype) ? "gguf" : "onnx";
  const { hub, version } = hubOf(name, model, engine);
  if (version !== null && asked.revision !== undefined) {
    throw new CliError("USAGE", `two versions: ${name} and --revision ${asked.revision}`, { hint: "give it once" });
  }
  return {
    id,
    hub,
    revision: version ?? asked.revision ?? (isProjects ? config.model.revision : null),
    folder,
    dtype: asked.dtype,
    engine,
    knownSha256: (dtype) => (model?.hub === hub ? sha256In(model, dtype) : null),
  };
}

function engineOf(isChat: boolean | null): EngineName | null {
  if (isChat === null) return null;
  return isChat ? "gguf" : "onnx";
}

/** The project's model under any of its names. */
function isSame(configured: string, name: string, model: Model | null): boolean {
  if (configured.toLowerCase() === name.toLowerCase()) return true;
  return model !== null && findModel(configured, models)?.model.id === model.id;
}

function hubOf(name: string, model: Model | null, engine: EngineName | null): { hub: string; version: string | null } {
  // "someone/use-lite" is somebody's own, whatever its name.
  if (isRepository(name)) return { hub: name, version: null };
  if (model?.id === BUILT_IN_MODEL) return { hub: BUILT_IN_HUB, version: null };
  const npm = /^npm:((?:@[a-z\d][\w.-]*\/)?[a-z\d][\w.-]*)(?:@([\w.+-]+))?$/i.exec(name);
  if (npm !== null) return { hub: `npm:${npm[1]}`, version: npm[2] ?? null };
  if (model !== null) {
    return { hub: (engine === "gguf" ? ggufRepositories[model.id] : undefined) ?? model.hub, version: null };
  }
  throw new CliError(
    "UNKNOWN_MODEL",
    `${JSON.stringify(name)} is not in the catalogue, and no name on the Hub or of a package`,
    {
      hint: "see edge-ai models list, or give owner/name or npm:package",
    },
  );
}

function sha256In({ variants }: Model, dtype: string): string | null {
  return variants.find((variant) => variant.dtype === dtype)?.sha256 ?? null;
}
