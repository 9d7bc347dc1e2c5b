import { existsSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Io } from "../../io.ts";

/** True when the `vercel` program has a token to use: of the environment, or of an earlier `vercel login`. */
export function hasLogin({ env }: Pick<Io, "env">): boolean {
  const { VERCEL_TOKEN: token = "", XDG_DATA_HOME: data = "" } = env;
  if (token !== "") return true;
  const home = env["HOME"] ?? os.homedir();
  const folders = [data, path.join(home, ".local", "share"), path.join(home, "Library", "Application Support")];
  return folders.some((folder) => folder !== "" && existsSync(path.join(folder, "com.vercel.cli", "auth.json")));
}
