// create-edge-ai 0.1.0
import { HttpError } from "./http.ts";
import { defaultImageModel, imageModels, type ImageModel } from "./image-models.ts";

/** What a request asks for, in the words of fal's image models. */
export interface ImageOrder {
  /** The name that the caller used. */
  name: string;
  model: ImageModel;
  input: { prompt: string; num_images: number; image_size?: { width: number; height: number }; seed?: number };
}

const MAX_PROMPT_CHARACTERS = 4_000;
const MIN_SIDE = 64;
const MAX_SIDE = 2_048;
/** fal sells 1024x1024 as one. */
const PIXELS_PER_MEGAPIXEL = 1_048_576;
const KNOWN = new Set(["prompt", "model", "n", "size", "response_format", "seed", "user"]);

/**
 * OpenAI's body of an image request: `{ prompt, model?, n?, size?, response_format?: "url", seed? }`.
 * @throws HttpError 400 for what cannot be had: better refused than paid for and different
 */
export function parseImageRequest(body: Record<string, unknown>): ImageOrder {
  const { prompt, model: name = defaultImageModel, n = 1, size, response_format: format = "url", seed } = body;
  const unknown = Object.keys(body).find((key) => !KNOWN.has(key) && body[key] !== undefined);
  if (unknown !== undefined) throw invalid(`${unknown} is not supported here`);
  if (typeof prompt !== "string" || prompt.trim() === "" || prompt.length > MAX_PROMPT_CHARACTERS) {
    throw invalid(`prompt has to be a text of 1 to ${MAX_PROMPT_CHARACTERS} characters`);
  }
  if (format !== "url") throw invalid("response_format has to be url");
  const model = modelOf(name);
  if (!isWhole(n, 1, model.maxImages)) throw invalid(`n has to be from 1 to ${model.maxImages}`);
  if (seed !== undefined && !isWhole(seed, 0, 2 ** 32 - 1)) throw invalid("seed has to be a whole number below 2^32");
  return {
    name: String(name),
    model,
    input: { prompt, num_images: n, ...sizeOf(size), ...(seed !== undefined && { seed }) },
  };
}

/**
 * What an order costs in USD when all of its images are made: fal takes nothing for those that fail
 * (docs.fal.ai/documentation/model-apis/pricing, November 2026), and rounds megapixels up. Null when the model has no price.
 */
export function orderUsd({
  model: { price },
  input: { num_images: count, image_size: size },
}: ImageOrder): number | null {
  if (price === undefined) return null;
  // Without a size fal's own is 1024x768.
  const pixels = size === undefined ? 1024 * 768 : size.width * size.height;
  return count * price.usd * (price.per === "image" ? 1 : Math.ceil(pixels / PIXELS_PER_MEGAPIXEL));
}

function modelOf(name: unknown): ImageModel {
  const model = typeof name === "string" && Object.hasOwn(imageModels, name) ? imageModels[name] : undefined;
  if (model !== undefined) return model;
  throw new HttpError(
    404,
    "model_not_found",
    `there is no image model ${JSON.stringify(name)} here; there are ${Object.keys(imageModels).join(", ")}`,
  );
}

function sizeOf(size: unknown): Pick<ImageOrder["input"], "image_size"> {
  if (size === undefined || size === "auto") return {};
  const [, wide, high] = (typeof size === "string" ? /^(\d{2,4})x(\d{2,4})$/.exec(size) : null) ?? [];
  const [width, height] = [Number(wide), Number(high)];
  if (isWhole(width, MIN_SIDE, MAX_SIDE) && isWhole(height, MIN_SIDE, MAX_SIDE))
    return { image_size: { width, height } };
  throw invalid(`size has to be like 1024x768, each side from ${MIN_SIDE} to ${MAX_SIDE}`);
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;
}

function invalid(message: string): HttpError {
  return new HttpError(400, "invalid_image_request", message);
}
