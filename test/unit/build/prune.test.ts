import { expect, it } from "vitest";
import { isNeverNeeded, refuseWithoutBinary } from "../../../src/build/prune.ts";

it.each([
  ["node_modules/@node-llama-cpp/linux-x64/bins/linux-x64/llama-addon.node", false],
  ["node_modules/@node-llama-cpp/linux-x64/dist/index.js", false],
  ["node_modules/@node-llama-cpp/linux-x64-cuda/bins/linux-x64-cuda/libggml-cuda.so", true],
  ["node_modules/@node-llama-cpp/linux-x64-cuda-ext/dist/index.js", true],
  ["node_modules/@node-llama-cpp/linux-x64-vulkan/bins/linux-x64-vulkan/libggml-vulkan.so", true],
  ["node_modules/node-llama-cpp/dist/index.js", false],
  ["node_modules/node-llama-cpp/llama/package.json", false],
  ["node_modules/node-llama-cpp/llama/binariesGithubRelease.json", false],
  ["node_modules/node-llama-cpp/llama/gitRelease.bundle", true],
  ["node_modules/node-llama-cpp/llama/addon/addon.cpp", true],
  ["node_modules/@reflink/reflink-linux-x64-gnu/reflink.linux-x64-gnu.node", true],
  ["node_modules/cmake-js/lib/index.js", true],
  ["node_modules/my-cmake-js/index.js", false],
  ["lib/llama/gitRelease.bundle", false],
])("%s is never needed: %s", (file, expected) => {
  expect(isNeverNeeded(file)).toBe(expected);
});

const PACKAGE = "node_modules/node-llama-cpp/package.json";

it.each([
  ["its binary", "x86_64", [PACKAGE, "node_modules/@node-llama-cpp/linux-x64/bins/linux-x64/llama-addon.node"], true],
  ["no binary", "x86_64", [PACKAGE], false],
  ["the script of its binary only", "x86_64", [PACKAGE, "node_modules/@node-llama-cpp/linux-x64/dist/index.js"], false],
  ["another's binary", "arm64", [PACKAGE, "node_modules/@node-llama-cpp/linux-x64/bins/a/llama-addon.node"], false],
] as const)("llama.cpp with %s on %s is fine: %s", (_what, architecture, files, isFine) => {
  const refuse = (): void => refuseWithoutBinary(new Set(files), architecture);
  if (isFine) expect(refuse).not.toThrow();
  else expect(refuse).toThrow(/needs @node-llama-cpp\/linux-(x64|arm64)/);
});

it("asks nothing of a function without llama.cpp", () => {
  expect(() => refuseWithoutBinary(new Set(["node_modules/onnxruntime-node/package.json"]), "x86_64")).not.toThrow();
});
