// create-edge-ai 0.1.0
/** An image model that callers may ask for. */
export interface ImageModel {
  /** Its id at fal, where the job is sent: fal.ai/models lists them. */
  falId: string;
  /** Most images of one job. */
  maxImages: number;
}

/** What callers may ask for, by the name that they use. A name that is not here is refused: each image costs money. */
export const imageModels: Readonly<Record<string, ImageModel>> = {
  "fal-ai/flux/schnell": { falId: "fal-ai/flux/schnell", maxImages: 4 },
  "flux.1-schnell": { falId: "fal-ai/flux/schnell", maxImages: 4 },
};

/** For a request that names no model. */
export const defaultImageModel = "fal-ai/flux/schnell";
