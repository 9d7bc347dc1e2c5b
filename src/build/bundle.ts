import fs from "node:fs/promises";
import path from "node:path";
import type { BuildFailure, Plugin } from "esbuild";
import { CliError, messageOf } from "../errors.ts";
import { loadFromProject } from "./project-tools.ts";

/** Text in a bundle that becomes the build id once all bundles are known. */
export const BUILD_ID_PLACEHOLDER = "EDGE_AI_BUILD_ID_PLACEHOLDER_4c1b";

export interface Bundle {
  /** The function's code: one ES module. */
  code: string;
  /** Bytes each package (or "the project") brought in. */
  bytesBySource: Map<string, number>;
  exports: string[];
  warnings: string[];
}

/** Bundled CommonJS packages expect these; esbuild renames a module's own. */
const BANNER = [
  'import { createRequire as __edgeAiRequire } from "node:module";',
  'import { fileURLToPath as __edgeAiPath } from "node:url";',
  "const require = __edgeAiRequire(import.meta.url);",
  "const __filename = __edgeAiPath(import.meta.url);",
  'const __dirname = __edgeAiPath(new URL(".", import.meta.url));',
].join("\n");

/**
 * Bundles one function into an ES module. Packages with native code stay outside, to be traced.
 * @throws CliError BUILD_FAILED with esbuild's messages
 */
export async function bundleFunction(projectDir: string, entry: string, nodeMajor: number): Promise<Bundle> {
  const esbuild = await loadFromProject<typeof import("esbuild")>(projectDir, "esbuild");
  try {
    const result = await esbuild.build({
      absWorkingDir: projectDir,
      entryPoints: [entry],
      outfile: "index.mjs",
      write: false,
      bundle: true,
      format: "esm",
      platform: "node",
      target: `node${nodeMajor}`,
      metafile: true,
      logLevel: "silent",
      define: { "process.env.EDGE_AI_BUILD_ID": JSON.stringify(BUILD_ID_PLACEHOLDER) },
      banner: { js: BANNER },
      plugins: [nativePackagesOutside()],
    });
    const output = Object.values(result.metafile.outputs)[0];
    return {
      code: result.outputFiles[0]?.text ?? "",
      bytesBySource: bytesBySource(output?.inputs ?? {}),
      exports: output?.exports ?? [],
      warnings: result.warnings.map((warning) => `${entry}: ${warning.text}`),
    };
  } catch (error) {
    if (!isBuildFailure(error)) throw error;
    const lines = error.errors.map(({ text, location }) =>
      location === null ? text : `${location.file}:${location.line}: ${text}`,
    );
    throw new CliError("BUILD_FAILED", `${entry} cannot be bundled\n${lines.map((line) => `  ${line}`).join("\n")}`, {
      cause: error,
    });
  }
}

/** True for what esbuild throws when the code is wrong. */
export function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && "errors" in error && Array.isArray(error.errors);
}

/** Marks a package as external when it carries native code, which no bundler can hold. */
function nativePackagesOutside(): Plugin {
  const native = new Map<string, Promise<boolean>>();
  return {
    name: "native-packages-outside",
    setup(build) {
      build.onResolve({ filter: /^[^./]/ }, async ({ path: name, pluginData, ...options }) => {
        if (pluginData === "resolving" || /^(node:|data:|https?:)/.test(name)) return undefined;
        const { importer, kind, resolveDir } = options;
        const resolved = await build.resolve(name, { importer, kind, resolveDir, pluginData: "resolving" });
        // esbuild knows whether the code can do without it: what is imported inside `try` may be missing.
        if (resolved.errors.length > 0) return undefined;
        const root = packageDir(resolved.path);
        if (resolved.external || root === undefined) return resolved;
        const isNative = native.get(root) ?? hasNativeCode(root);
        native.set(root, isNative);
        return (await isNative) ? { path: name, external: true } : resolved;
      });
    },
  };
}

/** The folder of the package that holds a file: "…/node_modules/@scope/name". */
export function packageDir(file: string): string | undefined {
  return /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(file)?.[0];
}

/** True for a package that brings native code, or loads one that does. */
export async function hasNativeCode(root: string): Promise<boolean> {
  const manifest = await readManifest(root);
  const platformPackages = Object.keys(manifest.optionalDependencies ?? {}).some((name) =>
    /(linux|darwin|win32)-(x64|arm64)/.test(name),
  );
  if (manifest.gypfile === true || manifest.binary !== undefined || platformPackages) return true;
  const files = await fs.readdir(root, { recursive: true });
  return files.some((file) => file.endsWith(".node") || file === "binding.gyp");
}

async function readManifest(
  root: string,
): Promise<{ gypfile?: unknown; binary?: unknown; optionalDependencies?: object }> {
  try {
    const manifest: unknown = JSON.parse(await fs.readFile(path.join(root, "package.json"), "utf8"));
    return typeof manifest === "object" && manifest !== null ? manifest : {};
  } catch (error) {
    throw new CliError("BUILD_FAILED", `${root} has no readable package.json: ${messageOf(error)}`, {
      hint: "install the dependencies again",
      cause: error,
    });
  }
}

/** Bytes that each package brought into an output of esbuild. */
export function bytesBySource(inputs: Record<string, { bytesInOutput: number }>): Map<string, number> {
  const bytes = new Map<string, number>();
  for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
    const source = sourceOf(file);
    bytes.set(source, (bytes.get(source) ?? 0) + bytesInOutput);
  }
  return bytes;
}

/** The package a path belongs to, the folder of a model, or "the project". */
export function sourceOf(file: string): string {
  const inPackage = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file.replaceAll("\\", "/"));
  if (inPackage?.[1] !== undefined) return inPackage[1];
  return /^models\/[^/]+/.exec(file)?.[0] ?? "the project";
}
