import { expect, it } from "vitest";
import { runsOnVercel } from "../../../src/build/platform-files.ts";

it.each([
  ["node_modules/onnxruntime-node/bin/napi-v6/linux/x64/onnxruntime_binding.node", true, false],
  ["node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1", true, false],
  ["node_modules/onnxruntime-node/bin/napi-v6/linux/arm64/libonnxruntime.so.1", false, true],
  ["node_modules/onnxruntime-node/bin/napi-v6/darwin/arm64/onnxruntime_binding.node", false, false],
  ["node_modules/onnxruntime-node/bin/napi-v6/win32/x64/onnxruntime.dll", false, false],
  ["node_modules/@img/sharp-linux-x64/lib/sharp-linux-x64.node", true, false],
  ["node_modules/@img/sharp-linuxmusl-x64/lib/sharp-linuxmusl-x64.node", false, false],
  ["node_modules/@img/sharp-libvips-linux-x64/lib/libvips-cpp.so.8.17.3", true, false],
  ["node_modules/@img/sharp-darwin-arm64/lib/sharp-darwin-arm64.node", false, false],
  ["node_modules/bcrypt/lib/binding/napi-v3/bcrypt_lib.node", true, true],
  ["node_modules/some/lib/win32.js", true, true],
  ["node_modules/some/win32/readme.md", true, true],
  ["models/darwin/model.onnx", true, true],
])("%s runs on x86_64 %s, arm64 %s", (file, x64, arm64) => {
  expect([runsOnVercel(file, "x86_64"), runsOnVercel(file, "arm64")]).toEqual([x64, arm64]);
});
