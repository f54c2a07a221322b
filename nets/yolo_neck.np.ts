// A detector's backbone, neck and head with the sizes of YOLOv5n 6.0 (github.com/ultralytics/yolov5): four stages down to 1/32; a feature
// pyramid up (FPN), a path down again (PAN); at 1/8, 1/16 and 1/32 for each pixel 3 boxes of 4 sides, one score and 80 classes. What turns
// these into boxes in the image, and drops the doubles, is left out.
import { add, concat, convNorm, type ImageValue, network } from "neuralpower/dsl";

const outputs = 3 * (4 + 1 + 80);

function conv(x: ImageValue, channels: number, kernel: number, stride: number, name: string): ImageValue {
  // The stem's window of 6 takes 2 pixels of padding.
  const pad = Math.floor((kernel - 1) / 2);
  return convNorm(x, channels, { kernel, stride, pad, activation: "silu", name });
}

/** Two branches of half the channels, one of them through bottlenecks that are added to their input in the backbone only. */
function block(x: ImageValue, channels: number, depth: number, residual: boolean, name: string): ImageValue {
  let y = conv(x, channels / 2, 1, 1, `${name}_in`);
  for (let i = 0; i < depth; i++) {
    const inner = conv(y, channels / 2, 1, 1, `${name}_${i}_conv1`);
    const next = conv(inner, channels / 2, 3, 1, `${name}_${i}_conv2`);
    y = residual ? add(y, next) : next;
  }
  return conv(concat(y, conv(x, channels / 2, 1, 1, `${name}_past`)), channels, 1, 1, `${name}_out`);
}

/** Maxima over windows of 5, 9 and 13 pixels, by three of 5 one after another. */
function pyramidPool(x: ImageValue, name: string): ImageValue {
  const pool = { kernel: 5, stride: 1, pad: 2 };
  const a = conv(x, x.channels / 2, 1, 1, `${name}_in`);
  const b = a.maxPool(pool);
  const c = b.maxPool(pool);
  return conv(concat(a, b, c, c.maxPool(pool)), x.channels, 1, 1, `${name}_out`);
}

export default network("yolo_neck", { image: [3, 640, 640] }, (x) => {
  let y = conv(conv(x, 16, 6, 2, "stem"), 32, 3, 2, "down2");
  y = block(y, 32, 1, true, "stage2");
  const at8 = block(conv(y, 64, 3, 2, "down3"), 64, 2, true, "stage3");
  const at16 = block(conv(at8, 128, 3, 2, "down4"), 128, 3, true, "stage4");
  y = block(conv(at16, 256, 3, 2, "down5"), 256, 1, true, "stage5");
  y = pyramidPool(y, "pool5");

  const top = conv(y, 128, 1, 1, "lateral5");
  y = block(concat(top.upsample({ factor: 2 }), at16), 128, 1, false, "up4");
  const middle = conv(y, 64, 1, 1, "lateral4");
  const small = block(concat(middle.upsample({ factor: 2 }), at8), 64, 1, false, "up3");
  const medium = block(concat(conv(small, 64, 3, 2, "path4"), middle), 128, 1, false, "out4");
  const large = block(concat(conv(medium, 128, 3, 2, "path5"), top), 256, 1, false, "out5");
  return [small, medium, large].map((scale, i) => scale.conv(outputs, { kernel: 1, name: `detect${i + 3}` }));
});
