import { CliError, errorCodes, Interrupted, knownError, messageOf, signalExits } from "../errors.ts";
import { say, type Io } from "../io.ts";
import { exitOf, type DeployDocument } from "../release/document.ts";

interface Released {
  exitCode: number;
  answer: DeployDocument | { error: { code: string; message: string; hint?: string | undefined } };
}

/** Releases a project that was just made. Never throws: the project is there, whatever comes of its release. */
export async function releaseNew(io: Io, dir: string): Promise<Released> {
  try {
    const { release } = await import("./deploy.ts");
    const document = await release({ ...io, cwd: dir }, { prod: true, gate: true, builder: "edge-ai" });
    return { exitCode: exitOf(document), answer: document };
  } catch (error) {
    say(io, `the project is made; its release was not: ${messageOf(error)}`);
    if (error instanceof Interrupted) {
      const { message, signalName } = error;
      return { exitCode: signalExits[signalName], answer: { error: { code: "INTERRUPTED", message } } };
    }
    const { code, message, hint } = knownError(error) ?? new CliError("INTERNAL", messageOf(error), { cause: error });
    if (hint !== undefined) say(io, `  hint: ${hint}`);
    return { exitCode: errorCodes[code].exit, answer: { error: { code, message, hint } } };
  }
}
