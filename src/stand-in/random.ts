/** Writes `bytes` of a tensor in pieces. The pieces share their memory: each is gone when the next one comes. */
export type Pieces = Iterable<Uint8Array>;

/** Small enough to stay in the processor's cache, large enough that writing a gigabyte takes a thousand calls. */
const PIECE_BYTES = 1 << 20;

/**
 * 32 random bits at a time, always the same ones for a seed: Marsaglia's xorshift32 (doi.org/10.18637/jss.v008.i14). Good enough for
 * weights that have to be unlike each other, and a few nanoseconds a number: a 1 GB file has 250 million.
 */
export function bits(seed: number): () => number {
  // Zero would stay zero; multiplying spreads seeds that are near each other.
  let state = Math.imul(seed + 1, 0x9e3779b9) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state;
  };
}

/** Little-endian float32 numbers, evenly spread around 0 with the standard deviation of freshly initialised transformers. */
export function* randomFloats(count: number, next: () => number, deviation = 0.02): Pieces {
  const piece = new Float32Array(PIECE_BYTES / 4);
  // An even spread over [-a, a] has the standard deviation a / √3.
  const scale = (deviation * Math.sqrt(3)) / 2 ** 31;
  for (let done = 0; done < count; done += piece.length) {
    const length = Math.min(piece.length, count - done);
    for (let at = 0; at < length; at++) piece[at] = next() * scale;
    yield new Uint8Array(piece.buffer, 0, length * 4);
  }
}

/** Random bytes. */
export function* randomBytes(count: number, next: () => number): Pieces {
  const piece = new Int32Array(PIECE_BYTES / 4);
  for (let done = 0; done < count; done += PIECE_BYTES) {
    const length = Math.min(PIECE_BYTES, count - done);
    for (let at = 0; at * 4 < length; at++) piece[at] = next();
    yield new Uint8Array(piece.buffer, 0, length);
  }
}

/** Blocks of quantised numbers: each begins with `head`, the rest is random. */
export function* randomBlocks(count: number, head: Uint8Array, blockBytes: number, next: () => number): Pieces {
  const most = Math.floor(PIECE_BYTES / blockBytes);
  for (let done = 0; done < count; done += most) {
    const blocks = Math.min(most, count - done);
    for (const piece of randomBytes(blocks * blockBytes, next)) {
      for (let at = 0; at < piece.length; at += blockBytes) piece.set(head, at);
      yield piece;
    }
  }
}
