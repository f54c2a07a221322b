/**
 * `deno run -A bench/bundle.ts --out DIR`: packs all that measuring needs for a host without a network: Deno, the project, its packages,
 * and on request the CUDA provider.
 *
 * There: `sh unpack.sh`, then `neuralpower/deno.sh run -A --cached-only bench/sweep.ts --provider cpu` in `neuralpower/project`.
 *
 * @module
 */
import { type Command, runCommand, UsageError } from "../lib/commands/cli.ts";
import { bringProvider, findRuntime, libraryFolder, missingProvider } from "./cuda/install.ts";
import { exists, providerLibraries } from "./cuda/libraries.ts";
import { keepArchitecture } from "./cuda/one_architecture.ts";
import { packFolder } from "./bundle_pieces.ts";

const root = decodeURIComponent(new URL("..", import.meta.url).pathname);

/** What the bundle's folder is called. */
const top = "neuralpower";

/** Runs the Deno that lies beside it, with the packages that lie beside it. */
const launcher = `#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
export DENO_DIR="$here/deno_dir" DENO_NO_UPDATE_CHECK=1 PATH="$here/bin:$PATH"
exec "$here/bin/deno" "$@"
`;

const command: Command = {
  name: "bundle",
  call: "deno run -A bench/bundle.ts",
  takes: "--out DIR",
  summary: "Packs Deno, this project and its packages for a host without a network.",
  options: {
    out: { value: "DIR", help: "folder for the pieces" },
    "piece-mb": { value: "N", help: "size of a piece at most, MB (45)" },
    provider: { value: "NAME", help: "cpu (default) or cuda: the CUDA provider too, 180 MB more" },
    architecture: { value: "N", help: "with cuda: code for one GPU architecture alone, 90 for sm_90; 50 MB instead" },
    "dry-run": { help: "only tell what would be packed" },
  },
  examples: [
    "deno run -A bench/bundle.ts --out /media/stick",
    "deno run -A bench/bundle.ts --out b --provider cuda --architecture 90",
  ],
  run: async (args) => {
    if (args.positional.length > 0) {
      throw new UsageError(`Unknown argument ${args.positional[0]}; bundle takes options only`);
    }
    const out = args.text("out");
    if (out === undefined) throw new UsageError("--out is missing: --out DIR, a folder for the pieces");
    const pieceMb = args.whole("piece-mb") ?? 45;
    const provider = args.choice("provider", ["cpu", "cuda"]) ?? "cpu";
    const architecture = args.whole("architecture");
    if (architecture !== undefined && provider !== "cuda") {
      throw new UsageError("--architecture is of the CUDA provider; add --provider cuda, or leave it out");
    }
    const files = await projectFiles(root);
    const sizes = await Promise.all(files.map(async (file) => (await Deno.stat(`${root}${file}`)).size));
    const mb = (bytes: number) => Math.round(bytes / 1e6);
    const tell = (line: string) => console.error(line);
    tell(`Deno ${Deno.version.deno}: ${mb((await Deno.stat(Deno.execPath())).size)} MB`);
    tell(`Project: ${files.length} files, ${mb(sizes.reduce((sum, size) => sum + size, 0))} MB`);
    tell(`Packages: about 52 MB${provider === "cuda" ? `; CUDA provider: 272 MB` : ""}`);
    if (args.flag("dry-run")) return 0;
    const stage = await Deno.makeTempDir({ prefix: "bundle." });
    try {
      const began = Date.now();
      await fill(`${stage}/${top}`, files, { provider, architecture }, tell);
      tell("Packing");
      const { pieces, bytes } = await packFolder(`${stage}/${top}`, out, pieceMb * 1e6);
      const seconds = Math.round((Date.now() - began) / 1000);
      console.log(
        `Wrote ${pieces.length} pieces, ${mb(bytes)} MB, ${seconds} s; on the other host: sh ${out}/unpack.sh`,
      );
    } finally {
      await Deno.remove(stage, { recursive: true });
    }
    return 0;
  },
};

/** A project's files below a folder that ends in a slash: all that git does not ignore; without git all but hidden folders. */
export async function projectFiles(folder: string): Promise<string[]> {
  let files: string[];
  try {
    const { success, stdout } = await new Deno.Command("git", {
      args: ["-C", folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
      stderr: "null",
    }).output();
    if (!success) throw new Deno.errors.NotFound("no repository");
    files = new TextDecoder().decode(stdout).split("\0").filter((file) => file !== "");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    files = await walk(folder, "");
  }
  // git lists what was removed but not yet committed, too.
  const there = await Promise.all(files.map((file) => exists(`${folder}${file}`)));
  return files.filter((_, i) => there[i]).sort();
}

async function walk(root: string, below: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory, isFile } of Deno.readDir(`${root}${below}`)) {
    if (isFile && !name.endsWith(".tmp")) files.push(`${below}${name}`);
    const skipped = name.startsWith(".") || name === "coverage" || name === "node_modules";
    if (isDirectory && !skipped) files.push(...await walk(root, `${below}${name}/`));
  }
  return files;
}

async function fill(
  folder: string,
  files: readonly string[],
  { provider, architecture }: { readonly provider: "cpu" | "cuda"; readonly architecture?: number },
  tell: (line: string) => void,
): Promise<void> {
  if (Deno.build.target !== "x86_64-unknown-linux-gnu") {
    throw new Error(`A bundle is made on Linux on x86-64, for the same; this is ${Deno.build.target}`);
  }
  await Deno.mkdir(`${folder}/bin`, { recursive: true });
  await Deno.copyFile(Deno.execPath(), `${folder}/bin/deno`);
  await Deno.chmod(`${folder}/bin/deno`, 0o755);
  await Deno.writeTextFile(`${folder}/deno.sh`, launcher, { mode: 0o755 });
  for (const file of files) {
    const to = `${folder}/project/${file}`;
    await Deno.mkdir(to.slice(0, to.lastIndexOf("/")), { recursive: true });
    await Deno.copyFile(`${root}${file}`, to);
  }
  tell("Downloading packages");
  const packages = `${folder}/deno_dir/npm`;
  await cachePackages(`${folder}/project`, `${folder}/deno_dir`, files);
  const runtime = await slim(packages);
  if (provider === "cuda") {
    const here = await findRuntime();
    if ((await missingProvider(here.folder)).length > 0) await bringProvider({ ...here, folder: runtime }, tell);
    else for (const name of providerLibraries) await Deno.copyFile(`${here.folder}/${name}`, `${runtime}/${name}`);
    if (architecture !== undefined) {
      const path = `${runtime}/${providerLibraries[1]}`;
      const library = await Deno.readFile(path);
      tell(`Leaving out ${Math.round(keepArchitecture(library, architecture) / 1e6)} MB of code for other GPUs`);
      await Deno.writeFile(path, library);
    }
  }
}

/** Fills a fresh cache with what the commands and all of bench import. */
async function cachePackages(project: string, cache: string, files: readonly string[]): Promise<void> {
  const modules = (folder: string) => files.filter((file) => file.startsWith(folder) && file.endsWith(".ts"));
  const entries: [string, string[]][] = [
    ["deno.json", ["mod.ts", "lib/commands/main.ts"]],
    ["bench/deno.json", modules("bench/")],
  ];
  // The cache is sorted by the registry's address, and the other host knows the default one only.
  const { NPM_CONFIG_REGISTRY: _registry, ...env } = Deno.env.toObject();
  for (const [config, modules] of entries) {
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["cache", "-q", "--config", config, ...modules],
      cwd: project,
      clearEnv: true,
      env: { ...env, DENO_DIR: cache, HOME: cache, NO_COLOR: "1" },
    }).output();
    if (success) continue;
    const reason = new TextDecoder().decode(stderr).trim().split("\n")[0];
    throw new Error(
      `Packages of ${config} could not be downloaded: ${reason}; see that the default registry is reached`,
    );
  }
  // The rest are compiled copies, which Deno makes again.
  for await (const { name } of Deno.readDir(cache)) {
    if (name !== "npm") await Deno.remove(`${cache}/${name}`, { recursive: true });
  }
}

/** Removes what ONNX Runtime has for other systems, and gives its library's folder. */
async function slim(packages: string): Promise<string> {
  for await (const registry of Deno.readDir(packages)) {
    const runtimes = `${packages}/${registry.name}/onnxruntime-node`;
    for await (const version of Deno.readDir(runtimes)) {
      if (!version.isDirectory) continue;
      const folder = await libraryFolder(`${runtimes}/${version.name}/`);
      const systems = folder.slice(0, -"/linux/x64".length);
      for await (const { name } of Deno.readDir(systems)) {
        if (name !== "linux") await Deno.remove(`${systems}/${name}`, { recursive: true });
      }
      await Deno.remove(`${systems}/linux/arm64`, { recursive: true }).catch(() => {});
      return folder;
    }
  }
  throw new Error("onnxruntime-node is not among the packages; see that bench/deno.json imports it");
}

if (import.meta.main) Deno.exit(await runCommand(command, Deno.args));
