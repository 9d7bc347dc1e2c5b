import type { Io } from "../io.ts";

export async function createCommand(_io: Io, _options: object): Promise<number> {
  throw new Error("not yet");
}
