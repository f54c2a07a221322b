/**
 * One model of several GPUs at once: the same layers on each, told apart by what the cards' data sheets say. Judged on configurations
 * that it has not seen, on a card that it has not seen (others have the same chip), and on a generation of chips.
 *
 * A rate of one card is none of another's, so the base's terms are what a layer computes over the card's peak, and what it moves over
 * its bandwidth.
 *
 * @module
 */
import { datasets, readDataset, type TableRow } from "neuralpower";
import { configurationKey, foldsByGroup } from "../lib/learn/folds.ts";
import { chooseTerms } from "../lib/model/choose.ts";
import { readDeviceName } from "../lib/model/device.ts";
import { hardwareOf } from "../lib/model/geometry.ts";
import { fitTime, type Measured } from "../lib/model/layer_model.ts";
import { type Sheet, sheet } from "../lib/model/sheet.ts";
import type { Specification } from "../lib/model/specifications.ts";
import { outerFolds } from "../lib/model/vouch.ts";
import type { Case } from "./accuracy_cases.ts";

/** What is held out together. */
export const heldTogether = ["configuration", "card", "generation"] as const;

/** What models say of each row that have not seen its configuration, card or generation. */
export interface HeldOut {
  readonly folds: Int32Array;
  readonly base: Float64Array;
  readonly boosted: Float64Array;
}

/** Rows of all cards, and their held-out predictions. */
export interface Pooled {
  readonly rows: readonly TableRow[];
  readonly by: Readonly<Record<(typeof heldTogether)[number], HeldOut>>;
}

/** Terms that count multiply-adds; the others count elements. */
const computes = /macs|unfolded|tiles|waves|products|winograd2/i;
const unscaled = ["call", "activation", "bare"];
/** What tells cards apart. */
const figures: Readonly<Record<string, (card: Specification) => number>> = {
  peakTflops: ({ peakTflops }) => peakTflops.float32,
  bandwidthGBs: ({ bandwidthGBs }) => bandwidthGBs,
  multiprocessors: ({ multiprocessors }) => multiprocessors,
  clockGHz: ({ clockGHz }) => clockGHz,
};

/** Fits a pooled case without each configuration, card and generation. */
export async function judgePooled(each: Case, data: string): Promise<Pooled> {
  const set = datasets.find(({ name }) => name === each.set)!;
  const text = await Deno.readTextFile(`${data}/${each.set}/${each.file}`);
  const generations = Object.values(each.pooled!);
  const cards = await Promise.all(
    generations.flat().map(async (name) => {
      const { rows, device } = await readDataset(set, text, each.file, name);
      const { specification, runtime } = readDeviceName(device);
      if (specification === null) throw new RangeError(`"${device}" has no specification, which a pooled case needs`);
      return {
        generation: generations.findIndex((names) => names.includes(name)),
        specification,
        hardware: hardwareOf(specification, runtime.name),
        rows: rows.filter(({ node: { layer, pass }, measured }) =>
          layer.kind === each.kind && pass === "forward" && measured.runtimeMs !== null
        ),
      };
    }),
  );
  const rows = cards.flatMap((card) => card.rows);
  const runtimeMs = Float64Array.from(rows, ({ measured }) => measured.runtimeMs!);
  const unknown = new Float64Array(rows.length).fill(NaN);
  const groups = rows.map(({ node }) => configurationKey(node));
  const measured: Measured = {
    sheet: joined(cards.map(({ rows, specification, hardware }) => ({
      specification,
      sheet: sheet(rows.map(({ node }) => node), each.kind, hardware),
    }))),
    ...{ runtimeMs, powerW: unknown, powerWeights: unknown, groups },
  };
  const ofCard = (value: (card: number) => number) =>
    Int32Array.from(cards.flatMap(({ rows }, card) => rows.map(() => value(card))));
  return {
    rows,
    by: {
      configuration: heldOut(measured, foldsByGroup(groups, outerFolds)),
      card: heldOut(measured, ofCard((card) => card)),
      generation: heldOut(measured, ofCard((card) => cards[card].generation)),
    },
  };
}

function heldOut(measured: Measured, folds: Int32Array): HeldOut {
  const all = Uint32Array.from(folds.keys());
  const base = new Float64Array(all.length), boosted = new Float64Array(all.length);
  for (const fold of new Set(folds)) {
    const training = all.filter((row) => folds[row] !== fold);
    const fit = fitTime(chooseTerms(measured, training, false).measured, training);
    for (const row of all) {
      if (folds[row] !== fold) continue;
      base[row] = fit.baseValues[row];
      boosted[row] = fit.values[row];
    }
  }
  return { folds, base, boosted };
}

/** The cards' sheets one below the other: terms at each card's peak rates, columns that all have, and the cards' figures. */
function joined(parts: readonly { readonly sheet: Sheet; readonly specification: Specification }[]): Sheet {
  const [{ sheet: first }] = parts;
  const inAll = (names: (sheet: Sheet) => readonly string[]) =>
    names(first).filter((name) => parts.every(({ sheet }) => names(sheet).includes(name)));
  const concat = (values: (part: (typeof parts)[number]) => Float64Array) =>
    Float64Array.from(parts.flatMap((part) => Array.from(values(part))));
  const terms = inAll(({ terms }) => terms), columns = inAll(({ columns }) => columns);
  const rateOf = (term: string, { peakTflops, bandwidthGBs }: Specification) =>
    unscaled.includes(term) ? 1 : computes.test(term) ? peakTflops.float32 : bandwidthGBs;
  return {
    ...first,
    rows: parts.reduce((count, { sheet }) => count + sheet.rows, 0),
    terms,
    termValues: terms.map((term) =>
      concat(({ sheet, specification }) =>
        sheet.termValues[sheet.terms.indexOf(term)].map((value) => value / rateOf(term, specification))
      )
    ),
    columns: [...columns, ...Object.keys(figures)],
    columnValues: [
      ...columns.map((column) => concat(({ sheet }) => sheet.columnValues[sheet.columns.indexOf(column)])),
      ...Object.values(figures).map((figure) =>
        concat(({ sheet, specification }) => new Float64Array(sheet.rows).fill(figure(specification)))
      ),
    ],
    macs: concat(({ sheet }) => sheet.macs),
    elements: concat(({ sheet }) => sheet.elements),
  };
}
