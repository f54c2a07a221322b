import { assertEquals, assertThrows } from "@std/assert";
import { ShapeError } from "./errors.ts";
import type { Move, Shape } from "./layer.ts";
import { moveShape } from "./move_shape.ts";

type Given = Pick<Move, "op"> & Readonly<Record<string, unknown>>;

Deno.test("moves: where the elements go", () => {
  const moved = (options: Given, input: Shape) => moveShape({ kind: "move", ...options } as Move, [input], "it");
  const image = [2, 12, 6, 8];
  assertEquals(moved({ op: "slice", axis: 2, start: 1, end: 6, step: 2 }, image), [2, 12, 3, 8]);
  assertEquals(moved({ op: "split", axis: 1, start: 4, end: 8, step: 1 }, image), [2, 4, 6, 8]);
  assertEquals(moved({ op: "pad", pad: [1, 2, 3, 4], mode: "reflect" }, image), [2, 12, 10, 14]);
  assertEquals(moved({ op: "crop", pad: [1, 2, 3, 4] }, image), [2, 12, 2, 2]);
  assertEquals(moved({ op: "permute", order: [0, 3, 1, 2] }, image), [2, 8, 12, 6]);
  assertEquals(moved({ op: "to_tokens" }, image), [2, 48, 12]);
  assertEquals(moved({ op: "to_image", size: [6, 8] }, [2, 48, 12]), image);
  assertEquals(moved({ op: "to_windows", window: [3, 4] }, image), [2, 48, 12]);
  assertEquals(moved({ op: "from_windows", window: [3, 4], size: [6, 8] }, [2, 48, 12]), image);
  assertEquals(moved({ op: "roll", shift: [-7, 3] }, image), image);
  assertEquals(moved({ op: "pixel_shuffle", factor: 2 }, image), [2, 3, 12, 16]);
  assertEquals(moved({ op: "pixel_unshuffle", factor: 2 }, image), [2, 48, 3, 4]);
  assertEquals(moved({ op: "channel_shuffle", groups: 3 }, image), image);
  assertEquals(moved({ op: "upsample_bilinear", size: [7, 20] }, image), [2, 12, 7, 20]);
  assertEquals(moved({ op: "expand", shape: [2, 12, 6, 8] }, [2, 12, 1, 1]), image);
});

Deno.test("moves: what is refused, with the numbers", () => {
  const refused = (options: Given, input: Shape) =>
    assertThrows(() => moveShape({ kind: "move", ...options } as Move, [input], "it"), ShapeError)
      .message.replace('Layer "it": ', "");
  const image = [2, 12, 6, 8];
  assertEquals(
    refused({ op: "slice", axis: 2, start: 1, end: 7, step: 1 }, image),
    "a slice from 1 to before 7 does not fit axis 2 of [2, 12, 6, 8]",
  );
  assertEquals(
    refused({ op: "pad", pad: [0, 8, 0, 0], mode: "reflect" }, image),
    "padding [0, 8, 0, 0] must be smaller than the image of 6×8 it reflects",
  );
  assertEquals(
    refused({ op: "crop", pad: [3, 0, 3, 0] }, image),
    "cropping [3, 0, 3, 0] leaves nothing of an image of 6×8",
  );
  assertEquals(
    refused({ op: "permute", order: [1, 0, 2, 3] }, image),
    "the order of axes must name each of channels, height, width once, got [channels, batch, height, width]",
  );
  assertEquals(refused({ op: "to_image", size: [5, 8] }, [2, 48, 12]), "48 tokens do not fill an image of 5×8");
  assertEquals(
    refused({ op: "to_windows", window: [4, 4] }, image),
    "an image of 6×8 does not divide into windows of 4×4; pad it first",
  );
  const four = [4, 4, 4];
  assertEquals(refused({ op: "upsample_nearest", size: four }, image), "output size must be 2 numbers, got [4, 4, 4]");
  assertEquals(refused({ op: "to_image", size: four }, [2, 64, 12]), "output size must be 2 numbers, got [4, 4, 4]");
  assertEquals(refused({ op: "to_windows", window: four }, image), "window must be 2 numbers, got [4, 4, 4]");
  assertEquals(
    refused({ op: "from_windows", size: [6, 8], window: four }, [2, 48, 12]),
    "window must be 2 numbers, got [4, 4, 4]",
  );
  assertEquals(refused({ op: "roll", shift: ["1", 0] }, image), 'shift must be 2 numbers, got ["1", 0]');
  assertEquals(refused({ op: "crop", pad: [1, 1, 1, 1, 9] }, image), "cropping must be 4 numbers, got [1, 1, 1, 1, 9]");
  assertEquals(refused({ op: "pad", mode: "edge" }, image), "padding must be 4 numbers, got undefined");
  assertEquals(refused({ op: "roll", shift: [0.5, 0] }, image), "shifts must be whole numbers, got [0.5, 0]");
  assertEquals(
    refused({ op: "pixel_shuffle", factor: 3 }, image),
    "12 channels cannot be split into 9 pixels of each output channel",
  );
  assertEquals(refused({ op: "channel_shuffle", groups: 5 }, image), "12 channels cannot be split into 5 groups");
  assertEquals(
    refused({ op: "expand", shape: [2, 12, 6, 9] }, image),
    "axis 3 must be equal or 1, got [2, 12, 6, 8] and [2, 12, 6, 9]",
  );
});
