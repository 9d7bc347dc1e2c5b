import { ApiError } from "./api-error.ts";
import type { Handler } from "./call.ts";

/**
 * `vercel usage`: the bill as lines of JSON in the FOCUS format, a charge a line; fields as the CLI 58.4.4 reads them.
 * The charges are what the rehearsal says they are.
 */
export const listCharges: Handler = (platform, { query }) => {
  const [from, to] = [query.get("from"), query.get("to")];
  if (from === null || to === null) throw new ApiError(400, "bad_request", "`from` and `to` are required");
  const lines = platform.charges.map(({ project, service, usd }) =>
    JSON.stringify({
      ServiceName: service,
      BilledCost: usd,
      EffectiveCost: usd,
      BillingCurrency: "USD",
      PricingQuantity: usd,
      PricingUnit: "USD",
      ChargePeriodStart: from,
      ChargePeriodEnd: to,
      Tags: project === null ? {} : { ProjectName: project },
    }),
  );
  return { status: 200, body: {}, text: lines.map((line) => `${line}\n`).join("") };
};
