import { CliError } from "../errors.ts";
import type { Io } from "../io.ts";
import type { TargetOptions } from "./read-target.ts";

export interface MonitorOptions extends TargetOptions {
  once?: boolean;
  /** Milliseconds. */
  interval?: number;
  /** Milliseconds. */
  duration?: number;
  url?: string;
  setup?: boolean;
  yes?: boolean;
}

/** `edge-ai monitor`. */
export async function monitorCommand(_io: Io, _options: MonitorOptions): Promise<number> {
  throw new CliError("USAGE", "not there yet");
}
