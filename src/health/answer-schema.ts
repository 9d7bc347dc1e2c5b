import * as z from "zod";
import { errorDocumentSchema } from "../error-document.ts";
import { healthDocumentSchema } from "./document.ts";

/** Everything that `healthcheck --json` prints: a result, or why there is none. */
export const healthcheckAnswerSchema = z.union([healthDocumentSchema, errorDocumentSchema]);
