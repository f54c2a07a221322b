/**
 * Measures one executed node by itself: models of K copies of it, each with weights of its own, run with default session options, and
 * the time of a run against K is a line whose slope is the time of one copy. The call, the input's way to the device and the sinks are
 * in the intercept. This needs nothing but a clock, so it works on any provider; it is the set-up for CUDA and WebGPU, where ONNX
 * Runtime's profile sees the launches only.
 *
 * A lone layer finds more of its data in the caches than in a network, so on the CPU `profile_network.ts`, which reads the runtime's
 * profile of whole networks, is the better set-up; `setups.ts` measures by how much.
 *
 * In each trial every number of copies runs back to back for a window, in random order; the smallest time of a run counts, for on a
 * shared machine disturbances only ever add.
 *
 * @module
 */
import type { Tensor } from "onnxruntime-node";
import type { Node } from "neuralpower";
import type { Provider } from "./ort/session.ts";
import type { PowerMeter } from "./power/meter.ts";
import { LOAD_MS } from "./power/window.ts";
import { Random } from "./random.ts";
import { chooseCopies, type CopiesOptions, fitLine, fitSlope, type SlopeFit } from "./slope_fit.ts";
import { type SessionPower, sessionPower } from "./slope_power.ts";
import { CopiesSession, modelBytes, nodeTitle, weightBytes } from "./slope_session.ts";

/** How to measure a node. */
export interface MeasureOptions {
  readonly provider: Provider;
  /** Reads the power in a thread or process of its own, since runs block this one; none by default. */
  readonly meter?: PowerMeter | null;
  /** The most copies in a model; 64 by default. */
  readonly maxCopies?: number;
  /** Memory that all models may take together, MiB; 2048 by default. */
  readonly memoryMiB?: number;
  /** How long to run for the power, ms; {@linkcode LOAD_MS} by default. */
  readonly powerMs?: number;
  /** `"all"` by default, as the runtime's; `"disabled"` for comparison only. */
  readonly optimization?: "disabled" | "all";
}

/** A node's measurement. */
export interface NodeMeasurement {
  /** Time of the node, ms: the median of the trials' slopes. */
  readonly ms: number;
  /** Standard deviation of the trials' slopes, ms. */
  readonly spreadMs: number;
  /** What a run takes without the node, ms. */
  readonly interceptMs: number;
  /** Of the line; the median of the trials. */
  readonly r2: number;
  /** The numbers of copies timed, ascending. */
  readonly copies: readonly number[];
  /** How many trials. */
  readonly trials: number;
  /** False when the times are no line, even when measured again with more copies; `note` says why. */
  readonly straight: boolean;
  /** Mean power of the device while the node runs and nothing else, W; null without a meter, or when unreadable. */
  readonly powerW: number | null;
  /** Standard deviation of the power while it was read, W. */
  readonly powerWSpread: number | null;
  /** Energy of one execution, mJ: power × time. */
  readonly energyMj: number | null;
  /** From the spreads of power and time, mJ. */
  readonly energyMjSpread: number | null;
  /** What to know about it: why something is null or not straight; empty when there is nothing. */
  readonly note: string;
}

/** How long to time. */
interface Pace {
  /** One number of copies runs for so long in a trial, ms. */
  readonly windowMs: number;
  /** No fewer trials than the first, and more until this has passed, ms. */
  readonly trials: { readonly least: number; readonly most: number; readonly ms: number };
  /** The largest model should take so much longer than the smallest, ms, and so large a share of the intercept. */
  readonly rise: { readonly leastMs: number; readonly leastShare: number };
}

/** On a CPU whatever else the machine does disturbs a run. */
const cpuPace: Pace = {
  windowMs: 20,
  trials: { least: 3, most: 5, ms: 400 },
  rise: { leastMs: 1, leastShare: 0.5 },
};
/** A GPU that nobody else uses repeats its smallest times within a microsecond. */
const gpuPace: Pace = {
  windowMs: 8,
  trials: { least: 3, most: 5, ms: 120 },
  rise: { leastMs: 0.15, leastShare: 0.25 },
};
/** The numbers of copies are multiplied by this at most. */
const mostFactor = 8;
/** Longer copies are not measured again with more of them, nor those with more weights, which take seconds to make. */
const longCopyMs = 20, heavyBytes = 2 ** 25;
/** A load's runs may differ from the line by this share, and the call have this share of them, before it is worth a note. */
const mostDrift = 0.1, mostCall = 0.2;
/** The format's files end at 2 GiB. */
const fileBytes = 1.9 * 2 ** 30;

/**
 * Measures a node's time, and its power where there is a meter.
 *
 * @throws {Error} With one line when two copies do not fit into the memory, or the runtime does not open or run a model of it.
 * @throws {RangeError} When ONNX cannot express it: a view, or another pass than forward.
 */
export async function measureNode(node: Node, options: MeasureOptions): Promise<NodeMeasurement> {
  const { meter = null, maxCopies = 64, memoryMiB = 2048, powerMs = LOAD_MS } = options;
  const bounds = {
    bytes: { memory: memoryMiB * 2 ** 20, ...modelBytes(node) },
    most: Math.min(maxCopies, Math.floor(fileBytes / Math.max(weightBytes(node), 1))),
  };
  if (chooseCopies(bounds).length < 2) {
    const { copy, model } = bounds.bytes;
    throw new Error(
      `${nodeTitle(node)} needs models of one and of two copies, which take ${
        ((3 * copy + 2 * model) / 2 ** 20).toFixed(1)
      } MiB; ` +
        `at most ${bounds.most} copies in ${memoryMiB} MiB are allowed`,
    );
  }
  const pace = options.provider === "cpu" ? cpuPace : gpuPace;
  const tensors = new Map<string, Tensor>();
  const sessions = new Map<number, CopiesSession>();
  /** Holds sessions of just these numbers of copies. Returns a warm run's time of each, ms. */
  const hold = async (copies: readonly number[]): Promise<number[]> => {
    for (const [number, session] of sessions) {
      if (copies.includes(number)) continue;
      sessions.delete(number);
      await session.release();
    }
    const runMs: number[] = [];
    for (const number of copies) {
      if (!sessions.has(number)) sessions.set(number, await CopiesSession.open(node, number, options, tensors));
      runMs.push(await sessions.get(number)!.warmUp());
    }
    return runMs;
  };

  try {
    const [runMs] = await hold([1]);
    const first = chooseCopies({ ...bounds, runMs });
    const factor = neededFactor(first, await hold(first), pace);
    let found = await timeCopies(
      factor === 1 ? first : chooseCopies({ ...bounds, runMs, factor }),
      hold,
      sessions,
      pace,
    );
    if (!found.fit.straight) {
      const { copies, fit } = found;
      const longer = { runMs: fit.ms > longCopyMs ? fit.ms : 0, factor: copies.length < 4 ? 1 : 2 * copies[0] };
      const more = weightBytes(node) > heavyBytes ? copies : chooseCopies({ ...bounds, ...longer });
      const again = await timeCopies(more, hold, sessions, pace);
      if (again.fit.straight || again.fit.r2 >= fit.r2) found = again;
    }
    const { fit: { ms, spreadMs, interceptMs, r2, straight }, copies } = found;
    const notes = straight ? [] : [`Not a straight line: ${found.fit.note}`];
    let power: SessionPower | null = null;
    if (meter !== null) {
      const loaded = copiesOfLoad(copies[copies.length - 1], found.fit, bounds);
      await hold([loaded]);
      power = await sessionPower(sessions.get(loaded)!, meter, powerMs);
      notes.push(...powerNotes(power, found.fit, loaded));
    }
    const powerW = power?.powerW ?? null, powerWSpread = power?.spreadW ?? null;
    const known = powerW !== null && ms > 0;
    return {
      ...{ ms, spreadMs, interceptMs, r2, copies, trials: found.trials, straight, powerW, powerWSpread },
      energyMj: known ? powerW * ms : null,
      // Of a product of independent factors: √((P σt)² + (t σP)²)
      energyMjSpread: known && powerWSpread !== null ? Math.hypot(powerW * spreadMs, ms * powerWSpread) : null,
      note: notes.join("; "),
    };
  } finally {
    for (const session of sessions.values()) await session.release().catch(() => {});
  }
}

/** By what to multiply the numbers of copies, so that the times rise far enough to be told from noise. */
function neededFactor(copies: readonly number[], runMs: readonly number[], { rise }: Pace): number {
  const { slope, intercept } = fitLine(copies, runMs);
  const wanted = Math.max(rise.leastMs, rise.leastShare * intercept);
  const risen = slope * copies[copies.length - 1];
  return risen > 0 ? 2 ** Math.ceil(Math.log2(Math.min(Math.max(wanted / risen, 1), mostFactor))) : mostFactor;
}

/** So many times the largest number of copies that the call is a small share of a run, as far as the bounds allow. */
function copiesOfLoad(
  largest: number,
  { ms, interceptMs }: SlopeFit,
  { most, bytes: { memory, copy, model } }: { readonly most: number; readonly bytes: CopiesOptions["bytes"] },
): number {
  const fits = (copies: number) => copies <= most && copies * copy + model <= memory;
  let copies = largest;
  while (ms > 0 && interceptMs > mostCall * (interceptMs + copies * ms) && fits(2 * copies)) copies *= 2;
  return copies;
}

/** The line of some numbers of copies. */
async function timeCopies(
  copies: readonly number[],
  hold: (copies: readonly number[]) => Promise<unknown>,
  sessions: ReadonlyMap<number, CopiesSession>,
  { trials, windowMs }: Pace,
): Promise<{ readonly copies: readonly number[]; readonly fit: SlopeFit; readonly trials: number }> {
  await hold(copies);
  const times: number[][] = [];
  const begin = performance.now();
  while (times.length < trials.least || times.length < trials.most && performance.now() - begin < trials.ms) {
    const timed = new Map<number, number>();
    for (const number of new Random(times.length).shuffled(copies)) {
      timed.set(number, await sessions.get(number)!.windowAfterOthers(windowMs));
    }
    times.push(copies.map((number) => timed.get(number)!));
  }
  return { copies, fit: fitSlope(copies, times), trials: times.length };
}

/** What to know about the power of a load of `copies`. */
function powerNotes({ powerW, runMs, note }: SessionPower, { ms, interceptMs }: SlopeFit, copies: number): string[] {
  const notes = note === "" ? [] : [note];
  if (powerW === null || runMs === null) return notes;
  const expected = interceptMs + copies * ms;
  const percent = (share: number) => `${(share * 100).toFixed(0)} %`;
  if (Math.abs(runMs / expected - 1) > mostDrift) {
    notes.push(`While power was read, a run took ${percent(runMs / expected)} of the time that the line gives`);
  }
  if (interceptMs / expected > mostCall) {
    notes.push(`${percent(interceptMs / expected)} of the time in which power was read was the call's, not the node's`);
  }
  return notes;
}
