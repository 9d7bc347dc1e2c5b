// A small project that is released on the emulated Cloudflare by the built bin, through the real wrangler, onto real workerd.
import os from "node:os";
import path from "node:path";
import {
  REHEARSAL_ACCOUNT,
  startCloudflareApi,
  type CloudflareApi,
  type CloudflareApiOptions,
} from "../../src/rehearse/cloudflare-api/cloudflare-api.ts";
import { writeProject, type TestProject, type Variant } from "./fixture.ts";

const CLOUDFLARE_TOKEN = "tokenOfTheRehearsal";

export interface OnCloudflare extends AsyncDisposable {
  api: CloudflareApi;
  project: TestProject;
  env: Readonly<Record<string, string>>;
}

/** What the bin needs in its environment to talk to the emulator and to nobody else. */
function cloudflareEnv(api: CloudflareApi): Record<string, string> {
  return {
    CLOUDFLARE_API_BASE_URL: api.url,
    CLOUDFLARE_API_TOKEN: CLOUDFLARE_TOKEN,
    CLOUDFLARE_ACCOUNT_ID: REHEARSAL_ACCOUNT,
    CI: "",
    // Shared: without, wrangler takes longer to start.
    NODE_COMPILE_CACHE: path.join(os.tmpdir(), "edge-ai-tests-compile-cache"),
  };
}

/** Starts an emulator and makes a project for it, with nothing deployed. */
export async function makeOnCloudflare(
  variant: Variant = {},
  options: Partial<CloudflareApiOptions> & { env?: Record<string, string> } = {},
): Promise<OnCloudflare> {
  const { env: extra = {}, ...apiOptions } = options;
  const api = await startCloudflareApi({ token: CLOUDFLARE_TOKEN, miniflareFrom: path.resolve("."), ...apiOptions });
  const env = cloudflareEnv(api);
  const port = Number(new URL(api.productionUrl).port);
  const project = await writeProject(variant, { target: "cloudflare", port, env: { ...env, ...extra } });
  return {
    api,
    project,
    env,
    async [Symbol.asyncDispose]() {
      await project[Symbol.asyncDispose]();
      await api.close();
    },
  };
}
