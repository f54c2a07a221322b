// Inception-v3 as torchvision.models.inception_v3, without the auxiliary head (Szegedy et al., arXiv 1512.00567).
import { concat, convNorm, type ConvOptions, type ImageValue, network } from "neuralpower/dsl";

function convNormRelu(x: ImageValue, channels: number, options: ConvOptions): ImageValue {
  return convNorm(x, channels, { ...options, activation: "relu" });
}

/** Convolutions one after another, named `NAME_1`, `NAME_2`, …; padded to keep the image unless `pad` says otherwise. */
function chain(x: ImageValue, name: string, ...steps: [channels: number, options: ConvOptions][]): ImageValue {
  return steps.reduce(
    (y, [channels, options], i) => convNormRelu(y, channels, { pad: "same", ...options, name: `${name}_${i + 1}` }),
    x,
  );
}

/** The average's divisor counts padded pixels, as torchvision's does. */
function poolBranch(x: ImageValue, channels: number, name: string): ImageValue {
  const pooled = x.averagePool({ kernel: 3, stride: 1, pad: 1, countIncludePad: true, name: `${name}_pool` });
  return chain(pooled, `${name}_branch_pool`, [channels, { kernel: 1 }]);
}

/** 35×35: 5×5 and double 3×3. */
function blockA(x: ImageValue, poolChannels: number, name: string): ImageValue {
  return concat(
    chain(x, `${name}_branch1x1`, [64, { kernel: 1 }]),
    chain(x, `${name}_branch5x5`, [48, { kernel: 1 }], [64, { kernel: 5 }]),
    chain(x, `${name}_branch3x3`, [64, { kernel: 1 }], [96, { kernel: 3 }], [96, { kernel: 3 }]),
    poolBranch(x, poolChannels, name),
  );
}

/** 35×35 to 17×17. */
function blockB(x: ImageValue, name: string): ImageValue {
  const halve: ConvOptions = { kernel: 3, stride: 2, pad: "valid" };
  return concat(
    chain(x, `${name}_branch3x3`, [384, halve]),
    chain(x, `${name}_branch3x3dbl`, [64, { kernel: 1 }], [96, { kernel: 3 }], [96, halve]),
    x.maxPool({ kernel: 3, stride: 2, name: `${name}_pool` }),
  );
}

/** 17×17: 7×7 factorised into 1×7 and 7×1, once and twice. */
function blockC(x: ImageValue, width: number, name: string): ImageValue {
  const [row, column]: ConvOptions[] = [{ kernel: [1, 7] }, { kernel: [7, 1] }];
  return concat(
    chain(x, `${name}_branch1x1`, [192, { kernel: 1 }]),
    chain(x, `${name}_branch7x7`, [width, { kernel: 1 }], [width, row], [192, column]),
    chain(
      x,
      `${name}_branch7x7dbl`,
      [width, { kernel: 1 }],
      [width, column],
      [width, row],
      [width, column],
      [192, row],
    ),
    poolBranch(x, 192, name),
  );
}

/** 17×17 to 8×8. */
function blockD(x: ImageValue, name: string): ImageValue {
  const halve: ConvOptions = { kernel: 3, stride: 2, pad: "valid" };
  return concat(
    chain(x, `${name}_branch3x3`, [192, { kernel: 1 }], [320, halve]),
    chain(
      x,
      `${name}_branch7x7x3`,
      [192, { kernel: 1 }],
      [192, { kernel: [1, 7] }],
      [192, { kernel: [7, 1] }],
      [192, halve],
    ),
    x.maxPool({ kernel: 3, stride: 2, name: `${name}_pool` }),
  );
}

/** 8×8: branches that end in a 1×3 and a 3×1 side by side. */
function blockE(x: ImageValue, name: string): ImageValue {
  const split = (y: ImageValue, branch: string) =>
    concat(
      chain(y, `${name}_${branch}a`, [384, { kernel: [1, 3] }]),
      chain(y, `${name}_${branch}b`, [384, { kernel: [3, 1] }]),
    );
  return concat(
    chain(x, `${name}_branch1x1`, [320, { kernel: 1 }]),
    split(chain(x, `${name}_branch3x3`, [384, { kernel: 1 }]), "branch3x3"),
    split(chain(x, `${name}_branch3x3dbl`, [448, { kernel: 1 }], [384, { kernel: 3 }]), "branch3x3dbl"),
    poolBranch(x, 192, name),
  );
}

export default network("inception_v3", { image: [3, 299, 299] }, (x) => {
  let y = convNormRelu(x, 32, { kernel: 3, stride: 2, name: "Conv2d_1a_3x3" });
  y = convNormRelu(y, 32, { kernel: 3, name: "Conv2d_2a_3x3" });
  y = convNormRelu(y, 64, { kernel: 3, pad: 1, name: "Conv2d_2b_3x3" }).maxPool({
    kernel: 3,
    stride: 2,
    name: "pool1",
  });
  y = convNormRelu(y, 80, { kernel: 1, name: "Conv2d_3b_1x1" });
  y = convNormRelu(y, 192, { kernel: 3, name: "Conv2d_4a_3x3" }).maxPool({ kernel: 3, stride: 2, name: "pool2" });
  y = blockA(y, 32, "Mixed_5b");
  y = blockA(y, 64, "Mixed_5c");
  y = blockA(y, 64, "Mixed_5d");
  y = blockB(y, "Mixed_6a");
  y = blockC(y, 128, "Mixed_6b");
  y = blockC(y, 160, "Mixed_6c");
  y = blockC(y, 160, "Mixed_6d");
  y = blockC(y, 192, "Mixed_6e");
  y = blockD(y, "Mixed_7a");
  y = blockE(y, "Mixed_7b");
  y = blockE(y, "Mixed_7c");
  return y.globalAveragePool().dropout().flatten().dense(1000, { name: "fc" });
});
