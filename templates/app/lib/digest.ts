// create-edge-ai 0.1.0
import { createHash } from "node:crypto";

/** The SHA-256 of a text, 32 bytes. (`crypto.subtle` goes through another thread: for a short text that costs far more.) */
export function sha256(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

/** Two lower-case digits for each byte. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
