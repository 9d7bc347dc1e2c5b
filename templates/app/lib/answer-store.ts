// create-edge-ai 0.1.0
import { isRecord } from "./http.ts";
import { hasRedis, redis, redisLater } from "./redis.ts";

/** A whole good answer. */
export interface Stored {
  headers: Record<string, string>;
  body: Uint8Array<ArrayBuffer>;
  /** Date.now() when it came, and how long after it is of no use. */
  storedAtMs: number;
  ttlMs: number;
}

/** Of all answers in this instance's memory. */
const MAX_BYTES = 16_000_000;
/** A larger answer is not kept. */
const MAX_ANSWER_BYTES = 500_000;

const memory = new Map<string, Stored>();
let memoryBytes = 0;

/** The answer in memory, when it is no older than `maxAgeMs`. */
export function fromMemory(key: string, maxAgeMs: number): Stored | null {
  const stored = memory.get(key);
  if (stored === undefined) return null;
  if (ageMs(stored) >= stored.ttlMs) forget(key);
  if (!isFresh(stored, maxAgeMs)) return null;
  // Back to the end of the map: those at its start are the first to go.
  memory.delete(key);
  memory.set(key, stored);
  return stored;
}

/** The answer that another instance has left in Redis. @param asker the request that waits for it */
export async function fromRedis(asker: Request, key: string, maxAgeMs: number): Promise<Stored | null> {
  const stored = parse(await redis(asker, "GET", `edge-ai answer ${key}`));
  if (stored === null || !isFresh(stored, maxAgeMs)) return null;
  intoMemory(key, stored);
  return stored;
}

/** Keeps an answer here, and in Redis for the other instances: the promise is about the latter, and never rejects. */
export async function store(key: string, stored: Stored): Promise<void> {
  if (stored.body.byteLength > MAX_ANSWER_BYTES) return;
  intoMemory(key, stored);
  if (!hasRedis) return;
  const text = JSON.stringify({ ...stored, body: new TextDecoder().decode(stored.body) });
  await redisLater("SET", `edge-ai answer ${key}`, text, "PX", stored.ttlMs);
}

/** For `?deep=1`. */
export function storeReport(): Record<string, number> {
  return { answers: memory.size, bytes: memoryBytes, maxBytes: MAX_BYTES };
}

/** How long ago the answer came. */
export function ageMs({ storedAtMs }: Stored): number {
  return Math.max(0, Date.now() - storedAtMs);
}

function isFresh(stored: Stored, maxAgeMs: number): boolean {
  return ageMs(stored) < Math.min(stored.ttlMs, maxAgeMs);
}

function intoMemory(key: string, stored: Stored): void {
  forget(key);
  memory.set(key, stored);
  memoryBytes += stored.body.byteLength;
  for (const oldest of memory.keys()) {
    if (memoryBytes <= MAX_BYTES) break;
    forget(oldest);
  }
}

function forget(key: string): void {
  memoryBytes -= memory.get(key)?.body.byteLength ?? 0;
  memory.delete(key);
}

function parse(text: unknown): Stored | null {
  const value = typeof text === "string" ? fromJson(text) : null;
  if (!isRecord(value)) return null;
  const { headers, body, storedAtMs, ttlMs } = value;
  if (!isRecord(headers) || typeof body !== "string") return null;
  if (typeof storedAtMs !== "number" || typeof ttlMs !== "number") return null;
  const texts = Object.entries(headers).map(([name, header]) => [name, String(header)] as const);
  return { headers: Object.fromEntries(texts), body: new TextEncoder().encode(body), storedAtMs, ttlMs };
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
