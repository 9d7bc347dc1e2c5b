// create-edge-ai 0.1.0
import { isRecord } from "./http.ts";

/** An image of a result. fal's URLs are public, and end some day. */
export interface FalImage {
  url: string;
  content_type?: string;
  width?: number;
  height?: number;
}

/** The images of a result; empty when there are none. */
export function imagesOf(body: Record<string, unknown>): FalImage[] {
  const images: unknown[] = Array.isArray(body["images"]) ? body["images"] : [body["image"]];
  const good = images.filter(
    (image): image is FalImage & Record<string, unknown> => isRecord(image) && isWebUrl(image["url"]),
  );
  return good.map(({ url, content_type: type, width, height }) => ({
    url,
    ...(typeof type === "string" && { content_type: type }),
    ...(typeof width === "number" && { width }),
    ...(typeof height === "number" && { height }),
  }));
}

function isWebUrl(url: unknown): boolean {
  return typeof url === "string" && /^https?:$/.test(URL.parse(url)?.protocol ?? "");
}
