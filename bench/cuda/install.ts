/**
 * Puts the CUDA provider and what it needs in place.
 *
 * @module
 */
import { cudaLibraries, exists, findIn, type Found, joinFolders, missingPackages, placesHere } from "./libraries.ts";
import { providerLibraries } from "./libraries.ts";
import { download, extract, type Wanted } from "./pip.ts";

const config = `${import.meta.dirname}/../deno.json`;

/** Where CUDA libraries are kept by default. */
export const cacheFolder = decodeURIComponent(new URL("../../.cache/cuda", import.meta.url).pathname);

/** Where the installed runtime is. */
export interface Runtime {
  readonly version: string;
  /** The folder of libonnxruntime.so.1, in which the runtime looks for providers. */
  readonly folder: string;
}

/** The onnxruntime-node that Deno resolves; downloads it where it is not cached yet. */
export async function findRuntime(): Promise<Runtime> {
  if (Deno.build.target !== "x86_64-unknown-linux-gnu") {
    throw new Error(`CUDA needs Linux on x86-64, this is ${Deno.build.target}; measure with --provider webgpu or cpu`);
  }
  const probe = `${import.meta.dirname}/probe.ts`;
  const { success } = await new Deno.Command(Deno.execPath(), { args: ["cache", "-q", "--config", config, probe] })
    .output();
  const module = import.meta.resolve("onnxruntime-node");
  // Where a package begins is not in its module's address.
  for (let folder = new URL(".", module); folder.pathname !== "/"; folder = new URL("..", folder)) {
    if (!await exists(new URL("package.json", folder).pathname)) continue;
    const { name, version } = JSON.parse(await Deno.readTextFile(new URL("package.json", folder)));
    if (name === "onnxruntime-node") return { version, folder: await libraryFolder(folder.pathname) };
  }
  const reason = success ? `not found at ${module}` : "it cannot be downloaded";
  throw new Error(
    `onnxruntime-node is not there: ${reason}; run \`deno cache --config bench/deno.json bench/cuda/probe.ts\``,
  );
}

/** The folder of the runtime's library for Linux on x86-64 in an onnxruntime-node's folder that ends in a slash. */
export async function libraryFolder(packageFolder: string): Promise<string> {
  // The folder between is named for the version of Node's interface, which changes.
  for await (const { name } of Deno.readDir(`${packageFolder}bin`)) {
    const folder = `${packageFolder}bin/${name}/linux/x64`;
    if (await exists(`${folder}/libonnxruntime.so.1`)) return folder;
  }
  throw new Error(`${packageFolder}bin has no linux/x64/libonnxruntime.so.1; remove that folder and run again`);
}

/** The provider's libraries that a folder lacks. */
export async function missingProvider(folder: string): Promise<string[]> {
  const there = await Promise.all(providerLibraries.map((name) => exists(`${folder}/${name}`)));
  return providerLibraries.filter((_, i) => !there[i]);
}

/** Downloads the provider of exactly the runtime's version into a folder; `tell` gets lines of progress. */
export async function bringProvider({ version, folder }: Runtime, tell: (line: string) => void): Promise<void> {
  // The package for Python holds the two libraries that the one for Node leaves out.
  const wanted = { requirement: `onnxruntime-gpu==${version}`, megabytes: 247 };
  await bring([wanted], `onnxruntime/capi/(${providerLibraries.join("|")})$`.replaceAll(".", "\\."), folder, tell);
  const missing = await missingProvider(folder);
  if (missing.length > 0) {
    throw new Error(`onnxruntime-gpu ${version} holds no ${missing.join(", ")}; CUDA cannot be set up`);
  }
}

/** Downloads the packages of CUDA libraries that are missing into `cache`/lib; `tell` gets lines of progress. */
export async function bringLibraries(found: Found, cache: string, tell: (line: string) => void): Promise<void> {
  const wanted = missingPackages(found)
    .map(({ name, versions, megabytes }) => ({ requirement: `${name}${versions}`, megabytes }));
  await bring(wanted, "/lib/[^/]+\\.so[.0-9]*$", `${cache}/lib`, tell);
}

async function bring(
  wanted: readonly Wanted[],
  pattern: string,
  folder: string,
  tell: (line: string) => void,
): Promise<void> {
  if (wanted.length === 0) return;
  const total = wanted.reduce((sum, { megabytes }) => sum + megabytes, 0);
  tell(`Downloading ${total} MB: ${wanted.map(({ requirement }) => requirement).join(", ")}`);
  await Deno.mkdir(folder, { recursive: true });
  // On the same disk as where the files will be: it has the space, or this fails early.
  const temporary = await Deno.makeTempDir({ dir: folder, prefix: "download." });
  try {
    const began = Date.now();
    let told = 0;
    const wheels = await download(wanted, temporary, (megabytes) => {
      // A line each 5 s, which a log bears too.
      if (Date.now() - began < 5000 * (told + 1)) return;
      told++;
      tell(`  ${Math.round(megabytes)} of ${total} MB, ${Math.round((Date.now() - began) / 1000)} s`);
    });
    for (const wheel of wheels) {
      const names = await extract(wheel, pattern, folder);
      tell(`  ${names.join(", ")}`);
      await Deno.remove(wheel);
    }
  } finally {
    await Deno.remove(temporary, { recursive: true });
  }
}

/**
 * Where this machine has CUDA libraries. What was found is kept in `cache`/found.json and is used again as long as the files are there
 * and nothing is missing.
 */
export async function findLibraries(cache: string): Promise<Found> {
  const file = `${cache}/found.json`;
  try {
    const kept: Found = JSON.parse(await Deno.readTextFile(file));
    const there = await Promise.all(
      cudaLibraries.map((name) => kept[name] === null || exists(`${kept[name]}/${name}`)),
    );
    if (there.every((is) => is)) return kept;
  } catch {
    // None, or not ours.
  }
  const found = await findIn(await placesHere(cache));
  await keepFound(found, cache);
  return found;
}

/** Keeps what was found, for {@linkcode findLibraries}. */
export async function keepFound(found: Found, cache: string): Promise<void> {
  const file = `${cache}/found.json`;
  try {
    await Deno.mkdir(cache, { recursive: true });
    const temporary = `${file}.${crypto.randomUUID().slice(0, 8)}.tmp`;
    await Deno.writeTextFile(temporary, `${JSON.stringify(found, null, 1)}\n`);
    await Deno.rename(temporary, file);
  } catch {
    // A folder that cannot be written costs a search each time.
  }
}

/** The value of LD_LIBRARY_PATH with which a process finds every CUDA library that this machine has; may be empty. */
export async function libraryPath(cache: string): Promise<string> {
  return joinFolders(await findLibraries(cache));
}
