import fs from "node:fs/promises";
import path from "node:path";
import { systemCode } from "../../errors.ts";
import { dependsOn, type Project } from "./project.ts";

export const NPMRC = ".npmrc";
/** Without it, onnxruntime-node downloads CUDA libraries while it is installed. */
export const SKIP_LINE = "onnxruntime-node-install=skip";

/** True when onnxruntime-node is a dependency and .npmrc does not keep it from downloading. */
export async function lacksSkipLine(project: Project): Promise<boolean> {
  if (!dependsOn(project, "onnxruntime-node")) return false;
  return !/^\s*onnxruntime-node-install\s*=\s*"?skip"?\s*$/m.test(await readNpmrc(project.dir));
}

/** The text of .npmrc, empty when there is none. */
export async function readNpmrc(dir: string): Promise<string> {
  try {
    return await fs.readFile(path.join(dir, NPMRC), "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return "";
    throw error;
  }
}
