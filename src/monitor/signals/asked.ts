import type { Config } from "../../config/schema.ts";
import type { Io } from "../../io.ts";

export interface SignalContext {
  io: Io;
  projectDir: string;
  config: Config;
}

/** An answer of somebody, or why there is none: what is missing is data too. */
export type Asked<T> = { value: T } | { missing: string };
