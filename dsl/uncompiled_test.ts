/** Net files run without having been compiled: what a compiler would refuse is refused in one line. */
import { assert, assertEquals } from "@std/assert";
import * as dsl from "./mod.ts";
import { NetworkError, ShapeError } from "./mod.ts";
import { refused } from "./testing/refusal.ts";

/** The DSL as a file sees it that nothing compiled. */
type Loose = { readonly [name: string]: (...given: unknown[]) => Loose };
const loose = dsl as unknown as Loose;
const { add, concat, concatAlong, convNorm, invertedResidual, matmul, network } = loose;
const { parameter, sub, transformerBlock, where } = loose;

const inputs = { image: { image: [16, 8, 8] }, tokens: { tokens: [64, 16] }, vector: { vector: 256 } };

/** The whole text of the error that a network of one sort of input gives. */
function refusal(sort: keyof typeof inputs, describe: unknown, options?: object, input: object = inputs[sort]): string {
  const types = [ShapeError, NetworkError];
  const { message } = refused<Error>(types, () => network("n", input, describe).build(options));
  assert(!message.includes("\n"), message);
  return message;
}

const ofImage = (describe: (x: Loose) => unknown) => refusal("image", describe);
const ofTokens = (describe: (x: Loose) => unknown) => refusal("tokens", describe);
const ofVector = (describe: (x: Loose) => unknown) => refusal("vector", describe);

Deno.test("a method of another sort of value says which sort has it", () => {
  assertEquals(
    ofImage((x) => x.conv(8, { kernel: 1 }).dense(3)),
    '"conv1" is an image, which has no dense; make it tokens with toTokens or a vector with flatten',
  );
  assertEquals(
    ofImage((x) => transformerBlock(x, { heads: 2 })),
    '"layer_norm1" is an image, which has no attention; make it tokens with toTokens',
  );
  assertEquals(
    ofTokens((x) => x.conv(8, { kernel: 1 })),
    '"input" is tokens, which has no conv; make it an image with toImage',
  );
  assertEquals(
    ofVector((x) => x.transpose()),
    '"input" is a vector, which has no transpose; make it tokens with toTokens',
  );
});

Deno.test("joins take values, one by one", () => {
  const values = "takes values of the network, got";
  assertEquals(ofImage((x) => concat([x, x])), `concat ${values} a list of them; give them one by one`);
  assertEquals(ofImage((x) => add([x, x])), `add ${values} a list of them; give them one by one`);
  assertEquals(ofImage(() => concat()), `concat ${values} none`);
  assertEquals(ofImage((x) => add(x, 1)), `add ${values} 1`);
  assertEquals(ofImage((x) => parameter([1, 4, 1, 1], x)), `parameter ${values} [1, 4, 1, 1]`);
  assertEquals(ofTokens((x) => matmul(x)), `matmul ${values} undefined`);
  assertEquals(ofImage((x) => add(x)), 'Layer "add1": add takes two inputs or more, got 1');
  assertEquals(ofImage((x) => where(x, x)), 'Layer "where1": where takes 3 inputs, got 2');
  assertEquals(ofImage((x) => sub(x, x, x)), 'Layer "sub1": sub takes 2 inputs, got 3');
  assertEquals(
    ofVector((x) => concatAlong("length", x, x)),
    'An axis of concatAlong must be one of width, got "length"',
  );
});

Deno.test("sizes are numbers or lists of two, padding has one of its forms", () => {
  const two = (what: string, got: string) => `${what} must be 2 numbers, got ${got}`;
  assertEquals(ofImage((x) => x.upsample({ size: "16" })), `Layer "upsample1": ${two("size", '"16"')}`);
  assertEquals(
    ofImage((x) => x.upsample({ factor: [2, 2, 2], name: "up" })),
    `Layer "up": ${two("factor", "[2, 2, 2]")}`,
  );
  assertEquals(ofImage((x) => x.roll("1")), `Layer "roll1": ${two("shift", '"1"')}`);
  assertEquals(
    ofImage((x) => x.relu().adaptiveAveragePool()),
    `Layer "adaptive_average_pool1": ${two("output size", "undefined")}`,
  );
  assertEquals(ofImage((x) => x.toTokens().toImage()), `Layer "to_image1": ${two("output size", "undefined")}`);
  assertEquals(ofVector((x) => x.toImage(4)), `Layer "reshape1": ${two("size", "undefined")}`);
  assertEquals(
    ofImage((x) => x.conv(8, { kernel: "3", pad: "same" })),
    `Layer "conv1": ${two("kernel", '"3"')}`,
  );
  assertEquals(
    refusal("image", (x: Loose) => x.relu(), { image: [8, 8, 8] }),
    `Layer "input": ${two("image size", "[8, 8, 8]")}`,
  );

  const pixels = "padding must be a number, [vertical, horizontal] or [top, left, bottom, right], got";
  assertEquals(ofImage((x) => x.pad()), `Layer "pad1": ${pixels} undefined`);
  assertEquals(ofImage((x) => x.pad([1, 1, 1, 1, 1])), `Layer "pad1": ${pixels} [1, 1, 1, 1, 1]`);
  assertEquals(ofImage((x) => x.crop("same")), `Layer "crop1": ${pixels} "same"`);
  const padding =
    'padding must be a number, [vertical, horizontal], [top, left, bottom, right], "same" or "valid", got';
  assertEquals(ofImage((x) => x.conv(8, { kernel: 3, pad: "SAME" })), `Layer "conv1": ${padding} "SAME"`);
  assertEquals(ofImage((x) => x.deconv(8, { kernel: 3, pad: "no" })), `Layer "deconv1": ${padding} "no"`);
  assertEquals(ofImage((x) => x.maxPool({ kernel: 3, pad: [1, 2, 3] })), `Layer "max_pool1": ${padding} [1, 2, 3]`);
  assertEquals(
    ofImage((x) => invertedResidual(x, 8, { expanded: 16, kernel: 4 })),
    "The kernel of invertedResidual must be an odd number, got 4",
  );
});

Deno.test("axes are lists of names, and told by their names", () => {
  const axes = 'must be a list such as ["channels"], got';
  assertEquals(ofImage((x) => x.reduce("mean", "height")), `The axes of reduce ${axes} "height"`);
  assertEquals(ofImage((x) => x.permute()), `The axes of permute ${axes} undefined`);
  assertEquals(
    ofImage((x) => x.reduce("mean", ["hieght"])),
    'An axis of reduce must be one of channels, height, width, got "hieght"',
  );
  assertEquals(
    ofImage((x) => x.reduce("mean", [])),
    'Layer "reduce_mean1": axes to reduce must be of channels, height, width, got []',
  );
  assertEquals(
    ofImage((x) => x.permute(["channels", "height"])),
    'Layer "permute1": the order of axes must name each of channels, height, width once, got [channels, height]',
  );
});

Deno.test("options that a layer has not, or that are null or no options, are not ignored", () => {
  const none = "must be an object such as";
  assertEquals(ofImage((x) => x.flatten({ nmae: "f" })), 'Unknown option "nmae" of flatten; it has name');
  assertEquals(ofTokens((x) => x.flatten(1)), `Options of flatten ${none} { name: … }, got 1`);
  assertEquals(ofTokens((x) => x.relu([])), `Options of relu ${none} { name: … }, got []`);
  assertEquals(ofImage((x) => x.lpPool()), `Options of lp_pool ${none} { kernel: … }, got undefined`);
  assertEquals(ofImage((x) => convNorm(x, 8)), `Options of convNorm ${none} { kernel: … }, got undefined`);
  assertEquals(ofImage((x) => x.globalLpPool(3)), `Options of global_lp_pool ${none} { p: … }, got 3`);
  assertEquals(ofVector((x) => x.toTokens(4, 64, { length: 9 })), 'Unknown option "length" of toTokens; it has name');
  assertEquals(ofVector((x) => x.toImage(4, 8, { nme: 9 })), 'Unknown option "nme" of toImage; it has name');
  assertEquals(ofVector((x) => x.split(2, { axis: "height" })), 'Unknown option "axis" of split; it has name');
  assertEquals(
    ofTokens((x) => matmul(x, x, { transposed: "no" })),
    'Layer "matmul1": transposed must be true or false, got "no"',
  );
  const leave = "is null; leave it out or give a value";
  assertEquals(ofImage((x) => x.conv(8, { kernel: 3, pad: null })), `Option "pad" of conv ${leave}`);
  assertEquals(ofImage((x) => x.deconv(8, { kernel: 3, outputPad: null })), `Option "outputPad" of deconv ${leave}`);
  assertEquals(ofImage((x) => x.softmax({ axis: null })), `Option "axis" of softmax ${leave}`);
  const relu = (x: Loose) => x.relu();
  assertEquals(refusal("vector", relu, {}, { vector: 3, batch: null }), `Option "batch" of network ${leave}`);
  assertEquals(refusal("vector", relu, { dtype: null }), `Option "dtype" of build ${leave}`);
  for (const given of [undefined, 3]) {
    assertEquals(
      refusal("vector", given),
      `Network "n" needs a function that makes the output of its input, got ${given}`,
    );
  }
});
