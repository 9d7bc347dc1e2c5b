import { createHash } from "node:crypto";
import path from "node:path";
import { CliError } from "../errors.ts";
import { chooseFiles, type Chosen } from "./choose-files.ts";
import { isWhole } from "./digest.ts";
import type { Fetched } from "./fetch-files.ts";
import { listPackage, type Package } from "./from-npm.ts";
import { assertRoom, placeContent } from "./place-files.ts";
import type { Promised } from "./promised-hash.ts";
import { assertInside } from "./safe-path.ts";
import type { Source } from "./source.ts";

/**
 * The files of a package that are the model: those of Transformers.js' layout or, in a package that has another one, its
 * ONNX files under their own names.
 * @throws CliError UNKNOWN_MODEL when there are no weights in it
 */
export function chooseFromPackage(found: Package, source: Source, name: string): Chosen {
  const files = listPackage(found).map((file) => ({ ...file, digest: null }));
  try {
    return chooseFiles(files, source, name);
  } catch (error) {
    const loose = files.filter((file) => /(?:^|\/)[^./][^/]*\.onnx$/.test(file.path));
    if (loose.length === 0 || source.dtype !== undefined || !(error instanceof CliError)) throw error;
    const named = loose.map((file) => ({ ...file, from: file.path, path: `onnx/${path.posix.basename(file.path)}` }));
    // Packages often carry a file twice, in src/ and in dist/.
    const once = named.filter((file, at) => named.findIndex((other) => other.path === file.path) === at);
    return { engine: "onnx", dtype: "as published", files: once };
  }
}

/**
 * Writes files of a package that are missing or wrong into a model's folder.
 * @throws CliError PLATFORM when the package has a file no more, or `promise` refuses its hash
 */
export async function placePackage(
  projectDir: string,
  folder: string,
  { files }: Package,
  chosen: Pick<Chosen, "files">,
  promise: Promised,
): Promise<Fetched> {
  await assertRoom(
    projectDir,
    chosen.files.reduce((sum, { bytes }) => sum + bytes, 0),
  );
  const placed: Fetched = { files: [], fetchedBytes: 0 };
  for (const file of chosen.files) {
    assertInside(file.from, "the package");
    const content = files.get(file.from);
    if (content === undefined) {
      throw new CliError("PLATFORM", `the package has no file ${file.from}`, {
        hint: "pull the model again by its name",
      });
    }
    const sha256 = createHash("sha256").update(content).digest("hex");
    promise(file, sha256);
    const target = path.join(projectDir, folder, file.path);
    if (!(await isWhole(target, content.length, { kind: "sha256", hex: sha256 }))) {
      await placeContent(projectDir, folder, { path: file.path, sha256 }, content);
      placed.fetchedBytes += content.length;
    }
    const from = file.from === file.path ? {} : { from: file.from };
    placed.files.push({ path: file.path, ...from, bytes: content.length, sha256 });
  }
  return placed;
}

/** Where there is a NOTICE, the licence asks for it to go along. Nothing loads it, so that it is not locked. */
export async function placeNotice(
  projectDir: string,
  folder: string,
  files: ReadonlyMap<string, Buffer>,
): Promise<void> {
  const content = files.get("NOTICE");
  if (content === undefined) return;
  const sha256 = createHash("sha256").update(content).digest("hex");
  await placeContent(projectDir, folder, { path: "NOTICE", sha256 }, content);
}
