import * as z from "zod";

/**
 * What a number in src/data looks like. Tests walk over all data with it; at run time only its types would be used, because
 * loading zod costs more than planning does.
 */
export const factSchema = z.strictObject({
  value: z.number().nonnegative(),
  source: z.string().min(11),
  checkedAt: z.iso.date(),
  secondHand: z.literal(true).optional(),
});
