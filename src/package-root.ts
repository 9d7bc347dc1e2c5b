import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of this package, with `templates/`: the checkout, or create-edge-ai in somebody's node_modules. */
export function packageRoot(from = path.dirname(fileURLToPath(import.meta.url))): string {
  if (fs.existsSync(path.join(from, "templates")) && fs.existsSync(path.join(from, "package.json"))) return from;
  const parent = path.dirname(from);
  if (parent === from) throw new Error("the package create-edge-ai is not whole: its templates are missing");
  return packageRoot(parent);
}
