/**
 * Where a Caffe network's images come from: the net's own `input` fields, Input layers, and layers that load data.
 *
 * @module
 */
import type { CaffeLayer } from "./caffe_layer.ts";
import type { TextFields } from "./text_fields.ts";

/** An input, whether a layer reads it or not. */
export interface CaffeInput {
  readonly name: string;
  /** Batch first, null for what the file does not say; none where it says nothing at all. */
  readonly dims: readonly (number | null)[];
  readonly line: number;
}

/** The net's `input`s, with their `input_shape`s or four `input_dim`s each. */
export function netInputs(net: TextFields): CaffeInput[] {
  const names = net.texts("input");
  const shapes = net.messages("input_shape").map(shapeOf);
  const dims = net.wholes("input_dim", 1);
  if (names.length > 0 && shapes.length === 0 && dims.length % 4 !== 0) {
    net.fail(`input_dim must be given four times for each input, got ${dims.length}`);
  }
  return names.map((name, i) => ({ name, dims: shapes[i] ?? dims.slice(4 * i, 4 * i + 4), line: net.line }));
}

/** The tops of a layer that makes inputs, null for those after the image (labels); null where it is no such layer. */
export function layerInputs(layer: CaffeLayer): readonly (CaffeInput | null)[] | null {
  const { type, tops, bottoms, fields } = layer;
  if (Object.hasOwn(dataLayers, type)) {
    const dims = dataLayers[type](fields);
    return tops.map((name, i) => i === 0 ? { name, dims, line: fields.line } : null);
  }
  if (type === "Input" || type === "DummyData") {
    const { shapes } = type === "Input" ? { shapes: shapesOf(fields.message("input_param")) } : dummyShapes(fields);
    return tops.map((name, i) => ({ name, dims: shapes[i] ?? shapes[0] ?? [], line: fields.line }));
  }
  // Somebody's own layer that reads nothing can only load data.
  return type === "Python" && bottoms.length === 0
    ? tops.map((name, i) => i === 0 ? { name, dims: [], line: fields.line } : null)
    : null;
}

type Dims = readonly (number | null)[];

/** Images as these layers load them. What a database holds is not in the file: three channels, unless it is said to be grey. */
const dataLayers: Readonly<Record<string, (fields: TextFields) => Dims>> = {
  Data: (fields) => loaded(fields, fields.message("data_param")),
  ImageData(fields) {
    const own = fields.message("image_data_param");
    const size = own.whole("new_height", 0, 0) || null;
    const sizes = size === null ? undefined : [size, own.whole("new_width", 1)];
    return loaded(fields, own, sizes, own.flag("is_color", true) ? 3 : 1);
  },
  HDF5Data: (fields) => loaded(fields, fields.message("hdf5_data_param")),
  WindowData: (fields) => loaded(fields, fields.message("window_data_param")),
  MemoryData(fields) {
    const own = fields.message("memory_data_param");
    return ["batch_size", "channels", "height", "width"].map((name) => own.whole(name, 1));
  },
};

function loaded(fields: TextFields, own: TextFields, sizes?: readonly number[], channels = 3): Dims {
  const transform = fields.message("transform_param");
  const grey = transform.flag("force_gray", false);
  // The older form crops in the layer's own parameters.
  const crop = transform.whole("crop_size", 0, 0) || own.whole("crop_size", 0, 0);
  const [height, width] = crop > 0 ? [crop, crop] : sizes ?? [null, null];
  return [own.whole("batch_size", 0, 0) || null, grey ? 1 : channels, height, width];
}

function dummyShapes(fields: TextFields): { shapes: Dims[] } {
  const own = fields.message("dummy_data_param");
  const counts = ["num", "channels", "height", "width"].map((name) => own.wholes(name, 1));
  if (counts[0].length === 0) return { shapes: shapesOf(own) };
  return { shapes: counts[0].map((_, i) => counts.map((sizes) => sizes[i] ?? sizes[0] ?? null)) };
}

function shapesOf(fields: TextFields): Dims[] {
  return fields.messages("shape").map(shapeOf);
}

function shapeOf(shape: TextFields): number[] {
  return shape.wholes("dim", 1);
}
