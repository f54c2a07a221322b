/**
 * Which CUDA libraries ONNX Runtime's CUDA provider needs, where they come from, and where this machine has them.
 *
 * @module
 */

/** The two files of the CUDA provider, in the order in which they are put in place. */
export const providerLibraries = ["libonnxruntime_providers_shared.so", "libonnxruntime_providers_cuda.so"] as const;

/** The driver's own library: it comes with NVIDIA's driver and from nowhere else. */
export const driverLibrary = "libcuda.so.1";

/** A Python package that holds CUDA libraries. */
export interface CudaPackage {
  /** As pip calls it. */
  readonly name: string;
  /**
   * Versions that fit, as pip writes them. Those of CUDA 13.0, the oldest that the provider takes: what a newer NVRTC compiles, the
   * driver of CUDA 13.0 may not load.
   */
  readonly versions: string;
  /** Size of the download, MB, about. */
  readonly megabytes: number;
  /** The libraries that the provider opens, by the names it opens them by. */
  readonly libraries: readonly string[];
}

/** What the provider needs, in an order in which each library loads after those that it needs itself. */
export const cudaPackages: readonly CudaPackage[] = [
  { name: "nvidia-cuda-runtime", versions: "==13.0.*", megabytes: 2, libraries: ["libcudart.so.13"] },
  {
    name: "nvidia-cublas",
    versions: ">=13.0,<13.2",
    megabytes: 423,
    libraries: ["libcublasLt.so.13", "libcublas.so.13"],
  },
  { name: "nvidia-curand", versions: "==10.4.0.*", megabytes: 60, libraries: ["libcurand.so.10"] },
  { name: "nvidia-nvjitlink", versions: "==13.0.*", megabytes: 41, libraries: ["libnvJitLink.so.13"] },
  { name: "nvidia-cufft", versions: "==12.0.*", megabytes: 214, libraries: ["libcufft.so.12"] },
  { name: "nvidia-cuda-nvrtc", versions: "==13.0.*", megabytes: 90, libraries: ["libnvrtc.so.13"] },
  { name: "nvidia-cudnn-cu13", versions: ">=9.10,<10", megabytes: 517, libraries: ["libcudnn.so.9"] },
];

/** Every library of {@linkcode cudaPackages}. */
export const cudaLibraries: readonly string[] = cudaPackages.flatMap(({ libraries }) => libraries);

/** A library's name to the folder that has it; null where the loader finds it by itself. Those that are missing are absent. */
export type Found = Readonly<Record<string, string | null>>;

/** Where libraries are looked for. */
export interface Places {
  /** Libraries that the loader finds by itself. */
  readonly loader: ReadonlySet<string>;
  /** Folders, the preferred first. */
  readonly folders: readonly string[];
}

/** Finds each of the CUDA libraries in the first place that has it. */
export async function findIn({ loader, folders }: Places): Promise<Found> {
  const found: Record<string, string | null> = {};
  for (const library of cudaLibraries) {
    const folder = await first(folders, (folder) => exists(`${folder}/${library}`));
    if (folder !== undefined) found[library] = folder;
    else if (loader.has(library)) found[library] = null;
  }
  return found;
}

/** The packages that hold what was not found. */
export function missingPackages(found: Found): CudaPackage[] {
  return cudaPackages.filter(({ libraries }) => libraries.some((library) => !Object.hasOwn(found, library)));
}

/** The folders to look in, for LD_LIBRARY_PATH: what the user has set comes first, and no folder twice. */
export function joinFolders(found: Found, already = Deno.env.get("LD_LIBRARY_PATH") ?? ""): string {
  const folders = Object.values(found).filter((folder) => folder !== null);
  return [...new Set([...already.split(":"), ...folders])].filter((folder) => folder !== "").join(":");
}

/** Where this machine may have CUDA libraries; `cache` is the folder that they are downloaded into. */
export async function placesHere(cache: string): Promise<Places> {
  const folders = (Deno.env.get("LD_LIBRARY_PATH") ?? "").split(":").filter((folder) => folder !== "");
  // Python's packages: one folder for each part of CUDA, or one for all, by version.
  const python = await output("python3", ["-c", "import nvidia; print('\\n'.join(nvidia.__path__))"]);
  for (const root of python.split("\n").filter((line) => line !== "")) {
    folders.push(...(await subfolders(root)).map((name) => `${root}/${name}/lib`));
  }
  const toolkits = (await subfolders("/usr/local")).filter((name) => /^cuda(-13[.\d]*)?$/.test(name));
  folders.push(...toolkits.map((name) => `/usr/local/${name}/lib64`), `${cache}/lib`);
  return { loader: loaderLibraries(await ldconfig()), folders };
}

/** The x86-64 libraries in what `ldconfig -p` prints. */
export function loaderLibraries(text: string): Set<string> {
  const lines = text.matchAll(/^\s*(\S+) \(([^)]*)\) => /gm);
  return new Set([...lines].filter(([, , kind]) => kind.includes("x86-64")).map(([, name]) => name));
}

async function ldconfig(): Promise<string> {
  // In a user's PATH on some systems, not on others.
  return await output("ldconfig", ["-p"]) || await output("/sbin/ldconfig", ["-p"]);
}

/** What a program prints; nothing where it fails or is not there. */
async function output(program: string, args: string[]): Promise<string> {
  try {
    const { success, stdout } = await new Deno.Command(program, { args, stderr: "null" }).output();
    return success ? new TextDecoder().decode(stdout) : "";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

async function subfolders(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
  } catch {
    return [];
  }
}

/** Whether a file is there. */
export async function exists(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}

async function first<T>(values: readonly T[], test: (value: T) => Promise<boolean>): Promise<T | undefined> {
  for (const value of values) if (await test(value)) return value;
}
