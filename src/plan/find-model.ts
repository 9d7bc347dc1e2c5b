import type { Model } from "../data/models-schema.ts";
import { sizeInName } from "./name-size.ts";

export interface Found {
  model: Model;
  /** "family": a short name that means exactly one model of the catalogue. */
  by: "catalogue" | "family";
}

/** Looks a model up by catalogue id, Hub id, repository name or family name; upper and lower case are the same. */
export function findModel(name: string, catalogue: readonly Model[]): Found | null {
  const whole = name.toLowerCase();
  const short = repositoryOf(whole);
  const exact =
    catalogue.find((model) => model.hub.toLowerCase() === whole) ??
    catalogue.find((model) => model.id === short || repositoryOf(model.hub.toLowerCase()) === short);
  if (exact !== undefined) return { model: exact, by: "catalogue" };
  const family = catalogue.filter((model) => isFamily(short, model.id));
  return family[0] !== undefined && family.length === 1 ? { model: family[0], by: "family" } : null;
}

/** "onnx-community/Qwen3-0.6B-ONNX" → "qwen3-0.6b": the same model in another file format. */
function repositoryOf(name: string): string {
  return (name.split("/").at(-1) ?? name).replace(/-(?:onnx|gguf)$/, "");
}

/**
 * "mistral-7b" is a family name of "mistral-7b-instruct-v0.3", "bert-base" of "bert-base-uncased". One word is not
 * enough ("gemma"), and a size in the id has to be in the name too.
 */
function isFamily(name: string, id: string): boolean {
  const named = sizeInName(name)?.params ?? null;
  return name.includes("-") && id.startsWith(`${name}-`) && named === (sizeInName(id)?.params ?? null);
}
