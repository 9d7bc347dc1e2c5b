import type { Architecture } from "./trace.ts";

const NATIVE = /\.(node|so(\.\d+)*|dll|dylib|exe|lib|a)$/;
const NOT_LINUX = /\.(dll|dylib|exe|lib)$/;
const OTHER_SYSTEM =
  /(^|[/@._-])(win32|windows|darwin|macos|android|freebsd|openbsd|sunos|aix|linuxmusl|musl)(?=[/._-]|$)/;
const OTHER_ARCHITECTURE = {
  x86_64:
    /(^|[/._-])(arm64|aarch64|arm|armv6l?|armv7l?|ia32|i686|s390x|ppc64(le)?|riscv64(gc)?|loong64|mips64el|universal)(?=[/._-]|$)/,
  arm64:
    /(^|[/._-])(x64|x86_64|amd64|arm|armv6l?|armv7l?|ia32|i686|s390x|ppc64(le)?|riscv64(gc)?|loong64|mips64el|universal)(?=[/._-]|$)/,
} as const satisfies Record<Architecture, RegExp>;

/**
 * False for native files of packages that Vercel's machines (Linux with glibc) cannot load. Packages name the platform
 * in their path: onnxruntime-node/bin/napi-v6/linux/arm64, @img/sharp-darwin-arm64. Everything else is kept.
 */
export function runsOnVercel(file: string, architecture: Architecture): boolean {
  if (!NATIVE.test(file) || !file.includes("node_modules/")) return true;
  return !NOT_LINUX.test(file) && !OTHER_SYSTEM.test(file) && !OTHER_ARCHITECTURE[architecture].test(file);
}
