import { assert, assertEquals, assertRejects } from "@std/assert";
import { findRuntime, unfused } from "../runtimes.ts";
import { defaultDevice, DeviceError, deviceOf, loadDevice, readDeviceName, shippedDevices } from "./device.ts";
import type { ModelFile } from "./model.ts";
import { ModelFileError } from "./model_file.ts";
import { findSpecification } from "./specifications.ts";

const models = new URL("../../models/", import.meta.url);

Deno.test("eleven devices from public sets and three of our own are shipped, the default among them", async () => {
  const names = [
    ...[
      "a100-pytorch",
      "amd-epyc-2core-ort-cpu",
      "broadwell-ep-pytorch",
      "gtx1080ti-tf1",
      "h200-ort",
      "intel-xeon-2core-ort-cpu",
    ],
    ...[
      "m60-tf1",
      "p100-pytorch",
      "p100-tf1",
      "raptor-lake-pytorch",
      "t4-pytorch",
      "v100-pcie-pytorch",
      "v100-tensorrt",
      "v100-tf1",
    ],
  ];
  assertEquals(await shippedDevices(), names);
  assert(names.includes(defaultDevice));
});

Deno.test("every shipped device is found by its name, with its runtime and specification", async () => {
  for (const name of await shippedDevices()) {
    const device = await loadDevice(name);
    assertEquals([device.name, device.model?.device], [name, name]);
    // Our own machines' processors are in no data sheet that is known.
    const card = device.specification?.name ?? /^(amd-epyc|intel-xeon)-2core/.exec(name)?.[0];
    assertEquals(`${card}-${device.runtime.name}`, name);
  }
});

Deno.test("a card means its shipped device, and so does the first word of its name", async () => {
  const found = async (name: string) => (await loadDevice(name)).name;
  assertEquals(await found("v100"), "v100-tf1");
  assertEquals(await found("gtx1080ti"), "gtx1080ti-tf1");
  assertEquals(await found("raptor-lake"), "raptor-lake-pytorch");
  assertEquals(await found("broadwell"), "broadwell-ep-pytorch");
  // Convolutions alone were measured on p100-pytorch, v100-tensorrt and v100-pcie-pytorch.
  assertEquals(await found("p100"), "p100-tf1");
  assertEquals(await found("v100-pcie"), "v100-pcie-pytorch");
});

Deno.test("of several devices of a card the one with the most kinds measured is taken", async () => {
  const { readDir, openSync } = Deno;
  const one: ModelFile = JSON.parse(await Deno.readTextFile(new URL("v100-tf1.json", models)));
  const [fit] = one.fits;
  const shipped: Record<string, ModelFile> = {
    // More fits than the other, of fewer kinds.
    "card-tf1": { ...one, device: "card-tf1", fits: [fit, { ...fit, pass: "backward" }, { ...fit, pass: "training" }] },
    "card-tensorrt": { ...one, device: "card-tensorrt", fits: [fit, one.fits.find(({ kind }) => kind === "dense")!] },
    "cardboard-tf1": one,
  };
  const folder = await Deno.makeTempDir();
  for (const [name, model] of Object.entries(shipped)) {
    await Deno.writeTextFile(`${folder}/${name}.json`, JSON.stringify(model));
  }
  try {
    Deno.readDir = async function* () {
      for (const name of Object.keys(shipped)) yield { name: `${name}.json` } as Deno.DirEntry;
    };
    Deno.openSync = (path) => openSync(`${folder}/${String(path).split("/").at(-1)}`);
    assertEquals((await loadDevice("card")).name, "card-tensorrt");
    assertEquals((await loadDevice("card-tf1")).name, "card-tf1");
  } finally {
    Object.assign(Deno, { readDir, openSync });
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a model file is loaded by its path", async () => {
  const path = decodeURIComponent(new URL("p100-tf1.json", models).pathname);
  assertEquals(await loadDevice(path), await loadDevice("p100-tf1"));
});

Deno.test("a card without measurements is its specification alone", async () => {
  const specification = findSpecification("h100")!;
  assertEquals(await loadDevice("h100"), { name: "h100", runtime: unfused, specification, model: null });
});

Deno.test("an unknown device is refused with the nearest names", async () => {
  const refusal = async (name: string) => (await assertRejects(() => loadDevice(name), DeviceError)).message;
  const rest = "`deno task devices` lists all, or give a model file (.json)";
  assertEquals(
    await refusal("v100-tf2"),
    `Unknown device "v100-tf2"; nearest: v100-tf1, p100-tf1, v100-tensorrt. ${rest}`,
  );
  // Not a whole word of v100, but the beginning of its first.
  assertEquals(await refusal("v10"), `Unknown device "v10"; nearest: v100, v100-tf1, v100-pcie. ${rest}`);
  assertEquals(await refusal("h20"), `Unknown device "h20"; nearest: h200, h200-ort, h100. ${rest}`);
});

Deno.test("a model file that is not there is refused", async () => {
  const error = await assertRejects(() => loadDevice("no/such.json"), ModelFileError);
  assertEquals(error.message, "no/such.json: cannot be read (NotFound); give an existing model file");
});

Deno.test("a device's name is a card and a runtime; what is known of neither is null and unfused", () => {
  const read = (name: string) => {
    const { specification, runtime } = readDeviceName(name);
    return [specification?.name ?? null, runtime.name];
  };
  assertEquals(read("v100-tf1"), ["v100", "tf1"]);
  assertEquals(read("v100-32gb-tensorrt"), ["v100", "tensorrt"]);
  assertEquals(read("raptor-lake-pytorch"), ["raptor-lake", "pytorch"]);
  assertEquals(read("v100"), ["v100", "unfused"]);
  assertEquals(read("v1000-tf1"), [null, "tf1"]);
  assertEquals(read("my-gpu"), [null, "unfused"]);
});

Deno.test("a model of an unknown card and runtime is a device without specification that fuses nothing", async () => {
  const { model } = await loadDevice("v100-tf1");
  const mine: ModelFile = { ...model!, device: "mine", specification: "abacus", runtime: "beads" };
  assertEquals(deviceOf(mine), { name: "mine", runtime: unfused, specification: null, model: mine });
  const other = deviceOf({ ...mine, specification: null, runtime: "tensorrt" });
  assertEquals([other.specification, other.runtime], [null, findRuntime("tensorrt")!]);
});
