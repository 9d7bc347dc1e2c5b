// create-edge-ai 0.1.0
import type { FalImage } from "./fal-image.ts";

/** What fal tells of a job when it is over. */
export interface ImageResult {
  /** The `request_id` of the answer to POST /api/image. */
  requestId: string;
  /** Empty when the job has failed. */
  images: readonly FalImage[];
  /** Why it failed; null when it did not. */
  error: string | null;
}

/**
 * Yours: store the images, tell the user. fal's URLs end some day, so copy what you want to keep.
 * It is called once per job in an instance; another instance may be told again, so let a second call do no harm. When it
 * throws, fal is told to come again.
 */
export async function onImage(result: ImageResult): Promise<void> {
  console.log(`image job ${result.requestId}: ${result.error === null ? `${result.images.length} images` : "failed"}`);
}
