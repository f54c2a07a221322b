/**
 * A network as text: its layers and what they cost, whatever runs them.
 *
 * @module
 */
import { layerCost, type Network, networkCost } from "neuralpower/dsl";
import { markdown } from "./escapes.ts";
import { type Column, count, markdownTable, plain, shape, textTable } from "./text_table.ts";

const columns: readonly Column[] = [
  { header: "layer" },
  { header: "kind" },
  { header: "inputs" },
  { header: "input" },
  { header: "output" },
  { header: "MACs", align: "right" },
  { header: "operations", align: "right" },
  { header: "parameters", align: "right" },
  { header: "bytes", align: "right" },
];

/** Up to how many inputs a cell has them all, and how many it has of more: a join may read thousands. */
const mostInputs = 12, firstInputs = 5;

/** Every layer: a table's columns and rows. */
export function networkTable({ layers, dtype }: Network): [readonly Column[], string[][]] {
  const rows = layers.map((layer) => {
    const { macs, operations, params, bytesRead, bytesWritten } = layerCost(layer, dtype);
    return [
      plain(layer.name),
      layer.kind === layer.op ? layer.kind : `${layer.kind} ${layer.op}`,
      inputsText(layer.inputs),
      shape(layer.inputShape),
      shape(layer.outputShape),
      ...[macs, operations, params, bytesRead + bytesWritten].map((value) => value === 0 ? "" : count(value)),
    ];
  });
  return [columns, rows];
}

function inputsText(inputs: readonly string[]): string {
  const shown = inputs.length > mostInputs ? firstInputs : inputs.length;
  const left = inputs.length - shown;
  return [...inputs.slice(0, shown).map(plain), ...left > 0 ? [`… ${left} more`] : []].join(", ");
}

/** Which network it is, in a line. */
export function networkTitle({ name, layers, batch, dtype, inputShape }: Network): string {
  return `${plain(name)}: ${layers.length} layers, batch ${batch}, ${dtype}, input ${shape(inputShape)}`;
}

/** Exact sums, in a line. */
export function networkSums(network: Network): string {
  const { macs, operations, params, bytesRead, bytesWritten } = networkCost(network);
  return `${macs} multiply-adds, ${operations} other operations, ${params} parameters, ` +
    `${bytesRead + bytesWritten} bytes read and written`;
}

/** Title, table and sums. */
export function networkText(network: Network, format: "table" | "markdown" = "table"): string {
  const [title, table] = format === "markdown"
    ? [markdown(networkTitle(network)), markdownTable(...networkTable(network))]
    : [networkTitle(network), textTable(...networkTable(network))];
  return [title, "", table, "", networkSums(network), ""].join("\n");
}
