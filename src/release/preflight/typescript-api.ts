import { loadFromProject } from "../../build/project-tools.ts";
import { CliError } from "../../errors.ts";

/** As much of the JavaScript API of TypeScript 5 as is used here. Its own types would be a dependency of this package. */
export interface TypeScript {
  version: string;
  sys: { fileExists(file: string): boolean; readFile(file: string): string | undefined };
  ScriptTarget: { ESNext: number };
  ModuleKind: { NodeNext: number };
  ModuleResolutionKind: { NodeNext: number };
  SymbolFlags: { Alias: number };
  readConfigFile(file: string, readFile: (file: string) => string | undefined): { config?: unknown };
  parseJsonConfigFileContent(config: unknown, host: object, dir: string): { options: object };
  createProgram(files: readonly string[], options: object): Program;
}

interface Program {
  getSourceFile(file: string): object | undefined;
  getTypeChecker(): TypeChecker;
}

export interface TypeChecker {
  getSymbolAtLocation(node: object): TsSymbol | undefined;
  getAliasedSymbol(symbol: TsSymbol): TsSymbol;
  getTypeOfSymbol(symbol: TsSymbol): TsType;
  getAwaitedType(type: TsType): TsType | undefined;
}

export interface TsSymbol {
  flags: number;
  exports?: ReadonlyMap<string, TsSymbol>;
}

export interface TsType {
  isUnion(): this is TsUnion;
  getProperty(name: string): TsSymbol | undefined;
  getCallSignatures(): readonly TsSignature[];
}

interface TsUnion extends TsType {
  types: readonly TsType[];
}

interface TsSignature {
  parameters: readonly TsSymbol[];
  getReturnType(): TsType;
}

/** Loads the project's own TypeScript. @returns why not, when there is none or it has no such API (7 has none) */
export async function loadCompiler(projectDir: string): Promise<{ api: TypeScript } | { reason: string }> {
  try {
    const loaded = await loadFromProject<{ default?: Partial<TypeScript> }>(projectDir, "typescript");
    const api = loaded.default ?? {};
    if (hasApi(api)) return { api };
    return { reason: `TypeScript ${api.version ?? "of an unknown version"} has no JavaScript API` };
  } catch (error) {
    if (error instanceof CliError) return { reason: "TypeScript is not installed" };
    throw error;
  }
}

function hasApi(api: Partial<TypeScript>): api is TypeScript {
  return typeof api.createProgram === "function" && typeof api.parseJsonConfigFileContent === "function";
}
