import * as z from "zod";
import { ApiError } from "./api-error.ts";
import { parseJson, readForm, type Call } from "./call.ts";
import type { AssetStore } from "./asset-store.ts";
import type { Binding, Module, Upload, Worker } from "./worker.ts";

/** The limit of both plans since 2026-09-04: developers.cloudflare.com/workers/platform/limits. */
const MAX_WORKER_BYTES = 64 * 1024 * 1024;

const binding = z.object({
  name: z.string(),
  type: z.string(),
  text: z.string().optional(),
  json: z.unknown().optional(),
  /** Of inherit: what it was called before. */
  old_name: z.string().optional(),
});

const metadata = z.object({
  main_module: z.string(),
  bindings: z.array(binding).default([]),
  compatibility_date: z.string().default("2021-11-02"),
  compatibility_flags: z.array(z.string()).default([]),
  /** Types whose bindings stay unless they are given anew. */
  keep_bindings: z.array(z.string()).default([]),
  keep_assets: z.boolean().default(false),
  annotations: z.record(z.string(), z.string()).default({}),
  assets: z
    .object({
      jwt: z.string(),
      config: z.object({ run_worker_first: z.union([z.boolean(), z.array(z.string())]).optional() }).default({}),
    })
    .optional(),
});

type Metadata = z.infer<typeof metadata>;

/**
 * Reads what `deploy` and `versions upload` send: one part `metadata`, and one for each module.
 * @param before the Worker whose newest version gives what is not given anew
 * @throws ApiError 400 with the code of what is wrong with it
 */
export async function readUpload(call: Call, store: AssetStore, before: Worker | undefined): Promise<Upload> {
  const form = await readForm(call);
  const text = form.get("metadata");
  const meta = parseJson(typeof text === "string" ? text : ((await text?.text()) ?? ""), metadata);
  const modules = await readModules(form);
  const mainModule = meta.main_module;
  if (!modules.some(({ name }) => name === mainModule)) {
    throw new ApiError(400, 10021, `No such module "${mainModule}".`);
  }
  const bytes = modules.reduce((sum, { contents }) => sum + contents.byteLength, 0);
  if (bytes > MAX_WORKER_BYTES)
    throw new ApiError(400, 10027, `Your Worker exceeded the size limit of 64 MiB: ${bytes} bytes`);
  const newest = before?.versions[0];
  return {
    modules,
    mainModule,
    bindings: resolveBindings(meta, newest?.bindings ?? []),
    annotations: meta.annotations,
    compatibilityDate: meta.compatibility_date,
    compatibilityFlags: meta.compatibility_flags,
    assets: assetsOf(meta, store) ?? (meta.keep_assets ? (newest?.assets ?? null) : null),
  };
}

async function readModules(form: FormData): Promise<Module[]> {
  const modules: Module[] = [];
  for (const [name, value] of form) {
    if (name === "metadata" || typeof value === "string" || value.type === "application/source-map") continue;
    modules.push({ name, contents: new Uint8Array(await value.arrayBuffer()) });
  }
  return modules;
}

/** What is given, what is said to be as before, and what is kept because nobody said otherwise. */
function resolveBindings(meta: Metadata, before: readonly Binding[]): Binding[] {
  const given = meta.bindings.map((each) => (each.type === "inherit" ? inherit(each, before) : each));
  const names = new Set(given.map(({ name }) => name));
  const kept = before.filter(({ name, type }) => meta.keep_bindings.includes(type) && !names.has(name));
  return [...given, ...kept];
}

function inherit({ name, old_name: oldName = name }: z.infer<typeof binding>, before: readonly Binding[]): Binding {
  const found = before.find((each) => each.name === oldName);
  if (found !== undefined) return { ...found, name };
  throw new ApiError(400, 10057, `binding ${name} of type inherit: the latest version has no such binding`);
}

function assetsOf({ assets }: Metadata, store: AssetStore): Upload["assets"] | undefined {
  if (assets === undefined) return undefined;
  return { manifest: store.manifestOf(assets.jwt), runWorkerFirst: assets.config.run_worker_first };
}
