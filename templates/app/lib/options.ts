// create-edge-ai 0.1.0
import type { Option } from "./call.ts";

/** What a request passes on its way to the model, the first one outermost. `edge-ai add` writes this list. */
export const options: readonly Option[] = [];
