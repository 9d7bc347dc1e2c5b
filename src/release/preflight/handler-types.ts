import path from "node:path";
import type { TsSymbol, TsType, TypeChecker, TypeScript } from "./typescript-api.ts";

/** With one of these on it, a default export is called with a web Request (@vercel/node, serverless-handler). */
const WEB_HANDLERS = ["fetch", "GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH"] as const;
/** What tells web types from Node's, so that subclasses and copies of them count too. */
const REQUEST_MEMBERS = ["arrayBuffer", "headers", "method"] as const;
const RESPONSE_MEMBERS = ["arrayBuffer", "headers", "status"] as const;

/** The functions whose default export is a function for web Requests, by the types that TypeScript sees. */
export function webFunctions(ts: TypeScript, projectDir: string, files: readonly string[]): string[] {
  const absolute = files.map((file) => path.join(projectDir, file));
  const program = ts.createProgram(absolute, compilerOptions(ts, projectDir));
  const checker = program.getTypeChecker();
  return files.filter((_, index) => {
    const source = program.getSourceFile(absolute[index] ?? "");
    const module = source === undefined ? undefined : checker.getSymbolAtLocation(source);
    const symbol = module?.exports?.get("default") ?? module?.exports?.get("export=");
    return symbol !== undefined && isWebFunction(checker, typeOf(ts, checker, symbol));
  });
}

/**
 * The project's own options for finding modules, but with the browser's types, which have Request and Response, and
 * without those of packages: the question has to have an answer in a project that has no @types/node as well.
 */
function compilerOptions(ts: TypeScript, projectDir: string): object {
  const file = path.join(projectDir, "tsconfig.json");
  const config = ts.sys.fileExists(file) ? ts.readConfigFile(file, (name) => ts.sys.readFile(name)).config : undefined;
  const base =
    config === undefined
      ? { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext }
      : ts.parseJsonConfigFileContent(config, ts.sys, projectDir).options;
  const ours = { target: ts.ScriptTarget.ESNext, lib: undefined, types: [], allowJs: true, checkJs: false };
  return { ...base, ...ours, skipLibCheck: true, noEmit: true };
}

function typeOf(ts: TypeScript, checker: TypeChecker, symbol: TsSymbol): TsType {
  const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
  return checker.getTypeOfSymbol(isAlias ? checker.getAliasedSymbol(symbol) : symbol);
}

function isWebFunction(checker: TypeChecker, type: TsType): boolean {
  if (WEB_HANDLERS.some((name) => type.getProperty(name) !== undefined)) return false;
  return type.getCallSignatures().some((signature) => {
    const [first] = signature.parameters;
    if (first !== undefined && members(checker.getTypeOfSymbol(first)).every((each) => hasAll(each, REQUEST_MEMBERS)))
      return true;
    const returned = checker.getAwaitedType(signature.getReturnType());
    // With a second parameter it can be a Node handler whose result nobody looks at.
    return (
      signature.parameters.length <= 1 &&
      returned !== undefined &&
      members(returned).some((each) => hasAll(each, RESPONSE_MEMBERS))
    );
  });
}

function members(type: TsType): readonly TsType[] {
  return type.isUnion() ? type.types : [type];
}

function hasAll(type: TsType, names: readonly string[]): boolean {
  return names.every((name) => type.getProperty(name) !== undefined);
}
