import fs from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { catalogueSchema, type Catalogue, type Model, type Variant } from "../../src/data/models-schema.ts";
import { readJson, type Refreshed } from "./changes.ts";

const FILE = "src/data/models.json";

const listing = z.object({
  siblings: z.array(
    z.object({
      rfilename: z.string(),
      size: z.number().optional(),
      lfs: z.object({ sha256: z.hash("sha256") }).optional(),
    }),
  ),
});
type HubFile = z.infer<typeof listing>["siblings"][number];

/** Where a repository of ONNX files keeps each dtype. */
const onnxFiles: Record<string, string> = {
  fp32: "onnx/model.onnx",
  fp16: "onnx/model_fp16.onnx",
  q8: "onnx/model_quantized.onnx",
  q4: "onnx/model_q4.onnx",
  q4f16: "onnx/model_q4f16.onnx",
};

/**
 * Writes sizes and sha256 of the weights that were read on the Hub into src/data/models.json.
 * @param hub like https://huggingface.co; @param token for gated models, only sent there
 * @throws Unreachable
 */
export async function refreshModels(
  root: string,
  { hub, token, today }: { hub: string; token: string | undefined; today: string },
): Promise<Refreshed> {
  const file = path.join(root, FILE);
  const catalogue = parseCatalogue(await fs.readFile(file, "utf8"));
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const done: Refreshed = { changed: [], forPeople: [] };
  for (const model of catalogue.models.filter(isListed)) {
    const page = await readJson(`${hub}/api/models/${model.hub}?blobs=true`, headers);
    if (page === null) done.forPeople.push(`${model.hub} is not there, or only with HF_TOKEN`);
    else refreshModel(model, listing.parse(page).siblings, done);
  }
  await write(file, catalogue, done, today);
  return done;
}

/** As it is in the file: what zod returns has its keys in the order of the schema. @throws ZodError */
function parseCatalogue(text: string): Catalogue {
  const raw: unknown = JSON.parse(text);
  catalogueSchema.parse(raw);
  // True because the strict schema has just accepted this very object.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return raw as Catalogue;
}

function isListed({ hub, variants }: Model): boolean {
  return !hub.startsWith("npm:") && variants.some(({ source }) => source === "hub-listing");
}

function refreshModel(model: Model, files: readonly HubFile[], done: Refreshed): void {
  for (const variant of model.variants.filter(({ source }) => source === "hub-listing")) {
    const found = files.find(({ rfilename }) => holds(rfilename, variant));
    const name = `${model.id} ${variant.dtype}`;
    if (found?.size === undefined) done.forPeople.push(`${name}: ${model.hub} lists no file for it`);
    else takeOver(variant, { bytes: found.size, sha256: found.lfs?.sha256 }, name, done);
  }
}

function holds(name: string, { engine, dtype }: Variant): boolean {
  return engine === "onnx" ? name === onnxFiles[dtype] : name.toLowerCase().endsWith(`${dtype.toLowerCase()}.gguf`);
}

/** Weights of another size by more than the rounding of a listing are another file: a person looks at that. */
const ROUNDING = 0.02;

function takeOver(
  variant: Variant,
  found: { bytes: number; sha256: string | undefined },
  name: string,
  done: Refreshed,
): void {
  const { bytes, sha256 } = variant;
  if (found.bytes === bytes && (found.sha256 ?? sha256) === sha256) return;
  const other = Math.abs(found.bytes / bytes - 1) > ROUNDING || (sha256 !== undefined && found.sha256 !== sha256);
  if (other) {
    done.forPeople.push(`${name}: the Hub has another file now, ${found.bytes} bytes instead of ${bytes}`);
    return;
  }
  variant.bytes = found.bytes;
  if (found.sha256 !== undefined) variant.sha256 = found.sha256;
  done.changed.push(`${FILE}: ${name} has ${found.bytes} bytes, sha256 ${found.sha256 ?? "not listed"}`);
}

/** The date covers the whole file: it moves only when nothing is left for people. */
async function write(file: string, catalogue: Catalogue, done: Refreshed, today: string): Promise<void> {
  if (done.forPeople.length === 0 && catalogue.checkedAt !== today) {
    catalogue.checkedAt = today;
    done.changed.push(`${FILE}: checked ${today}`);
  }
  if (done.changed.length > 0) await fs.writeFile(file, `${JSON.stringify(catalogue, null, 2)}\n`);
}
