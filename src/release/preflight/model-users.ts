import { loadFromProject } from "../../build/project-tools.ts";
import { engines } from "../../data/engines.ts";
import { CliError } from "../../errors.ts";

type Esbuild = typeof import("esbuild");

const enginePackages = new Set<string>([
  ...Object.values(engines).map((engine) => engine.package),
  "@huggingface/transformers",
]);

/** The functions whose code reaches an inference engine. None when that cannot be found out (no esbuild, broken code). */
export async function findModelUsers(projectDir: string, functions: readonly string[]): Promise<string[]> {
  let esbuild: Esbuild;
  try {
    esbuild = await loadFromProject<Esbuild>(projectDir, "esbuild");
  } catch (error) {
    if (error instanceof CliError) return [];
    throw error;
  }
  const reached = await Promise.all(functions.map((file) => packagesOf(esbuild, projectDir, file)));
  return functions.filter((_, index) => reached[index]?.some((name) => enginePackages.has(name)));
}

/** The packages that a function imports, also through other files of the project. */
async function packagesOf(esbuild: Esbuild, projectDir: string, file: string): Promise<string[]> {
  const result = await esbuild
    .build({
      absWorkingDir: projectDir,
      entryPoints: [file],
      outfile: "index.mjs",
      bundle: true,
      write: false,
      metafile: true,
      format: "esm",
      platform: "node",
      packages: "external",
      logLevel: "silent",
    })
    // Code that cannot be bundled is what the build says; here it only means that nothing is known.
    .catch(() => undefined);
  return Object.values(result?.metafile.outputs ?? {}).flatMap(({ imports }) => imports.map((each) => each.path));
}
