/**
 * The networks that a sweep measures, in their order: those of the zoo and random ones, interleaved, so that any beginning of the list is a
 * balanced sample.
 *
 * @module
 */
import type { Dtype, NetworkDefinition } from "neuralpower/dsl";
import { networkOfZoo } from "../lib/networks_table.ts";
import { Random } from "./random.ts";
import { generator as first, randomNetwork } from "./random_network.ts";
import { generator as second, randomNetwork2 } from "./random_network_2.ts";

/** One network to measure. */
export interface Job {
  /** A file of `nets/` (`nets/alexnet.np.ts`) or the generator's seed (`random-1:7`): enough to build it again. */
  readonly source: string;
  readonly batch: number;
  /** Side of the square image; null for the network's own. */
  readonly image: number | null;
  readonly dtype: Dtype;
}

/** The generators of random networks by the name that sources have. */
const generators: Readonly<Record<string, (seed: number) => NetworkDefinition>> = {
  [first]: randomNetwork,
  [second]: randomNetwork2,
};

/** The zoo's networks, and the other image sizes that they take without changing their layers. */
const zoo: Readonly<Record<string, readonly number[]>> = {
  alexnet: [],
  cifar10_6conv: [],
  densenet121: [128, 160, 192],
  efficientnet_b0: [128, 192, 240],
  googlenet: [128, 160, 192],
  inception_v3: [],
  mobilenet_v2: [96, 128, 192],
  nin: [],
  overfeat: [],
  resnet50: [128, 160, 192],
  squeezenet1_1: [128, 160, 192],
  vgg16: [],
  resnet18: [128, 160, 192],
  mobilenet_v3_large: [96, 128, 192],
  efficientnet_v2_s: [128, 192, 240],
  convnext_tiny: [128, 160, 192],
  shufflenet_v2: [128, 160, 192],
  regnet_y_400mf: [128, 160, 192],
  vit_b_16: [96, 128, 160],
  swin_t: [],
  unet: [64, 96, 128],
  yolo_neck: [224, 320, 416],
};

/** The zoo's files. */
export const zooSources: readonly string[] = Object.keys(zoo).map((name) => `nets/${name}.np.ts`);

/** Networks whose larger batches would take many seconds a run on a CPU, at their own image size. */
const mostAtOnce: Readonly<Record<string, number>> = { unet: 1 };

/** Measured again and again, to see the machine drift. */
export const anchor: Job = { source: "nets/squeezenet1_1.np.ts", batch: 1, image: null, dtype: "float32" };

/** A job's name in logs and its key in `networks.csv`. */
export function jobKey({ source, batch, image, dtype }: Job): string {
  return [source, `batch ${batch}`, ...image === null ? [] : [`image ${image}`], ...dtype === "float32" ? [] : [dtype]]
    .join(", ");
}

/** Which jobs a sweep has. */
export interface JobOptions {
  /** `"float32"` by default. */
  readonly dtype?: Dtype;
  /** Every network at each of these batches, instead of a few of each; for networks end to end. */
  readonly batches?: readonly number[];
}

/**
 * The endless list of a seed: two random networks, one of each generator, for each of the zoo's until these are through, then random ones alone.
 *
 * @param seed Another seed measures other random networks, in another order.
 */
export function* jobs(seed: number, { dtype = "float32", batches }: JobOptions = {}): Generator<Job> {
  const random = new Random(seed);
  const known = random.shuffled(zooJobs(random, batches));
  // Seeds of different sweeps do not meet.
  let next = seed * 100_000, turn = 0;
  for (;;) {
    const job = known.shift();
    if (job !== undefined) yield { ...job, dtype };
    // End to end the zoo's count: one random network after two of them.
    turn++;
    const randoms = job === undefined ? 1 : batches === undefined ? 2 : turn % 2;
    for (let i = 0; i < randoms; i++) {
      const seed = ++next;
      const generator = seed % 2 === 1 ? first : second;
      const batch = batches === undefined
        ? generators[generator](seed).build().batch
        : batches[Math.ceil(seed / 2) % batches.length];
      yield { source: `${generator}:${seed}`, batch, image: null, dtype };
    }
  }
}

function zooJobs(random: Random, batches: readonly number[] | undefined): Job[] {
  return Object.entries(zoo).flatMap(([name, sizes]) => {
    const job = (batch: number, image: number | null): Job => ({
      source: `nets/${name}.np.ts`,
      batch,
      image,
      dtype: "float32",
    });
    const own = (batches ?? [1, 8]).filter((batch) => batch <= (mostAtOnce[name] ?? Infinity)).map((batch) =>
      job(batch, null)
    );
    return batches === undefined ? [...own, ...sizes.map((image) => job(random.pick([1, 2, 4]), image))] : own;
  });
}

/**
 * Builds a job's network again.
 *
 * @throws {RangeError} When its source is neither of the zoo nor a generator's.
 */
export async function jobNetwork({ source, batch, image, dtype }: Job) {
  const [made, seed] = source.split(":");
  const definition = Object.hasOwn(generators, made) ? generators[made](Number(seed)) : await networkOfZoo(source);
  if (definition === null) {
    const seeded = Object.keys(generators).map((generator) => `${generator}:SEED`);
    throw new RangeError(`source must be nets/NAME.np.ts, ${seeded.join(" or ")}, got "${source}"`);
  }
  return definition.build({ batch, dtype, ...image === null ? {} : { image } });
}
