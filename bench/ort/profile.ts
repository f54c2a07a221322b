/**
 * ONNX Runtime's own profile of a session: how long each executed node took in each run.
 *
 * On the CPU `kernel_time` is the node's work; on CUDA and WebGPU it is the host's launch, and says nothing of the device.
 *
 * @module
 */

interface ProfileEvent {
  readonly name: string;
  readonly cat?: string;
  /** Microseconds, whole. */
  readonly dur: number;
  readonly ts: number;
}

/** A session's profile: each node's times in the order of the runs. */
export interface Profile {
  /** By the executed node's name, in ms; as many as runs. */
  readonly nodes: ReadonlyMap<string, readonly number[]>;
  /** How many runs were recorded. */
  readonly runs: number;
}

const suffix = "_kernel_time";
/** The runtime cuts a duration off to whole microseconds: half of one is lost on average. */
const cutOffUs = 0.5;

/**
 * Reads a profile's JSON.
 *
 * @throws {RangeError} When a node did not run as often as the session.
 */
export function readProfile(text: string): Profile {
  const events: readonly ProfileEvent[] = JSON.parse(text);
  const runs = events.filter(({ name }) => name === "model_run").length;
  const nodes = new Map<string, number[]>();
  for (const { name, cat, dur } of events.filter(({ name }) => name.endsWith(suffix)).sort((a, b) => a.ts - b.ts)) {
    if (cat !== "Node") continue;
    const node = name.slice(0, -suffix.length);
    const times = nodes.get(node);
    const ms = (dur + cutOffUs) / 1000;
    if (times === undefined) nodes.set(node, [ms]);
    else times.push(ms);
  }
  for (const [name, times] of nodes) {
    if (times.length % runs !== 0) {
      throw new RangeError(`Node ${name} ran ${times.length} times in ${runs} runs; the profile is not whole`);
    }
    // Two nodes of one name: their times in a run are one.
    const each = times.length / runs;
    if (each > 1) {
      nodes.set(
        name,
        Array.from({ length: runs }, (_, run) => times.slice(run * each, (run + 1) * each).reduce((a, b) => a + b)),
      );
    }
  }
  return { nodes, runs };
}

/** The profile that a session wrote: the newest file of its prefix in its folder. It is removed. */
export async function takeProfile(folder: string, prefix: string): Promise<Profile> {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.startsWith(prefix)).sort();
  const path = `${folder}/${names.at(-1)}`;
  const profile = readProfile(await Deno.readTextFile(path));
  await Deno.remove(path);
  return profile;
}
