/**
 * What is fuzzed: each reader of files that are somebody else's, with the files that mutations start from.
 *
 * @module
 */
import { parseLayersTable } from "neuralpower";
import { type Network, NetworkError, ShapeError } from "neuralpower/dsl";
import { readCaffe } from "../../dsl/formats/caffe.ts";
import { bytesSource, FormatError, type ReadOptions } from "../../dsl/formats/format_error.ts";
import { readOnnx } from "../../dsl/formats/onnx_read.ts";
import { readPaleo } from "../../dsl/formats/paleo.ts";
import { readDataset } from "../../lib/datasets/dataset.ts";
import { neuralpower } from "../../lib/datasets/neuralpower.ts";
import { readCoefficients } from "../../lib/model/coefficients.ts";
import { TableError } from "../../lib/table_cells.ts";
import type { Random } from "../random.ts";
import { mutateJson } from "./mutate_json.ts";
import { mutateProtobuf } from "./mutate_protobuf.ts";
import { mutateText } from "./mutate_text.ts";

/** A reader and how to spoil its files. */
export interface FuzzedReader {
  /** Endings of the files that it reads. */
  readonly endings: readonly string[];
  /** Throws one of {@linkcode ownErrors}, or gives something; anything else is a fault. */
  readonly read: (bytes: Uint8Array) => unknown;
  /** Spoils a file. */
  readonly mutate: (bytes: Uint8Array, random: Random) => Uint8Array;
  /** Its part of all inputs. */
  readonly share: number;
}

/** What a reader may throw: errors that were written for whoever gave the file. */
export const ownErrors = [FormatError, ShapeError, NetworkError, TableError];

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** A mutation of text for bytes. */
const ofText = (mutate: (text: string, random: Random) => string) => (bytes: Uint8Array, random: Random): Uint8Array =>
  encoder.encode(mutate(decoder.decode(bytes), random));

/** Options that a user would give, so that files without sizes are read further, too. */
const options: ReadOptions = { batch: 2 };

/** By name. */
export const readers: Readonly<Record<string, FuzzedReader>> = {
  caffe: {
    endings: [".prototxt"],
    read: (bytes) => checked(readCaffe(decoder.decode(bytes), options)),
    mutate: ofText(mutateText),
    share: 3,
  },
  paleo: {
    endings: [".json"],
    read: (bytes) => checked(readPaleo(decoder.decode(bytes), options)),
    mutate: ofText(mutateJson),
    share: 3,
  },
  onnx: {
    endings: [".onnx"],
    read: (bytes) => checked(readOnnx(bytesSource(bytes), options)),
    mutate: mutateProtobuf,
    share: 3,
  },
  table: {
    endings: [".csv"],
    read: (bytes) => parseLayersTable(decoder.decode(bytes), "fuzzed.csv"),
    mutate: ofText(mutateText),
    share: 0.5,
  },
  log: {
    endings: [".log"],
    read: (bytes) => readDataset(neuralpower, decoder.decode(bytes), "fuzzed.log", "gtx-titan-x-tf1"),
    mutate: ofText(mutateText),
    share: 0.5,
  },
  coefficients: {
    endings: [".txt"],
    read: (bytes) => readCoefficients(decoder.decode(bytes), "coeff_fc.txt"),
    mutate: ofText(mutateText),
    share: 0.2,
  },
};

/** What is given as a network must be one. */
function checked(network: Network): Network {
  if (network.layers.length > 0 && network.outputs.length > 0 && network.layers.every(({ name }) => name !== "")) {
    return network;
  }
  throw new Error("A network without layers, outputs or names was given");
}
