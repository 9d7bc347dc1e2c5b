import { caching } from "./remedies/caching.ts";
import { localInference } from "./remedies/local-inference.ts";
import { lessConcurrency, moreVcpus, region } from "./remedies/machine.ts";
import { shorterAnswers } from "./remedies/shorter-answers.ts";
import { smallerModel } from "./remedies/smaller-model.ts";
import { batching, queue, rateLimit } from "./remedies/traffic.ts";
import { warmUp } from "./remedies/warm-up.ts";
import type { Remedy } from "./types.ts";

/** In the order in which they are told when their gains are equal or unknown. */
export const remedies: readonly Remedy[] = [
  smallerModel,
  warmUp,
  batching,
  localInference,
  rateLimit,
  caching,
  lessConcurrency,
  queue,
  moreVcpus,
  shorterAnswers,
  region,
];
