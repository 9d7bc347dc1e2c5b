// The upstream of all contenders, in a process of its own: node provider.ts <ms between tokens>
import { startFakeProvider } from "../../src/fake-provider/server.ts";

const tokenMs = Number(process.argv[2]);
const { baseUrl } = await startFakeProvider({ firstTokenMs: tokenMs, tokenMs, tokens: 20 });
process.send?.({ url: baseUrl });
process.on("disconnect", () => process.exit());
