import { builtinModules } from "node:module";
import path from "node:path";
import type { BuildResult, Plugin } from "esbuild";
import { CliError } from "../../errors.ts";
import { BUILD_ID_PLACEHOLDER, bytesBySource, hasNativeCode, isBuildFailure, packageDir } from "../bundle.ts";
import { loadFromProject } from "../project-tools.ts";

export interface WorkerBundle {
  /** One ES module. */
  code: string;
  /** Bytes each package (or "the project") brought in. */
  bytesBySource: Map<string, number>;
  warnings: string[];
}

const PLATFORM = path.join("lib", "platform.ts");
const CLOUDFLARE_PLATFORM = path.join("lib", "platform.cloudflare.ts");
const BUILTINS = new Set(builtinModules.flatMap((name) => [name, `node:${name}`]));
/** What esbuild writes where CommonJS asks for a built-in module, which an ES module cannot. */
const REQUIRE_SHIM = /__require\(/;
const BANNER = [
  'import { createRequire as __edgeAiRequire } from "node:module";',
  'const require = __edgeAiRequire("file:///worker.js");',
].join("\n");

/**
 * Bundles an entry into the one ES module of a Worker, with the project's own esbuild. `node:` modules stay imports: workerd
 * has them by `nodejs_compat`.
 * @throws CliError BUILD_FAILED with esbuild's messages, or the packages whose native code cannot run there
 */
export async function bundleWorker(projectDir: string, entry: string): Promise<WorkerBundle> {
  const native = new Set<string>();
  const first = await bundle(projectDir, entry, "", native);
  const needsRequire = REQUIRE_SHIM.test(first.outputFiles?.[0]?.text ?? "");
  const result = needsRequire ? await bundle(projectDir, entry, BANNER, native) : first;
  if (native.size > 0) throw nativeRefused([...native].toSorted());
  const output = Object.values(result.metafile?.outputs ?? {})[0];
  return {
    code: result.outputFiles?.[0]?.text ?? "",
    bytesBySource: bytesBySource(output?.inputs ?? {}),
    warnings: result.warnings.map(({ text, location }) => (location === null ? text : `${location.file}: ${text}`)),
  };
}

async function bundle(projectDir: string, entry: string, banner: string, native: Set<string>): Promise<BuildResult> {
  const esbuild = await loadFromProject<typeof import("esbuild")>(projectDir, "esbuild");
  try {
    return await esbuild.build({
      absWorkingDir: projectDir,
      stdin: { contents: entry, resolveDir: projectDir, sourcefile: "worker-entry.js", loader: "js" },
      outfile: "worker.js",
      write: false,
      bundle: true,
      format: "esm",
      platform: "browser",
      // What wrangler 4.150.0 asks for (its bundle, 2026-11-23).
      conditions: ["workerd", "worker", "browser"],
      target: "es2024",
      metafile: true,
      logLevel: "silent",
      define: { "process.env.EDGE_AI_BUILD_ID": JSON.stringify(BUILD_ID_PLACEHOLDER) },
      banner: { js: banner },
      plugins: [platformOfWorkers(projectDir), nodeModules(), nativePackages(native)],
    });
  } catch (error) {
    if (!isBuildFailure(error)) throw error;
    const lines = error.errors.map(({ text, location }) =>
      location === null ? text : `${location.file}:${location.line}: ${text}`,
    );
    throw new CliError("BUILD_FAILED", `the Worker cannot be bundled\n${lines.map((line) => `  ${line}`).join("\n")}`, {
      cause: error,
    });
  }
}

/** Every import of lib/platform.ts gets the file for Workers. */
function platformOfWorkers(projectDir: string): Plugin {
  const from = path.join(projectDir, PLATFORM);
  return {
    name: "platform-of-workers",
    setup(build) {
      build.onResolve({ filter: /platform(\.[jt]s)?$/ }, ({ path: name, resolveDir }) => {
        const file = path.resolve(resolveDir, name).replace(/(\.[jt]s)?$/, ".ts");
        return file === from ? { path: path.join(projectDir, CLOUDFLARE_PLATFORM) } : undefined;
      });
    },
  };
}

/** Built-in modules of Node.js and of Cloudflare stay imports, under the names that workerd knows. */
function nodeModules(): Plugin {
  return {
    name: "node-modules",
    setup(build) {
      build.onResolve({ filter: /^(?:node|cloudflare):/ }, ({ path: name }) => ({ path: name, external: true }));
      build.onResolve({ filter: /^[a-z][a-z_/0-9]*$/ }, ({ path: name }) =>
        BUILTINS.has(name) ? { path: `node:${name}`, external: true } : undefined,
      );
    },
  };
}

/** Collects packages with native code. They stay outside, so that all of them are found. */
function nativePackages(found: Set<string>): Plugin {
  const known = new Map<string, Promise<boolean>>();
  return {
    name: "native-packages",
    setup(build) {
      build.onResolve({ filter: /\.node$/ }, ({ path: name }) => {
        found.add(name);
        return { path: name, external: true };
      });
      build.onResolve({ filter: /^[^./]/ }, async ({ path: name, pluginData, ...options }) => {
        if (pluginData === "resolving" || /^\w+:/.test(name) || BUILTINS.has(name)) return undefined;
        const { importer, kind, resolveDir } = options;
        const resolved = await build.resolve(name, { importer, kind, resolveDir, pluginData: "resolving" });
        const root = resolved.errors.length > 0 || resolved.external ? undefined : packageDir(resolved.path);
        if (root === undefined) return undefined;
        const isNative = known.get(root) ?? hasNativeCode(root);
        known.set(root, isNative);
        if (!(await isNative)) return resolved;
        found.add(name);
        return { path: name, external: true };
      });
    },
  };
}

function nativeRefused(names: readonly string[]): CliError {
  return new CliError("BUILD_FAILED", `a Worker cannot run native code, and this app uses ${names.join(", ")}`, {
    hint: WORKER_ALTERNATIVES,
  });
}

/** What an app can do whose model does not fit into a Worker. */
export const WORKER_ALTERNATIVES =
  "ask an endpoint instead (create-edge-ai --mode hybrid or external; Workers AI has one in OpenAI's format: " +
  "AI_BASE_URL=https://api.cloudflare.com/client/v4/accounts/<account>/ai/v1), take a wasm build of the package, or deploy to Vercel";
