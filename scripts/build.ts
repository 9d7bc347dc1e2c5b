// Bundles the CLI into dist/: one file per bin, the host's launcher, and a chunk per command that loads when it is called.
import fs from "node:fs/promises";
import path from "node:path";
import esbuild from "esbuild";
import * as z from "zod";
import { configSchema } from "../src/config/schema.ts";
import { healthcheckAnswerSchema } from "../src/health/answer-schema.ts";

await fs.mkdir("schema", { recursive: true });
await writeSchema("edge-ai.json", z.toJSONSchema(configSchema, { io: "input" }));
await writeSchema("health-document.json", z.toJSONSchema(healthcheckAnswerSchema));

const { metafile } = await esbuild.build({
  entryPoints: {
    "create-edge-ai": "bin/create-edge-ai.ts",
    "edge-ai": "bin/edge-ai.ts",
    launcher: "src/host/launcher.ts",
    supervisor: "src/targets/local/supervisor-process.ts",
  },
  outdir: "dist",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  chunkNames: "chunks/[name]-[hash]",
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "linked",
  metafile: true,
  // Resolved from the user's project at run time, so that `npx create-edge-ai` stays one small download.
  external: ["esbuild", "@vercel/nft"],
  // Bundled CommonJS packages call require() for Node's own modules.
  banner: {
    js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
  },
});
// Afterwards, so that there is a whole dist/ at any time.
for (const file of await fs.readdir("dist", { recursive: true, withFileTypes: true })) {
  const name = path.join(file.parentPath, file.name);
  if (file.isFile() && !(name in metafile.outputs)) await fs.rm(name);
}
const bytes = Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0);
console.log(`dist: ${Object.keys(metafile.outputs).length} files, ${Math.round(bytes / 1000)} kB`);

/** A JSON schema of the package; its title says which document it is for. */
async function writeSchema(title: string, schema: object): Promise<void> {
  await fs.writeFile(`schema/${title}`, `${JSON.stringify({ ...schema, title }, null, 2)}\n`);
}
