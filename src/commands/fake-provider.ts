import { startFakeProvider } from "../fake-provider/server.ts";
import { interruptedExit } from "../errors.ts";
import { answer, say, type Io } from "../io.ts";

export interface FakeProviderCommandOptions {
  port?: number;
  /** Milliseconds, as are the others. */
  firstToken?: number;
  token?: number;
  tokens?: number;
  json?: boolean;
}

/** Not 4100, which is the production of the local target. */
const DEFAULT_PORT = 4200;
/** What a small hosted model takes; a test that wants speed starts its own provider. */
const DEFAULT_FIRST_TOKEN_MS = 100;
const DEFAULT_TOKEN_MS = 20;

/** `edge-ai fake-provider`: serves made-up answers until a signal. Its base URL is the answer, given once it listens. */
export async function fakeProviderCommand(io: Io, options: FakeProviderCommandOptions): Promise<number> {
  const { port = DEFAULT_PORT, firstToken = DEFAULT_FIRST_TOKEN_MS, token = DEFAULT_TOKEN_MS, tokens } = options;
  const provider = await startFakeProvider({
    port,
    firstTokenMs: firstToken,
    tokenMs: token,
    ...(tokens !== undefined && { tokens }),
  });
  try {
    say(io, "answers are made up; a model fault:<name> or the header x-fake-fault makes a call fail");
    say(io, `  AI_BASE_URL=${provider.baseUrl} AI_API_KEY=fake`);
    say(io, `  FAL_BASE_URL=${provider.falUrl} FAL_JWKS_URL=${provider.jwksUrl} FAL_KEY=fake`);
    answer(
      io,
      options.json === true ? { version: 1, baseUrl: provider.baseUrl, falUrl: provider.falUrl } : provider.baseUrl,
    );
    await new Promise<void>((resolve) => {
      if (io.signal.aborted) resolve();
      else io.signal.addEventListener("abort", () => resolve(), { once: true });
    });
    // The URL was the answer, so an interruption is an exit code and not an error with a document of its own.
    return interruptedExit(io.signal) ?? 0;
  } finally {
    await provider.close();
  }
}
