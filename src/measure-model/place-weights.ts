import { constants } from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";
import { CliError, systemCode } from "../errors.ts";
import type { EncoderDtype } from "../stand-in/bert.ts";
import type { DecoderDtype } from "../stand-in/llama.ts";
import { findWeights } from "./find-weights.ts";
import type { Project } from "./project.ts";
import { contextTokensFor, type AskedLoad, type Subject } from "./subject.ts";

export interface Placed {
  /** True when random weights of the same shape stand in. */
  standIn: boolean;
  /** What is run, and why, in words. */
  text: string;
}

type Kind = { kind: "encoder"; dtype: EncoderDtype } | { kind: "decoder"; dtype: DecoderDtype };

/** Kinds of weights that can be made up. */
const standIns: Partial<Record<Subject["dtype"], Kind>> = {
  q8: { kind: "encoder", dtype: "q8" },
  fp32: { kind: "encoder", dtype: "fp32" },
  Q4_0: { kind: "decoder", dtype: "Q4_0" },
  Q8_0: { kind: "decoder", dtype: "Q8_0" },
};

/**
 * Puts the weights of a subject into a folder: the project's own when it has them, else random ones of the same shape.
 * @param to a folder that is not there yet
 * @throws CliError NO_TEMPLATE when there are none and nothing can stand in for them
 */
export async function placeWeights(
  project: Project,
  { subject, load, to }: { subject: Subject; load: AskedLoad; to: string },
): Promise<Placed> {
  const found = await findWeights(project, subject);
  await fs.mkdir(path.dirname(to), { recursive: true });
  if (!("why" in found)) {
    const from = "dir" in found ? found.dir : found.file;
    if ("dir" in found) await linkTree(from, to);
    else await linkAs(from, path.join(to, "model.gguf"));
    return { standIn: false, text: `those in ${path.relative(project.dir, from)}` };
  }
  const { modelId, dtype, arch, params } = subject;
  const kind = standIns[dtype];
  if (kind === undefined) {
    throw new CliError("NO_TEMPLATE", `${found.why}, and nothing can stand in for ${dtype} weights`, {
      hint: `fetch them: npx edge-ai models pull ${modelId}`,
    });
  }
  const { writeStandIn } = await import("../stand-in/stand-in.ts");
  await writeStandIn({ ...kind, arch, params, tokensMax: contextTokensFor(load), dir: to });
  return { standIn: true, text: `random ${dtype} numbers of the same shape stand in (${found.why})` };
}

async function linkTree(from: string, to: string): Promise<void> {
  for (const entry of await fs.readdir(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if ((await fs.stat(source)).isDirectory()) await linkTree(source, target);
    else await linkAs(source, target);
  }
}

/** Large files take no room and no time: they are the same files under another name, and nobody writes into them. */
async function linkAs(from: string, to: string): Promise<void> {
  await fs.mkdir(path.dirname(to), { recursive: true });
  const file = await fs.realpath(from);
  try {
    await fs.link(file, to);
  } catch (error) {
    if (systemCode(error) === "ENOENT") throw error;
    // Another disk, or a file system without links.
    await fs.copyFile(file, to, constants.COPYFILE_FICLONE);
  }
}
