import fs from "node:fs/promises";

/** True when there is something of that name, which can be reached. */
export function exists(file: string): Promise<boolean> {
  return fs.access(file).then(
    () => true,
    () => false,
  );
}
