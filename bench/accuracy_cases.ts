/**
 * What `bench/accuracy.ts` measures models by: rows of public sets, and the goal for each.
 *
 * @module
 */
import type { Dtype, Kind } from "neuralpower/dsl";

/** Rows of one kind of one device, and what is asked of their predictions. */
export interface Case {
  readonly name: string;
  readonly set: string;
  readonly file: string;
  /** Which device of a file that holds several. */
  readonly device?: string;
  /** Devices of such a file whose rows are fitted by one model, by the generation of their chips. */
  readonly pooled?: Readonly<Record<string, readonly string[]>>;
  readonly kind: Kind;
  readonly dtype?: Dtype;
  /** Rows below it are fitted too, but not judged: their times are coarse. */
  readonly leastMs?: number;
  /** A column of the set that is given to the models beside the layer. */
  readonly covariate?: string;
  /** Whether power and energy are judged too, on rows that the meter resolves within 5 %. */
  readonly powered?: boolean;
  /** MAPE of time, and of power and energy, as shares; null where an error is told and no goal is set. */
  readonly goals: { readonly time: number | null; readonly power?: number; readonly energy?: number };
}

const justus = (kind: "conv" | "dense", card: string, goal: number | null): Case => ({
  name: `Justus ${kind} ${card}`,
  set: "justus2018",
  file: `${kind}_${card}.csv`,
  kind,
  goals: { time: goal },
});

const willowec = (cpu: string, part: "conv" | "linear" | "pool", goals: Case["goals"]): Case => ({
  name: `willowec ${part} ${cpu}`,
  set: "willowec",
  file: `${cpu}_${part}.csv`,
  kind: part === "linear" ? "dense" : part,
  powered: true,
  goals,
});

const neusight = (card: string, goal: number | null, covariate?: string): Case => ({
  name: `NeuSight conv ${card}${covariate ? ", row order given" : ""}`,
  set: "neusight",
  file: "conv_forward.csv",
  device: card,
  kind: "conv",
  covariate,
  goals: { time: goal },
});

const tinynas = (format: "fp32" | "fp16", goal: number): Case => ({
  name: `TinyNAS conv V100 ${format}, 0.05 ms and more`,
  set: "tinynas",
  file: `conv_V100_trt_${format}.csv`,
  kind: "conv",
  dtype: format === "fp16" ? "float16" : "float32",
  leastMs: 0.05,
  goals: { time: goal },
});

/** All cases, quick ones first. */
export const cases: readonly Case[] = [
  willowec("broadwell-ep", "pool", { time: 0.03 }),
  willowec("raptorlake", "pool", { time: 0.011 }),
  willowec("broadwell-ep", "linear", { time: 0.065 }),
  willowec("raptorlake", "linear", { time: 0.077 }),
  willowec("broadwell-ep", "conv", { time: 0.084, power: 0.037, energy: 0.078 }),
  willowec("raptorlake", "conv", { time: 0.087, power: 0.044, energy: 0.082 }),
  {
    name: "DeepBench conv, five cards pooled",
    set: "deepbench",
    file: "conv_train_kernels.csv",
    pooled: {
      Maxwell: ["gtx-titan-x-cudnn", "m40-cudnn"],
      Pascal: ["titan-x-pascal-cudnn", "titan-xp-cudnn", "gtx1080ti-cudnn"],
    },
    kind: "conv",
    goals: { time: 0.14 },
  },
  neusight("a100-pytorch", 0.165),
  neusight("a100-pytorch", 0.08, "row_order"),
  neusight("t4-pytorch", 0.11),
  neusight("t4-pytorch", 0.054, "row_order"),
  justus("dense", "V100", 0.034),
  justus("dense", "P100", 0.024),
  justus("dense", "M60", 0.031),
  justus("dense", "1080TI", null),
  justus("conv", "1080TI", 0.038),
  justus("conv", "M60", 0.046),
  justus("conv", "P100", 0.039),
  justus("conv", "V100", 0.043),
  tinynas("fp32", 0.035),
  tinynas("fp16", 0.05),
];
