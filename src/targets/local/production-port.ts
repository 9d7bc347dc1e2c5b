/** Where production answers when edge-ai.json does not say; as in its schema. */
export const DEFAULT_PRODUCTION_PORT = 4100;

export const PORT_HINT = "end that program, or set targets.local.port in edge-ai.json";
