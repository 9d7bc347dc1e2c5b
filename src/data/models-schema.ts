import * as z from "zod";

/**
 * The shape of models.json. Tests parse the file with it; at run time only its types are used, because loading zod
 * costs more than planning does.
 */

const count = z.number().int().positive();
const isoDate = z.iso.date();

const pipelineNames = [
  "feature-extraction",
  "fill-mask",
  "text-classification",
  "text-generation",
  "text-to-image",
  "image-to-text",
  "automatic-speech-recognition",
  "voice-activity-detection",
] as const;

const onnxDtypes = ["fp32", "fp16", "q8", "q4", "q4f16"] as const;
const ggufDtypes = ["Q4_0", "Q4_K_M", "Q8_0"] as const;

const source = z.enum([
  "hub-listing",
  "hub-listing-of-same-shape",
  "built-by-this-project",
  "npm-package",
  "same-shape-file-generated",
  "formula",
  "config-formula",
  "weights-counted",
  "file-bytes",
  "model-card",
  "from-memory",
]);

const file = { bytes: count, source, sha256: z.hash("sha256").optional() };

const variantSchema = z.discriminatedUnion("engine", [
  z.strictObject({ engine: z.literal("onnx"), dtype: z.enum(onnxDtypes), ...file }),
  z.strictObject({ engine: z.literal("gguf"), dtype: z.enum(ggufDtypes), ...file }),
]);

/** Layer sizes out of config.json, as far as a formula needs them. */
const archSchema = z.strictObject({
  layers: count.optional(),
  hidden: count.optional(),
  ffn: count.optional(),
  vocab: count.optional(),
  heads: count.optional(),
  kvHeads: count.optional(),
  headDim: count.optional(),
  norms: count.optional(),
  tied: z.boolean().optional(),
  qkNorm: z.boolean().optional(),
  qkvBias: z.boolean().optional(),
  experts: count.optional(),
  topK: count.optional(),
  moeFfn: count.optional(),
  static: z.boolean().optional().describe("a table of vectors: no layers, no arithmetic to speak of"),
});

const modelSchema = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9]+(?:[.-][a-z0-9]+)*$/),
    hub: z.string().regex(/^(?:npm:(?:@[\w.-]+\/)?|[\w.-]+\/)[\w.-]+$/),
    task: z.enum(pipelineNames),
    license: z.string().min(1),
    params: z.strictObject({ total: count, active: count, source }),
    context: count.nullable(),
    arch: archSchema,
    tokenizer: z.strictObject({ bytes: count, source }).optional(),
    variants: z.array(variantSchema),
    note: z.string().min(1).optional(),
  })
  .refine((model) => model.params.active <= model.params.total, "active parameters are more than all parameters");

export const catalogueSchema = z.strictObject({
  schema: z.literal(1),
  checkedAt: isoDate,
  sources: z.record(source, z.string().min(1)),
  models: z
    .array(modelSchema)
    .refine((models) => new Set(models.map((model) => model.id)).size === models.length, "an id is there twice"),
});

export type Catalogue = z.infer<typeof catalogueSchema>;
export type Model = z.infer<typeof modelSchema>;
export type Pipeline = Model["task"];
export type Variant = Model["variants"][number];
export type Arch = Model["arch"];
