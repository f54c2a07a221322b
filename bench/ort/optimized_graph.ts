/**
 * The graph that ONNX Runtime made of a model, read from the file that it saves: which nodes it executes, and what each reads and
 * writes. Weights are passed over, not decoded.
 *
 * Field numbers are those of onnx.proto: ModelProto.graph 7; GraphProto.node 1; NodeProto.input 1, output 2, name 3, op_type 4.
 *
 * @module
 */

/** One executed node. */
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** Calls `visit` for each length-delimited field of a message between two offsets. */
function fields(
  bytes: Uint8Array,
  begin: number,
  end: number,
  visit: (field: number, begin: number, end: number) => void,
): void {
  let at = begin;
  const varint = () => {
    // Lengths stay below 2 GiB, so that arithmetic on doubles is exact where shifts would overflow.
    let value = 0;
    for (let scale = 1;; scale *= 128) {
      if (at >= end) throw new RangeError("The model ends within a number; it was not written whole");
      const byte = bytes[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < end) {
    const tag = varint();
    const type = tag % 8;
    if (type === wire.varint) varint();
    else if (type === wire.fixed64) at += 8;
    else if (type === wire.fixed32) at += 4;
    else if (type === wire.bytes) {
      const length = varint();
      if (at + length > end) throw new RangeError("The model ends within a field; it was not written whole");
      visit(Math.floor(tag / 8), at, at + length);
      at += length;
    } else throw new RangeError(`The model has a field of wire type ${type}; it is no ONNX file`);
  }
}

/** The nodes of a model's graph, in the file's order. */
export function readGraphNodes(model: Uint8Array): GraphNode[] {
  const decoder = new TextDecoder();
  const nodes: GraphNode[] = [];
  fields(model, 0, model.length, (field, begin, end) => {
    if (field !== 7) return;
    fields(model, begin, end, (field, begin, end) => {
      if (field !== 1) return;
      const node = { name: "", op: "", inputs: [] as string[], outputs: [] as string[] };
      fields(model, begin, end, (field, begin, end) => {
        const text = () => decoder.decode(model.subarray(begin, end));
        if (field === 1) node.inputs.push(text());
        else if (field === 2) node.outputs.push(text());
        else if (field === 3) node.name = text();
        else if (field === 4) node.op = text();
      });
      nodes.push(node);
    });
  });
  return nodes;
}
