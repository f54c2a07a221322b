/**
 * Stand-ins for tests: NVML's library compiled from `nvml_stand_in.c`, and an `nvidia-smi` that prints documented forms.
 *
 * @module
 */

/** Calls that the library can be told to refuse; add them up. */
export const REFUSE = { energy: 1, fields: 2, average: 4, init: 8 } as const;

/** A compiled stand-in library. */
export interface NvmlStandIn {
  /** The library's file. */
  readonly path: string;
  /** Says which calls fail from now on, in every thread. */
  refuse(calls: number): void;
  /** Unloads it. */
  close(): void;
}

let missing: string | null | undefined;

/** Whether the library cannot be made here; why is said once on the console. For a test's `ignore`. */
export function nvmlMissing(): boolean {
  if (missing === undefined) {
    missing = lacksPermission("ffi", "run", "write", "read") ?? lacksCompiler();
    if (missing !== null) console.log(`Tests of NVML by a stand-in library are skipped: ${missing}`);
  }
  return missing !== null;
}

/** Whether the stand-in program cannot run here. For a test's `ignore`. */
export function smiMissing(): boolean {
  return Deno.build.os !== "linux" || lacksPermission("run", "write", "read") !== null;
}

function lacksPermission(...names: ("ffi" | "run" | "write" | "read")[]): string | null {
  const name = names.find((name) => Deno.permissions.querySync({ name }).state !== "granted");
  return name === undefined ? null : `no --allow-${name}`;
}

function lacksCompiler(): string | null {
  if (Deno.build.os !== "linux") return "they need Linux";
  try {
    return new Deno.Command("cc", { args: ["--version"], stdout: "null", stderr: "null" }).outputSync().success
      ? null
      : "cc fails";
  } catch {
    return "no C compiler (cc)";
  }
}

/** Compiles the library into a folder. */
export function compileNvml(folder: string): NvmlStandIn {
  const path = `${folder}/libnvml_stand_in.so`;
  const source = new URL("./nvml_stand_in.c", import.meta.url).pathname;
  const args = ["-shared", "-fPIC", "-Wall", "-Werror", "-o", path, source];
  const { success, stderr } = new Deno.Command("cc", { args }).outputSync();
  if (!success) throw new Error(`The stand-in library does not compile: ${new TextDecoder().decode(stderr)}`);
  const library = Deno.dlopen(path, { stand_in_refuse: { parameters: ["i32"], result: "void" } });
  return { path, refuse: (calls) => library.symbols.stand_in_refuse(calls), close: () => library.close() };
}

/**
 * Cells of a row, as users posted them: power, clocks and temperature of Quake4/MindMiner issue 627, a mask in the form of
 * NVIDIA/nvidia-settings issue 80.
 */
export const POSTED: Readonly<Record<string, string>> = {
  "power.draw.instant": "228.82",
  "power.draw.average": "[N/A]",
  "power.draw": "228.82",
  "clocks.sm": "1560",
  "clocks.mem": "6800",
  "temperature.gpu": "56",
  "clocks_event_reasons.active": "0x0000000000000004",
  "utilization.gpu": "100",
  "enforced.power.limit": "210.00",
  "name": "GeForce RTX 2080 Ti",
  "driver_version": "442.19",
};

/**
 * Writes a program that answers a query as `nvidia-smi` does: rows with the present time, status 2 and the documented sentence for a
 * field that `cells` lacks, status 6 for another GPU than 0.
 *
 * @param ending Shell commands in place of the endless loop after the first row.
 */
export function writeSmi(folder: string, cells: Readonly<Record<string, string>>, ending = ""): string {
  const path = `${folder}/nvidia-smi`;
  const cases = Object.entries(cells).map(([field, cell]) => `    ${field}) line="$line, ${cell}" ;;`);
  const script = `#!/bin/sh
for arg in "$@"; do
  case "$arg" in
    --query-gpu=*) fields="\${arg#--query-gpu=}" ;;
    --loop-ms=*) loop=yes ;;
    --id=0) ;;
    --id=*) echo "No devices were found"; exit 6 ;;
  esac
done
IFS=,
for field in $fields; do
  case "$field" in
    timestamp) ;;
${cases.join("\n")}
    *) echo "Field \\"$field\\" is not a valid field to query."; exit 2 ;;
  esac
done
while :; do
  echo "$(date '+%Y/%m/%d %H:%M:%S.%3N')$line"
  [ -z "$loop" ] && exit 0
  ${ending}
  sleep 0.02
done
`;
  Deno.writeTextFileSync(path, script, { mode: 0o755 });
  return path;
}
