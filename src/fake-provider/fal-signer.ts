import { createHash, generateKeyPairSync, sign, type KeyObject } from "node:crypto";

const USER_ID = "fake-user";
const KEY_ID = "fake-1";

/**
 * Signs webhooks as fal does: ED25519 over request id, user id, time and SHA-256 of the body, each in a line, as hex.
 * https://docs.fal.ai/model-apis/model-endpoints/webhooks (2026-11-23)
 */
export class FalSigner {
  readonly #privateKey: KeyObject;
  /** What `/.well-known/jwks.json` answers. */
  readonly jwks: { keys: { kty: string; crv: string; kid: string; x: string }[] };

  constructor() {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    this.#privateKey = privateKey;
    this.jwks = { keys: [{ kty: "OKP", crv: "Ed25519", kid: KEY_ID, x: publicKey.export({ format: "jwk" }).x ?? "" }] };
  }

  /** The headers of a webhook. `atMs` is since the epoch. */
  headers(requestId: string, body: string, atMs: number): Record<string, string> {
    const timestamp = String(Math.floor(atMs / 1_000));
    const digest = createHash("sha256").update(body).digest("hex");
    const message = Buffer.from([requestId, USER_ID, timestamp, digest].join("\n"));
    return {
      "content-type": "application/json",
      "x-fal-webhook-request-id": requestId,
      "x-fal-webhook-user-id": USER_ID,
      "x-fal-webhook-timestamp": timestamp,
      "x-fal-webhook-signature": sign(null, message, this.#privateKey).toString("hex"),
    };
  }
}
