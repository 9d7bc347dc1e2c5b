import { createHmac } from "node:crypto";

/**
 * The header `edge-ai-signature`: `t=<unix seconds>,v1=<hex>`, where v1 is the HMAC-SHA256 of `<t>.<body>` with the key. The
 * time is in it so that a receiver can refuse what somebody recorded and sends again.
 */
export function signature(body: string, secret: string, unixSeconds: number): string {
  const v1 = createHmac("sha256", secret).update(`${unixSeconds}.${body}`).digest("hex");
  return `t=${unixSeconds},v1=${v1}`;
}
