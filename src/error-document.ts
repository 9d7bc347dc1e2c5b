import * as z from "zod";
import { errorCodes } from "./errors.ts";

/** What `--json` prints when a command could not run (exit 2), or was stopped before it had a document of its own. */
export const errorDocumentSchema = z.strictObject({
  version: z.literal(1),
  error: z.strictObject({
    code: z.enum([...Object.keys(errorCodes), "INTERRUPTED"]),
    message: z.string(),
    hint: z.string().optional().describe("what to do"),
  }),
});
