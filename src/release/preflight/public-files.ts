import fs from "node:fs/promises";
import path from "node:path";
import { privateNames } from "../../build/static.ts";
import { systemCode } from "../../errors.ts";
import { defineCheck, type Problem } from "./check.ts";

/** Only what is meant for everybody can be fetched. */
export const publicFilesCheck = defineCheck("public files", async ({ dir }) => {
  const files = await publicFolder(dir);
  if (files === null)
    return [
      {
        level: "error",
        message: "there is no folder public/: Vercel would publish the repository's own files",
        hint: "make public/index.html (edge-ai doctor --fix does)",
      },
    ];
  if (files.length === 0)
    return [
      {
        level: "warning",
        message: "public/ is empty: git leaves it out, and without it Vercel publishes the repository's own files",
        hint: "put a file in, like public/index.html",
      },
    ];
  return (await privateNames(dir)).map((name): Problem => ({
    level: "warning",
    message: `public/${name} looks private, and everybody will be able to fetch it`,
    hint: "move it out of public/",
  }));
});

/** The names in public/; null when there is no such folder. */
async function publicFolder(dir: string): Promise<string[] | null> {
  try {
    return await fs.readdir(path.join(dir, "public"));
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return null;
    throw error;
  }
}
