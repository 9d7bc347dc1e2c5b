import fs from "node:fs/promises";
import path from "node:path";

export interface StaticReport {
  files: number;
  bytes: number;
}

/** Names that are hardly meant for everybody's eyes. */
const PRIVATE =
  /(^|\/)(\.env[^/]*|[^/]*\.(pem|key|p12|pfx)|id_(rsa|ed25519)|\.npmrc|\.git|node_modules)(\/|$)|\.(ts|tsx|mts|py|onnx|gguf|safetensors)$/;

/**
 * Copies public/, and only that, as what everybody can fetch.
 * @returns what was copied, and a warning for every name that looks private
 */
export async function copyStatic(
  projectDir: string,
  to: string,
): Promise<{ report: StaticReport; warnings: string[] }> {
  const from = path.join(projectDir, "public");
  await fs.mkdir(to, { recursive: true });
  const report: StaticReport = { files: 0, bytes: 0 };
  const warnings: string[] = [];
  for (const name of await staticNames(from)) {
    const target = path.join(to, name);
    await fs.mkdir(path.dirname(target), { recursive: true });
    await fs.copyFile(path.join(from, name), target, fs.constants.COPYFILE_FICLONE);
    report.files += 1;
    report.bytes += (await fs.stat(target)).size;
    if (isPrivate(name)) warnings.push(`public/${name} looks private, and everybody will be able to fetch it`);
  }
  return { report, warnings };
}

/** The files below public/ that have the name of a secret, a source file or a model. */
export async function privateNames(projectDir: string): Promise<string[]> {
  return (await staticNames(path.join(projectDir, "public"))).filter(isPrivate);
}

/** Whether a path below public/ has the name of a secret, a source file or a model. */
export function isPrivate(name: string): boolean {
  return PRIVATE.test(name);
}

/** The files of a folder that everybody can fetch, with slashes. */
export async function staticNames(dir: string): Promise<string[]> {
  const exists = await fs.stat(dir).then(
    (stat) => stat.isDirectory(),
    () => false,
  );
  if (!exists) return [];
  const entries = await fs.readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(dir, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, "/"));
}
