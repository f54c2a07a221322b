import { assert, assertEquals, assertThrows } from "@std/assert";
import { openNvml } from "./nvml.ts";
import { NvmlError, nvmlErrorName, throttleReasons } from "./nvml_names.ts";
import { compileNvml, nvmlMissing, REFUSE } from "./stand_ins.ts";

const ignore = nvmlMissing();

Deno.test("NVML's readings come in the sample's units", { ignore }, () => {
  using at = standIn();
  const nvml = openNvml({ library: at.path });
  const { energyMj, ...rest } = nvml.read();
  assertEquals(rest, {
    powerW: 50,
    averageW: 48,
    smClockMhz: 1000,
    memoryClockMhz: 2000,
    temperatureC: 40,
    throttle: 4,
    utilization: 0.75,
    limitW: null,
  });
  // 50 W since 1970: above 32 bits, so the width of the counter is proven too.
  assert(Math.abs(energyMj! - Date.now() * 50) <= 100 * 50, `${energyMj}`);
  assertEquals([nvml.device, nvml.driver], ["Stand-in", "0.0 (stand-in)"]);
  nvml.close();
});

Deno.test("what NVML refuses or lacks is null, with one warning however often it is read", { ignore }, () => {
  using at = standIn();
  at.refuse(REFUSE.energy + REFUSE.fields);
  const nvml = openNvml({ library: at.path });
  nvml.read();
  const { energyMj, powerW, averageW } = nvml.read();
  assertEquals({ energyMj, powerW, averageW }, { energyMj: null, powerW: null, averageW: 49 });
  assertEquals(nvml.warnings(), [
    "NVML's nvmlDeviceGetTotalEnergyConsumption gives nothing: NOT_SUPPORTED (3); its readings are null",
    "NVML's nvmlDeviceGetFieldValues (instant power) gives nothing: NOT_SUPPORTED (3); its readings are null",
    "NVML's nvmlDeviceGetEnforcedPowerLimit gives nothing: FUNCTION_NOT_FOUND (13); its readings are null",
  ]);
  nvml.close();
});

Deno.test("a GPU without an averaged reading gives its plain one", { ignore }, () => {
  using at = standIn();
  at.refuse(REFUSE.average);
  const nvml = openNvml({ library: at.path });
  assertEquals(nvml.read().averageW, 49);
  assertEquals(nvml.warnings().filter((text) => text.includes("FieldValues")), []);
  nvml.close();
});

Deno.test("NVML's failures are told by name, with what to do", { ignore }, () => {
  using at = standIn();
  const message = "NVML's nvmlDeviceGetHandleByIndex_v2 failed with INVALID_ARGUMENT (2); check the GPU's index";
  assertThrows(() => openNvml({ library: at.path, index: 7 }), NvmlError, message);
  at.refuse(REFUSE.init);
  assertThrows(
    () => openNvml({ library: at.path }),
    NvmlError,
    "nvmlInit_v2 failed with DRIVER_NOT_LOADED (9); load the NVIDIA",
  );
});

Deno.test("a missing library is said to be missing", { ignore }, () => {
  assertThrows(
    () => openNvml({ library: "/nowhere/libnvidia-ml.so.1" }),
    Error,
    "NVML's library /nowhere/libnvidia-ml.so.1 does not load",
  );
});

Deno.test("names of codes and of throttle bits", () => {
  assertEquals([nvmlErrorName(15), nvmlErrorName(999), nvmlErrorName(77)], ["GPU_IS_LOST", "UNKNOWN", "CODE_77"]);
  assertEquals(throttleReasons(0), []);
  assertEquals(throttleReasons(0x1ff).length, 9);
  assertEquals(throttleReasons(2 ** 40 + 8), ["hardware slowdown", "unknown 0x10000000000"]);
});

function standIn() {
  const folder = Deno.makeTempDirSync();
  const library = compileNvml(folder);
  return {
    ...library,
    [Symbol.dispose]() {
      library.refuse(0);
      library.close();
      Deno.removeSync(folder, { recursive: true });
    },
  };
}
