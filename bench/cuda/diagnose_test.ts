import { assertEquals, assertMatch } from "@std/assert";
import { findings, type Probe } from "./diagnose.ts";

// The runtime's and the loader's own words, as seen with ONNX Runtime 1.30.0 and Deno 2.9.6; paths shortened.
const notAppended = "OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library";
const notOpened = (name: string) =>
  `Could not open library: Could not open library: ${name}: cannot open shared object file: No such file or directory`;
const notLoaded = (library: string, reason: string) =>
  "\x1b[1;31m2026-11-22 18:19:14.37 [E:onnxruntime:onnxruntime-node, provider_bridge_ort.cc:2146 Create] " +
  "/onnxruntime_src/onnxruntime/core/session/provider_bridge_ort.cc:1988 onnxruntime::Provider& " +
  `onnxruntime::ProviderLibrary::Get() [ONNXRuntimeError] : 1 : FAIL : Failed to load library /x64/${library} with error: ${reason}\n\x1b[m\n`;
const absent = (name: string) => `${name}: cannot open shared object file: No such file or directory`;
const cudaFailure = (failure: string) =>
  "/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_call.cc:154 std::conditional_t<THRW, void, onnxruntime::common::Status> " +
  `onnxruntime::CudaCall(ERRTYPE, const char*) [with ERRTYPE = cudaError; bool THRW = true] ${failure} ; GPU=-1 ; hostname=vm ; ` +
  "file=/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_execution_provider.cc ; line=352 ; expr=cudaSetDevice(info_.device_id); \n\n";

const provider = "libonnxruntime_providers_cuda.so";
const cases: { name: string; probe: Probe; expected: (string | null)[]; line: RegExp }[] = [
  {
    name: "the provider library is missing",
    probe: { errors: [], stderr: notLoaded(provider, absent(`/x64/${provider}`)), result: { error: notAppended } },
    expected: ["provider"],
    line: /^CUDA: provider library missing: libonnxruntime_providers_cuda\.so; .*setup_cuda/,
  },
  {
    name: "a CUDA library is missing, which both the loader and the runtime tell",
    probe: {
      errors: [notOpened("libcublasLt.so.13"), notOpened("libcublasLt.so.13")],
      stderr: notLoaded(provider, absent("libcublasLt.so.13")),
      result: { error: notAppended },
    },
    expected: ["library"],
    line: /^CUDA: library missing: libcublasLt\.so\.13; .*setup_cuda/,
  },
  {
    name: "a library of the system is missing",
    probe: { errors: [notOpened("libgomp.so.1")], result: { error: notAppended } },
    expected: ["library"],
    line: /libgomp\.so\.1; install it from your system/,
  },
  {
    name: "the driver is missing",
    probe: {
      errors: [notOpened("libcuda.so.1")],
      stderr: notLoaded(provider, absent("libcuda.so.1")),
      result: { error: notAppended },
    },
    expected: ["driver"],
    line: /^CUDA: driver missing: libcuda\.so\.1/,
  },
  {
    name: "the driver lacks a function",
    probe: {
      errors: [],
      stderr: notLoaded(provider, `/x64/${provider}: undefined symbol: cuTensorMapEncodeTiled`),
      result: { error: notAppended },
    },
    expected: ["driver"],
    line: /^CUDA: driver too old: libcuda\.so\.1 has no cuTensorMapEncodeTiled/,
  },
  {
    name: "the driver is older than CUDA",
    probe: {
      errors: [],
      result: { error: cudaFailure("CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version") },
    },
    expected: ["driver"],
    line: /^CUDA: driver too old: CUDA failure 35/,
  },
  {
    name: "there is no device",
    probe: { errors: [], result: { error: cudaFailure("CUDA failure 100: no CUDA-capable device is detected") } },
    expected: ["device"],
    line: /^CUDA: no device: CUDA failure 100/,
  },
  {
    name: "a library and a device are missing: both are told",
    probe: {
      errors: [notOpened("libcudnn.so.9")],
      result: { error: cudaFailure("CUDA failure 100: no CUDA-capable device is detected") },
    },
    expected: ["library", "device"],
    line: /^CUDA: library missing: libcudnn\.so\.9/,
  },
  {
    name: "another failure is told in CUDA's words",
    probe: { errors: [], result: { error: cudaFailure("CUDA failure 2: out of memory") } },
    expected: ["other"],
    line: /^CUDA: CUDA failure 2: out of memory; /,
  },
  {
    name: "the process ended without a word",
    probe: { errors: [], result: { error: "its process ended with SIGSEGV" } },
    expected: ["other"],
    line: /SIGSEGV/,
  },
  {
    name: "the result is right",
    probe: { errors: [], result: { difference: 2.4e-7 } },
    expected: [null],
    line: /^CUDA works: a convolution is within 2\.4e-7 of the CPU's$/,
  },
  {
    name: "the result is right without a library",
    probe: { errors: [notOpened("libnvrtc.so.13")], result: { difference: 0 } },
    expected: [null],
    line: /^CUDA works: .*libnvrtc\.so\.13 missing/,
  },
  {
    name: "the result is wrong",
    probe: { errors: [], result: { difference: 0.25 } },
    expected: ["result"],
    line: /wrong result: .*by 0\.25, more than 0\.001/,
  },
  {
    name: "the result is no number",
    probe: { errors: [], result: { difference: null } },
    expected: ["result"],
    line: /not a number/,
  },
];

for (const { name, probe, expected, line } of cases) {
  Deno.test(`CUDA's diagnosis: ${name}`, () => {
    const found = findings(probe);
    assertEquals(found.map(({ problem }) => problem), expected);
    assertMatch(found[0].line, line);
    for (const { line } of found) assertEquals(line.includes("\n"), false);
  });
}
