// Functions that `edge-ai build` really builds, for the bytes of their bundles.
import path from "node:path";
import { assumptions, type EngineName } from "../../src/data/engines.ts";
import { writeStandIn, type StandIn } from "../../src/stand-in/stand-in.ts";
import { serveLocalApp } from "../../test/support/local-app.ts";
import { shapes } from "./shapes.ts";

export interface Built {
  name: string;
  engine: EngineName;
  isForFit: boolean;
  weightsBytes: number;
  tokenizerBytes: number;
  bundleBytes: number;
  /** What is left when the weights, the tokenizer and the app's own code are taken away. */
  engineBytes: number;
}

const wanted = [
  { shape: "bert-tiny", dtype: "q8", route: "embeddings", isForFit: true },
  { shape: "MiniLM-L6", dtype: "fp32", route: "classify", isForFit: false },
  { shape: "bge-small, MiniLM-L12", dtype: "q8", route: "embeddings", isForFit: false },
  { shape: "30M", dtype: "Q4_0", route: "chat", isForFit: true },
  { shape: "60M", dtype: "Q8_0", route: "chat", isForFit: false },
] as const;

/** Builds one function for each of the models; a fit needs one of each engine. */
export async function buildBundles(): Promise<Built[]> {
  const built: Built[] = [];
  for (const { shape, dtype, route, isForFit } of wanted) {
    const found = shapes.find((each) => each.name === shape && each.dtype === dtype);
    if (found === undefined) throw new Error(`no ${shape} ${dtype}`);
    const files = { weightsBytes: 0, tokenizerBytes: 0 };
    const writeModel = async (dir: string): Promise<void> => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the table pairs kinds with their dtypes
      const { bytes, weightsBytes } = await writeStandIn({ ...found, dir } as StandIn);
      Object.assign(files, { weightsBytes, tokenizerBytes: bytes - weightsBytes });
    };
    const app = await serveLocalApp({ functions: [route], writeModel });
    const bundleBytes = app.report.functions.find(({ path: name }) => path.basename(name) === route)?.bytes;
    await app.close();
    if (bundleBytes === undefined) throw new Error(`no function ${route} in ${JSON.stringify(app.report.functions)}`);
    const engineBytes = bundleBytes - files.weightsBytes - files.tokenizerBytes - assumptions.appBytes.value;
    const engine = found.kind === "encoder" ? ("onnx" as const) : ("gguf" as const);
    built.push({ name: `${shape} ${dtype}, ${route}`, engine, isForFit, ...files, bundleBytes, engineBytes });
  }
  return built;
}
