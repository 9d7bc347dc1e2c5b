// create-edge-ai 0.1.0
type Bytes = Uint8Array<ArrayBuffer>;

/** A stream that several can read, each from its first byte and at its own pace. It is read as fast as the fastest of them. */
export class Recording {
  /** All its bytes when it has come to its end; null when it failed or was cancelled. */
  readonly finished: Promise<Bytes | null>;
  readonly #settle: (whole: Bytes | null) => void;
  readonly #onFinish: () => void;
  readonly #reader: ReadableStreamDefaultReader<Bytes>;
  readonly #chunks: Bytes[] = [];
  #isDone = false;
  /** Why it broke off. Who reads later has to be told, too. */
  #failure: { error: unknown } | null = null;
  #reading: Promise<void> | undefined;

  /** @param onFinish called once, before any reader comes to the end */
  constructor(body: ReadableStream<Bytes>, onFinish: () => void) {
    const { promise, resolve } = Promise.withResolvers<Bytes | null>();
    this.finished = promise;
    this.#settle = resolve;
    this.#onFinish = onFinish;
    this.#reader = body.getReader();
  }

  /** A copy of it. @param onEnd called once: the last byte is handed over, it has failed, or the reader has left */
  play(onEnd: (why: "end" | "failed" | "left") => void): ReadableStream<Bytes> {
    let at = 0;
    return new ReadableStream<Bytes>(
      {
        pull: async (controller) => {
          try {
            while (at === this.#chunks.length && !this.#isDone) await this.#more();
            if (at === this.#chunks.length && this.#failure !== null) throw this.#failure.error;
          } catch (error) {
            onEnd("failed");
            throw error;
          }
          const chunk = this.#chunks[at++];
          if (chunk !== undefined) return controller.enqueue(chunk);
          controller.close();
          onEnd("end");
        },
        cancel: () => onEnd("left"),
      },
      // Nothing is read ahead, so that the end of a copy is the end of what its reader has got.
      { highWaterMark: 0 },
    );
  }

  /** Stops reading, unless it has come to its end. */
  cancel(): void {
    if (this.#isDone) return;
    this.#finish(null);
    this.#reader.cancel().catch(() => {});
  }

  /** Reads on. Whoever asks meanwhile waits for the same chunk. */
  #more(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<void> {
    try {
      const { done, value } = await this.#reader.read();
      if (!done) {
        this.#chunks.push(value);
        return;
      }
      this.#finish(joined(this.#chunks));
    } catch (error) {
      this.#failure = { error };
      this.#finish(null);
      throw error;
    }
  }

  #finish(whole: Bytes | null): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#onFinish();
    this.#settle(whole);
  }
}

function joined(chunks: readonly Bytes[]): Bytes {
  const whole = new Uint8Array(chunks.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}
