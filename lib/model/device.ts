/**
 * A device: one card (or CPU) and one runtime, with its specification and its fitted models.
 *
 * @module
 */
import { findRuntime, type Runtime, runtimes, unfused } from "../runtimes.ts";
import { showsItself } from "../shows_itself.ts";
import type { ModelFile } from "./model.ts";
import { ModelFileError, readOwnModel } from "./model_check.ts";
import { findSpecification, type Specification, specifications } from "./specifications.ts";

/** What predictions are made for. */
export interface Device {
  /** `v100-tf1`; the card alone where nothing was fitted. */
  readonly name: string;
  /** What it fuses. */
  readonly runtime: Runtime;
  /** Null where the table of specifications has none: then only what was measured can be predicted. */
  readonly specification: Specification | null;
  /** Null where nothing was measured: then everything is analytical. */
  readonly model: ModelFile | null;
}

/** Where a device's models lie that this project ships. */
const modelsFolder = new URL("../../models/", import.meta.url);

/** Used where no device is named. */
export const defaultDevice = "h200-ort";

/** A device that nobody knows. The message has the nearest names. */
export class DeviceError extends RangeError {
  /** The class's name. */
  override readonly name = "DeviceError";
}

/** Makes a device of a model file's content. */
export function deviceOf(model: ModelFile): Device {
  return showsItself<Device>({
    name: model.device,
    runtime: findRuntime(model.runtime) ?? unfused,
    specification: model.specification === null ? null : findSpecification(model.specification) ?? null,
    model,
  });
}

/** Which card and runtime a device's name means: `v100-tf1` is the V100 with TensorFlow 1. */
export function readDeviceName(name: string): { specification: Specification | null; runtime: Runtime } {
  const known = specifications.filter(({ name: card }) => name === card || name.startsWith(`${card}-`));
  return {
    specification: known.sort((a, b) => b.name.length - a.name.length)[0] ?? null,
    runtime: runtimes.find((runtime) => name.endsWith(`-${runtime.name}`)) ?? unfused,
  };
}

/** Names of the devices with fitted models that this project ships. */
export async function shippedDevices(): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(modelsFolder)) {
    if (name.endsWith(".json")) names.push(name.slice(0, -".json".length));
  }
  return names.sort();
}

/**
 * Loads a device.
 *
 * @param name A shipped device (`v100-tf1`), a card (`v100`: the shipped device with the most kinds measured; without one, its
 * specification alone), or a model file's path ending in `.json`.
 * @param locate Where a model file's path leads; by default as it stands.
 * @throws {DeviceError} Unknown name, with the nearest known ones.
 * @throws {ModelFileError} A file that cannot be used.
 */
export async function loadDevice(name: string, locate: (path: string) => string = (path) => path): Promise<Device> {
  if (name.endsWith(".json")) return deviceOf(await readModelFile(locate(name), name));
  name = name.toLowerCase();
  if (name === defaultDevice) return deviceOf(readShipped(name));
  const devices = await devicesOfCard(name);
  if (devices.length > 0) return devices[0];
  const specification = findSpecification(name);
  if (specification !== undefined) return { name, runtime: unfused, specification, model: null };
  const { nearestNames } = await import("../nearest_names.ts");
  const nearest = await nearestNames(name, [...await shippedDevices(), ...specifications.map((known) => known.name)]);
  throw new DeviceError(
    `Unknown device "${name}"; nearest: ${
      nearest.join(", ")
    }. \`deno task devices\` lists all, or give a model file (.json)`,
  );
}

/**
 * The shipped devices that a name means: that of the name itself, else all of the card (`v100`), those with more kinds measured first.
 */
export async function devicesOfCard(name: string): Promise<Device[]> {
  const shipped = await shippedDevices();
  const names = shipped.includes(name) ? [name] : shipped.filter((device) => device.startsWith(`${name}-`));
  const devices = names.map((name) => deviceOf(readShipped(name)));
  return devices.sort(byKinds);
}

/** Devices with more kinds measured first. */
export function byKinds(a: Device, b: Device): number {
  const kinds = ({ model }: Device) => new Set(model?.fits.map(({ kind }) => kind)).size;
  return kinds(b) - kinds(a);
}

function readShipped(name: string): ModelFile {
  return readOwnModel(new URL(`${name}.json`, modelsFolder), `models/${name}.json`);
}

async function readModelFile(path: string, shown: string): Promise<ModelFile> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    throw new ModelFileError(shown, `cannot be read (${(error as Error).name}); give an existing model file`);
  }
  // The schema is loaded for a user's files alone: it takes longer than a prediction.
  return (await import("./model_file.ts")).parseModelFile(text, shown);
}
