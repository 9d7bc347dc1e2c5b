import { CliError } from "../errors.ts";
import type { Architecture } from "./trace.ts";

/**
 * Files that a tracer finds and no function needs, whatever its settings say: binaries for a GPU (Vercel's machines have
 * none), and what a package carries to be compiled from source. Paths inside a function.
 */
const NEVER_NEEDED: readonly RegExp[] = [
  // node-llama-cpp 3.22.1: 676 of 710 MB (2026-11-23). The sources of llama.cpp, and what downloads and compiles them.
  /node_modules\/@node-llama-cpp\/[^/]+-(cuda|cuda-ext|vulkan|metal)\//,
  /node_modules\/node-llama-cpp\/llama\/(?![^/]+\.json$)/,
  /node_modules\/(@reflink\/[^/]+|cmake-js)\//,
];

/** True for a traced file that no function needs. */
export function isNeverNeeded(file: string): boolean {
  return NEVER_NEEDED.some((pattern) => pattern.test(file));
}

const LLAMA = "node_modules/node-llama-cpp/package.json";
const LLAMA_BINARIES = { x86_64: "linux-x64", arm64: "linux-arm64" } as const satisfies Record<Architecture, string>;

/**
 * npm installs llama.cpp for the machine it runs on, and a function needs it for Vercel's.
 * @param files paths inside the function
 * @throws CliError BUILD_FAILED when the package is there and its binary is not
 */
export function refuseWithoutBinary(files: ReadonlySet<string>, architecture: Architecture): void {
  // pnpm has both in folders of its own: node_modules/.pnpm/…/node_modules/….
  if (![...files].some((file) => file.endsWith(LLAMA))) return;
  const name = `@node-llama-cpp/${LLAMA_BINARIES[architecture]}`;
  if ([...files].some((file) => file.includes(`node_modules/${name}/`) && file.endsWith(".node"))) return;
  throw new CliError(
    "BUILD_FAILED",
    `node-llama-cpp needs ${name} on Vercel's machines, and it is not installed here`,
    {
      hint: `build on Linux (CI, or Vercel itself), or npm install --no-save --force ${name}@<the version of node-llama-cpp>`,
    },
  );
}
