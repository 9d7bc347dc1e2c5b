import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Where the launcher is: next to this file's bundle, above it when this is a chunk, or the source next to this file. */
const places = ["./launcher.js", "../launcher.js", "./launcher.ts"];

/** The script that child processes run. */
export function findLauncher(): string {
  const files = places.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  const found = files.find((file) => existsSync(file));
  if (found === undefined) throw new Error(`there is no launcher at ${files.join(", ")}`);
  return found;
}
