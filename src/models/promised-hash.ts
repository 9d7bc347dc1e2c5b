import { CliError } from "../errors.ts";
import type { Chosen, ChosenFile } from "./choose-files.ts";
import type { LockedFile } from "./models-lock.ts";
import type { Source } from "./source.ts";

/** Throws CliError PLATFORM when a file's sha256 is not the one that somebody has promised. */
export type Promised = (file: ChosenFile, sha256: string) => void;

/** What is known of a file's hash beforehand has to hold: from the catalogue, and from an earlier pull of the same commit. */
export function promiseOf(
  source: Source,
  { dtype, files }: Chosen,
  before: readonly LockedFile[],
  pinned: boolean,
): Promised {
  const weights = files.find(({ path: file }) => /\.(?:onnx|gguf)$/.test(file));
  // A commit that somebody names is their own choice.
  const known = pinned ? null : source.knownSha256(dtype);
  return (file, sha256) => {
    const earlier = before.find((each) => (each.from ?? each.path) === file.from)?.sha256 ?? sha256;
    if (earlier !== sha256) throw otherHash(file, sha256, earlier, "models.lock.json says of the same revision");
    if (file === weights && known !== null && known !== sha256)
      throw otherHash(file, sha256, known, "the catalogue says");
  };
}

function otherHash({ from }: ChosenFile, sha256: string, expected: string, who: string): CliError {
  return new CliError("PLATFORM", `${from} has the sha256 ${sha256}, and ${who} ${expected}`, {
    hint: "the file was changed since; when you trust the change, name its commit: --revision <40 hex digits>",
  });
}

/** The hash in the lock, which stands in the file's digest, has to hold. */
export function asLocked(file: ChosenFile, sha256: string): void {
  const locked = file.digest?.hex ?? "";
  if (locked !== sha256) throw otherHash(file, sha256, locked, "models.lock.json says");
}
