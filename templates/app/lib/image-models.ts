// create-edge-ai 0.1.0
/** An image model that callers may ask for. */
export interface ImageModel {
  /** Its id at fal, where the job is sent: fal.ai/models lists them. */
  falId: string;
  /** Most images of one job. */
  maxImages: number;
  /** For `lib/usage.ts`: of one image, or of each megapixel of it; leave it out when it is not known. */
  price?: { usd: number; per: "image" | "megapixel" };
}

/** From memory, 2026-11-23: check fal.ai/pricing. */
const SCHNELL = { usd: 0.003, per: "megapixel" } as const;

/** What callers may ask for, by the name that they use. A name that is not here is refused: each image costs money. */
export const imageModels: Readonly<Record<string, ImageModel>> = {
  "fal-ai/flux/schnell": { falId: "fal-ai/flux/schnell", maxImages: 4, price: SCHNELL },
  "flux.1-schnell": { falId: "fal-ai/flux/schnell", maxImages: 4, price: SCHNELL },
};

/** For a request that names no model. */
export const defaultImageModel = "fal-ai/flux/schnell";
