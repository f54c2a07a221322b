import { assert, assertEquals, assertRejects } from "@std/assert";
import { activations, kinds, network } from "neuralpower/dsl";
import { featureVector } from "./features.ts";
import { type Node, type Pass, passes } from "./node.ts";
import { plan } from "./plan.ts";
import { runtimes, unfused } from "./runtimes.ts";
import { formatCsv, nodeCells, parseLayersTable, tableColumns, type TableRow } from "./table.ts";
import { TableError } from "./table_cells.ts";

/** The first row of a table of one: `{ kind: "dense", batch: 1, … }`. */
async function readOne(cells: Record<string, string | number>): Promise<TableRow> {
  const { rows } = await parseLayersTable(await formatCsv(Object.keys(cells), [cells]), "t.csv");
  assertEquals(rows.length, 1);
  return rows[0];
}

/** The whole text of what a CSV is refused by, which says its place in fields too. */
async function refusal(csv: string): Promise<string> {
  const error = await assertRejects(() => parseLayersTable(csv, "t.csv"), TableError);
  assertEquals(error.file, "t.csv");
  const place = `t.csv, line ${error.line}${error.column === null ? "" : `, column ${error.column}`}: `;
  assert(error.message.startsWith(place), error.message);
  return error.message;
}

async function refusalOf(cells: Record<string, string | number>): Promise<string> {
  const text = await refusal(await formatCsv(Object.keys(cells), [cells]));
  assert(text.startsWith("t.csv, line 2"), text);
  return text.slice("t.csv, line 2".length);
}

const dense = { kind: "dense", batch: 4, in_channels: 3, out_channels: 5 };
const conv = { kind: "conv", batch: 2, in_channels: 3, in_height: 9, in_width: 7, out_channels: 4, kernel_height: 3 };
const pool = { kind: "pool", op: "max", batch: 2, in_channels: 3, in_height: 6, in_width: 6, kernel_height: 3 };

Deno.test("every node of the zoo on every runtime survives a table: equal cells, equal features", async () => {
  for (const { name } of Deno.readDirSync(new URL("../nets", import.meta.url))) {
    const net = (await import(`../nets/${name}`)).default;
    for (const runtime of [...runtimes, unfused]) {
      for (const pass of ["forward", "training"] satisfies Pass[]) {
        const built = net.build({ batch: 3, dtype: pass === "training" ? "float16" : "float32" });
        const nodes = plan(built, runtime, { pass, optimizer: "adam" }).flatMap(({ node }) => node ?? []);
        const { rows } = await parseLayersTable(await formatCsv(tableColumns, nodes.map(nodeCells)), name);
        assertEquals(rows.map(({ node }) => nodeCells(node)), nodes.map(nodeCells), name);
        const vectors = (all: readonly Node[]) => all.map((node) => [...featureVector(node)]);
        assertEquals(vectors(rows.map(({ node }) => node)), vectors(nodes), name);
      }
    }
  }
});

Deno.test("columns may stand in any order, and further ones are kept beside the rows", async () => {
  const csv = "mood,out_channels,in_channels,runtime_ms,batch,kind\nfine,5,3,0.5,4,dense\n,6,3,,4,dense\n";
  const { header, rows, cells } = await parseLayersTable(csv, "t.csv");
  assertEquals(header, ["mood", "out_channels", "in_channels", "runtime_ms", "batch", "kind"]);
  assertEquals(rows.map(({ node, measured }) => [node.layer.outputShape, measured.runtimeMs]), [[[4, 5], 0.5], [
    [4, 6],
    null,
  ]]);
  assertEquals(cells[0], {
    mood: "fine",
    out_channels: "5",
    in_channels: "3",
    runtime_ms: "0.5",
    batch: "4",
    kind: "dense",
  });
  assertEquals(cells[1].mood, "");
});

Deno.test("an absent option is at its default, and so is an empty one", async () => {
  const expected: Node = {
    layer: {
      ...{ kind: "conv", op: "conv", outChannels: 4, kernel: [3, 3], stride: [1, 1], pad: [0, 0, 0, 0] },
      ...{ dilation: [1, 1], groups: 1, bias: true },
      ...{ inputShape: [2, 3, 9, 7], inElements: 378, outputShape: [2, 4, 7, 5] },
    },
    ...{ activation: null, fusedAdd: false, dtype: "float32", pass: "forward", optimizer: null },
  };
  assertEquals((await readOne(conv)).node, expected);
  const empty = Object.fromEntries(tableColumns.filter((column) => !(column in conv)).map((column) => [column, " "]));
  assertEquals((await readOne({ ...conv, ...empty })).node, expected);
  assertEquals((await readOne({ ...conv, stride_height: 2 })).node.layer.outputShape, [2, 4, 4, 3]);
  assertEquals((await readOne({ ...dense, pass: "training" })).node.optimizer, "sgd");
});

Deno.test("upper and lower case, 1 and true are the same", async () => {
  const { node } = await readOne({
    ...dense,
    ...{ kind: "Dense", activation: "ReLU6", bias: "FALSE", fused_add: "1", dtype: "Float16", pass: "Training" },
    optimizer: "Adam",
  });
  assertEquals(node.layer.kind === "dense" && node.layer.bias, false);
  const { layer: _, ...rest } = node;
  assertEquals(rest, { activation: "relu6", fusedAdd: true, dtype: "float16", pass: "training", optimizer: "adam" });
});

Deno.test("a byte order mark and Windows' line ends do not matter", async () => {
  const { header, rows } = await parseLayersTable(
    "\uFEFFkind,batch,in_channels,out_channels\r\ndense,1,2,3\r\n",
    "t.csv",
  );
  assertEquals(header[0], "kind");
  assertEquals(rows[0].node.layer.outputShape, [1, 3]);
});

Deno.test("given output sizes are checked against the derived ones", async () => {
  assertEquals((await readOne({ ...conv, out_height: 7, out_width: 5 })).node, (await readOne(conv)).node);
  const wrong = (column: string, derived: number, given: number) =>
    `, column ${column}: the options give ${derived}, got ${given}; leave it empty to derive it`;
  assertEquals(await refusalOf({ ...conv, out_height: 9 }), wrong("out_height", 7, 9));
  const relu = { kind: "elementwise", op: "relu", batch: 1, in_channels: 3, in_height: 8, in_width: 8 };
  assertEquals(await refusalOf({ ...relu, out_channels: 5 }), wrong("out_channels", 3, 5));
  assertEquals(await refusalOf({ ...relu, op: "add", out_width: 9 }), wrong("out_width", 8, 9));
  const concat = { ...relu, kind: "move", op: "concat", out_channels: 7 };
  assertEquals(await refusalOf({ ...concat, out_height: 9 }), wrong("out_height", 8, 9));
});

Deno.test("an output size may be that of ceil mode, on both axes or not at all", async () => {
  const ceil = { ...pool, stride_height: 2, out_height: 3, out_width: 3 };
  assertEquals((await readOne({ ...pool, stride_height: 2 })).node.layer.outputShape, [2, 3, 2, 2]);
  assertEquals((await readOne(ceil)).node.layer.outputShape, [2, 3, 3, 3]);
  const text = ", column out_height: the options give 2, got 3; leave it empty to derive it";
  assertEquals(await refusalOf({ ...ceil, out_width: 2 }), text);
});

Deno.test("an image smaller than a pool's window has an output in ceil mode alone", async () => {
  const small = { ...pool, in_height: 4, in_width: 3, kernel_height: 5, stride_height: 3 };
  const { layer } = (await readOne({ ...small, out_height: 1, out_width: 1 })).node;
  assertEquals([layer.kind === "pool" && layer.ceilMode, layer.outputShape], [true, [2, 3, 1, 1]]);
  const text = ': Layer "pool": a window of 5×5 does not fit an image of 4×3 with padding [0, 0, 0, 0]';
  assertEquals(await refusalOf(small), text);
  assertEquals(await refusalOf({ ...small, out_height: 2, out_width: 1 }), text);
});

Deno.test("several inputs: sums and products broadcast to the output's sizes, a concat's output is all of them", async () => {
  const gate = { kind: "elementwise", op: "mul", batch: 2, in_channels: 8 };
  const { layer } = (await readOne({ ...gate, out_height: 4, out_width: 5 })).node;
  assertEquals([layer.inputShape, layer.outputShape, layer.inElements], [[2, 8, 1, 1], [2, 8, 4, 5], 16 + 320]);
  const three = (await readOne({ ...gate, op: "add", in_elements: 48 })).node.layer;
  assertEquals([three.outputShape, three.inElements], [[2, 8, 1, 1], 48]);
  const joined = (await readOne({ kind: "move", batch: 2, in_channels: 8, in_height: 4, out_channels: 20 })).node.layer;
  assertEquals([joined.outputShape, joined.inElements], [[2, 20, 4, 1], 160]);
  assertEquals(
    await refusalOf({ kind: "move", batch: 2, in_channels: 8 }),
    ", column out_channels: is empty; a whole number is needed",
  );
});

Deno.test("a dense row on tokens keeps their length, as a network's layer does", async () => {
  const net = network("tokens", { tokens: [7, 12], batch: 3 }, (x) => x.dense(5)).build();
  const [{ node }] = plan(net, unfused);
  const cells = nodeCells(node!);
  assertEquals([cells.in_height, cells.in_channels, cells.out_height, cells.out_channels], [7, 12, 7, 5]);
  const read = (await readOne(cells)).node;
  assertEquals(read.layer.outputShape, [3, 7, 5]);
  assertEquals(featureVector(read), featureVector(node!));
  assertEquals((await readOne({ ...cells, out_height: "" })).node.layer.outputShape, [3, 5]);
});

Deno.test("of runtime, power and energy the third follows from two", async () => {
  const measured = async (cells: Partial<Record<"runtime_ms" | "power_w" | "energy_mj", number>>) => {
    const { runtimeMs, powerW, energyMj } = (await readOne({ ...dense, ...cells })).measured;
    return [runtimeMs, powerW, energyMj];
  };
  assertEquals(await measured({ runtime_ms: 4, power_w: 50 }), [4, 50, 200]);
  assertEquals(await measured({ runtime_ms: 4, energy_mj: 200 }), [4, 50, 200]);
  assertEquals(await measured({ runtime_ms: 4, power_w: 50, energy_mj: 201 }), [4, 50, 201]);
  assertEquals(await measured({ runtime_ms: 4 }), [4, null, null]);
  assertEquals(await measured({ power_w: 50 }), [null, 50, null]);
  const { measured: read } = await readOne({ ...dense, runtime_ms_spread: 0, power_w_spread: 1.5 });
  assertEquals([read.runtimeMsSpread, read.powerWSpread, read.energyMjSpread], [0, 1.5, null]);
});

Deno.test("a cell that cannot be read is refused with its place", async () => {
  const whole = (column: string, got: string, least = 1) =>
    `, column ${column}: must be a whole number of at least ${least}, got "${got}"`;
  for (const got of ["0", "-1", "2.5", "many", "NaN", "Infinity", "9007199254740993"]) {
    assertEquals(await refusalOf({ ...dense, batch: got }), whole("batch", got));
  }
  assertEquals(await refusalOf({ ...conv, pad_top: -1 }), whole("pad_top", "-1", 0));
  assertEquals(
    await refusalOf({ ...dense, in_channels: "" }),
    ", column in_channels: is empty; a whole number is needed",
  );
  const known = "or empty where it is not known";
  for (const got of ["0", "-2", "fast", "Infinity"]) {
    const text = `, column runtime_ms: must be a number above 0, ${known}, got "${got}"`;
    assertEquals(await refusalOf({ ...dense, runtime_ms: got }), text);
  }
  const spread = `, column power_w_spread: must be a number of at least 0, ${known}, got "-0.1"`;
  assertEquals(await refusalOf({ ...dense, power_w_spread: -0.1 }), spread);
  assertEquals(await refusalOf({ ...dense, bias: "yes" }), `, column bias: must be 1 or 0, got "yes"`);
});

Deno.test("an unknown kind, op, activation, number format, pass or optimizer is refused with the known ones", async () => {
  const refused = async (column: string, got: string, among: string, row: Record<string, string | number> = dense) =>
    assertEquals(
      await refusalOf({ ...row, [column]: got }),
      `, column ${column}: must be one of ${among}, got "${got}"`,
    );
  await refused("kind", "lstm", kinds.join(", "));
  await refused(
    "op",
    "median",
    "max, average, global_max, global_average, lp, global_lp, adaptive_max, adaptive_average",
    pool,
  );
  await refused("activation", "swish", ["none", ...activations].join(", "));
  await refused("dtype", "int8", "float32, float16");
  await refused("pass", "both", passes.join(", "));
  await refused("optimizer", "lion", "none, sgd, momentum, rmsprop, adagrad, adadelta, adam");
  const norm = { kind: "norm", batch: 1, in_channels: 3 };
  assertEquals(
    await refusalOf(norm),
    ", column op: is empty; it must be one of batch, lrn, layer, group, instance, rms",
  );
});

Deno.test("an optimizer goes with training and with no other pass", async () => {
  const text = (optimizer: string, pass: string) =>
    `, column optimizer: goes with pass "training" and no other, got "${optimizer}" with pass "${pass}"`;
  assertEquals(await refusalOf({ ...dense, optimizer: "adam" }), text("adam", "forward"));
  assertEquals(await refusalOf({ ...dense, optimizer: "sgd", pass: "backward" }), text("sgd", "backward"));
  assertEquals(await refusalOf({ ...dense, optimizer: "none", pass: "training" }), text("none", "training"));
});

Deno.test("sizes that do not fit are refused by the layer's own rule", async () => {
  assertEquals(
    await refusalOf({ ...conv, in_height: 2 }),
    `: Layer "conv": a window of 3×3 does not fit an image of 2×7 with padding [0, 0, 0, 0]`,
  );
  assertEquals(
    await refusalOf({ ...conv, groups: 2 }),
    `: Layer "conv": 3 input channels cannot be split into 2 groups`,
  );
});

Deno.test("what is no table is refused", async () => {
  const noRows = "t.csv, line 1: has no rows; a header and at least one row are needed";
  assertEquals(await refusal(""), noRows);
  assertEquals(await refusal("kind,batch,in_channels\n"), noRows);
  for (const column of ["kind", "batch", "in_channels"]) {
    const header = ["kind", "batch", "in_channels"].filter((name) => name !== column);
    const text = `t.csv, line 1, column ${column}: is missing; a layers table needs it`;
    assertEquals(await refusal(`${header}\n1,2\n`), text);
  }
  const twice = "t.csv, line 1, column batch: stands in the header twice";
  assertEquals(await refusal("kind,batch,batch\n1,2,3\n"), twice);
  const cells = (count: number) => `t.csv, line 3: has ${count} cells where the header has 4`;
  const start = "kind,batch,in_channels,out_channels\ndense,1,2,3\n";
  assertEquals(await refusal(`${start}dense,1,2\n`), cells(3));
  assertEquals(await refusal(`${start}dense,1,2,3,4\n`), cells(5));
  const quote = 't.csv, line 1: is not a CSV table: Syntax error on line 2; parse error on line 2, column 3: bare "';
  assertEquals(await refusal('kind,batch\nde"nse,1\n'), `${quote} in non-quoted-field`);
});

Deno.test("lines are the file's, empty ones and those within quoted cells counted", async () => {
  const start = `kind,batch,in_channels,out_channels,note\n\n\ndense,1,2,3,"two\nlines"\r\n\r\n`;
  const text = `t.csv, line 7, column batch: must be a whole number of at least 1, got "x"`;
  assertEquals(await refusal(`${start}dense,x,2,3,\n`), text);
});
