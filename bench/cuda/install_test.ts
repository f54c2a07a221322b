import { assertEquals, assertRejects } from "@std/assert";
import { findLibraries, keepFound, libraryFolder, missingProvider } from "./install.ts";
import { cudaLibraries, findIn, joinFolders, loaderLibraries, missingPackages } from "./libraries.ts";
import { download, extract } from "./pip.ts";

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function touch(path: string): Promise<void> {
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  await Deno.writeTextFile(path, "");
}

Deno.test("CUDA's libraries: each comes from the first folder that has it, and only packages of the rest are missing", () =>
  inFolder(async (folder) => {
    await touch(`${folder}/first/libcublas.so.13`);
    for (const name of ["libcublas.so.13", "libcublasLt.so.13"]) await touch(`${folder}/second/${name}`);
    const folders = [`${folder}/absent`, `${folder}/first`, `${folder}/second`];
    const found = await findIn({ folders, loader: new Set(["libcudart.so.13", "libcurand.so.10"]) });
    assertEquals(found, {
      "libcudart.so.13": null,
      "libcublasLt.so.13": `${folder}/second`,
      "libcublas.so.13": `${folder}/first`,
      "libcurand.so.10": null,
    });
    assertEquals(missingPackages(found).map(({ name }) => name), [
      "nvidia-nvjitlink",
      "nvidia-cufft",
      "nvidia-cuda-nvrtc",
      "nvidia-cudnn-cu13",
    ]);
    assertEquals(joinFolders(found, "/user::/user"), `/user:${folder}/second:${folder}/first`);
    assertEquals(joinFolders({}, ""), "");
  }));

Deno.test("CUDA's libraries: only x86-64 ones of ldconfig's list count", () => {
  const list = "3 libs found in cache `/etc/ld.so.cache'\n" +
    "\tlibcudart.so.13 (libc6,x86-64) => /usr/local/cuda/lib64/libcudart.so.13\n" +
    "\tlibcuda.so.1 (libc6) => /usr/lib32/libcuda.so.1\n" +
    "\tlibcudnn.so.9 (libc6,x86-64, OS ABI: Linux 3.2.0) => /usr/lib/libcudnn.so.9\n";
  assertEquals(loaderLibraries(list), new Set(["libcudart.so.13", "libcudnn.so.9"]));
});

Deno.test("CUDA's libraries: what was found is kept as long as the files are there", () =>
  inFolder(async (folder) => {
    for (const name of cudaLibraries) await touch(`${folder}/elsewhere/${name}`);
    const found = Object.fromEntries(cudaLibraries.map((name) => [name, `${folder}/elsewhere`]));
    await keepFound(found, `${folder}/cache`);
    assertEquals(await findLibraries(`${folder}/cache`), found);
    await Deno.remove(`${folder}/elsewhere/libcudnn.so.9`);
    assertEquals((await findLibraries(`${folder}/cache`))["libcudnn.so.9"] === `${folder}/elsewhere`, false);
  }));

Deno.test("CUDA's provider: the runtime's folder and what it lacks", () =>
  inFolder(async (folder) => {
    await touch(`${folder}/bin/napi-v9/linux/x64/libonnxruntime.so.1`);
    const runtime = await libraryFolder(`${folder}/`);
    assertEquals(runtime, `${folder}/bin/napi-v9/linux/x64`);
    await touch(`${runtime}/libonnxruntime_providers_shared.so`);
    assertEquals(await missingProvider(runtime), ["libonnxruntime_providers_cuda.so"]);
    await Deno.remove(`${runtime}/libonnxruntime.so.1`);
    await assertRejects(() => libraryFolder(`${folder}/`), Error, "remove that folder");
  }));

const python = await new Deno.Command("python3", { args: ["-m", "pip", "--version"], stdout: "null", stderr: "null" })
  .output().then(({ success }) => success, () => false);
const ignore = !python;

Deno.test({
  name: `A package's libraries are unpacked whole${ignore ? " (skipped: no python3 with pip)" : ""}`,
  ignore,
}, () =>
  inFolder(async (folder) => {
    const zip = "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1], 'w')\n" +
      "for name in ['nvidia/cu13/lib/liba.so.13', 'nvidia/cu13/include/a.h']: z.writestr(name, name)\nz.close()";
    await new Deno.Command("python3", { args: ["-c", zip, `${folder}/a.whl`] }).output();
    assertEquals(await extract(`${folder}/a.whl`, "/lib/[^/]+\\.so", `${folder}/to`), ["liba.so.13"]);
    assertEquals(await Deno.readTextFile(`${folder}/to/liba.so.13`), "nvidia/cu13/lib/liba.so.13");
    assertEquals((await Array.fromAsync(Deno.readDir(`${folder}/to`))).length, 1);
    await Deno.writeTextFile(`${folder}/broken.whl`, "not a zip");
    const { message } = await assertRejects(() => extract(`${folder}/broken.whl`, "so", `${folder}/to`), Error);
    assertEquals(message.split("\n").length, 1);
  }));

Deno.test({
  name: `A download that fails is told in one line${ignore ? " (skipped: no python3 with pip)" : ""}`,
  ignore,
}, () =>
  inFolder(async (folder) => {
    // A file that is not there needs no network to be refused.
    const wanted = [{ requirement: `${folder}/absent-1.0-py3-none-any.whl`, megabytes: 1 }];
    const { message } = await assertRejects(() => download(wanted, `${folder}/to`), Error, "pip could not download");
    assertEquals(message.split("\n").length, 1);
  }));
