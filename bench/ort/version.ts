/**
 * Which ONNX Runtime measures.
 *
 * @module
 */

/** The version of the onnxruntime-node package in use. */
export async function onnxruntimeVersion(): Promise<string> {
  const config = JSON.parse(await Deno.readTextFile(new URL("../deno.json", import.meta.url)));
  return /@([\d.]+)$/.exec(config.imports["onnxruntime-node"])![1];
}
