/**
 * One chart of each sort, of data that does not change: `charts_test.ts` compares them with `golden/`, `render_test.ts` draws them.
 *
 * `data.json` was made by `make_data.ts`: predictions of the V100, held-out predictions of rows that this project measured. Only the power
 * trace is arithmetic, for no recording of a GPU is in this repository yet.
 *
 * @module
 */
import type { Prediction } from "../../predict.ts";
import { findSpecification } from "../../model/specifications.ts";
import type { ModelFile } from "../../model/model.ts";
import { kindBreakdown, layerBreakdown } from "../breakdown.ts";
import { batchSweep, type Choice, choiceFront } from "../choices.ts";
import { copiesLine } from "../copies.ts";
import { type CrossValidated, crossValidationCurve, learningCurve } from "../curves.ts";
import { heldOutErrors } from "../held_out.ts";
import { costBreakdown } from "../costs.ts";
import { errorsByGroupAndSize, measuredBySize, type Point, predictedAgainstMeasured } from "../measured.ts";
import { powerTrace } from "../power.ts";
import { roofline } from "../roofline.ts";
import type { Spec } from "../spec.ts";
import squeezenet from "../../../nets/squeezenet1_1.np.ts";
import { parseLayersTable } from "../../table.ts";
import data from "./data.json" with { type: "json" };

/** The network of most examples. */
export const prediction = data.prediction as unknown as Prediction;
const points: readonly Point[] = data.points;

/** MAPE of a 1080 Ti's convolutions by the number of rows, of two models. */
const learning = Object.entries({
  "base and boosted residual": [14, 8.6, 5.9, 4.5],
  "boosting alone": [43, 27, 19, 14],
})
  .flatMap(([model, mapes]) => mapes.map((mape, i) => ({ model, rows: [100, 300, 1000, 3000][i], mape: mape / 100 })));

/** A table as arithmetic: each image's convolution takes 0.1 ms, and a call 0.2 ms. */
const { rows } = await parseLayersTable(
  "kind,batch,in_channels,in_height,in_width,out_channels,kernel_height,runtime_ms\n" +
    [1, 2, 4, 8, 16, 32].map((n) =>
      `conv,${n},64,56,56,64,3,${0.2 + 0.1 * n}\npool,${n},64,56,56,,2,${0.2 + 0.01 * n}\n`
    )
      .join(""),
  "arithmetic.csv",
);

/** 50 W at rest, a rise over a second, 250 W, and back. */
const samples = Array.from({ length: 250 }, (_, i) => {
  const timeMs = 20 * i;
  const share = Math.min(1, Math.max(0, (timeMs - 800) / 900)) * (timeMs > 4300 ? 0 : 1);
  return { timeMs, powerW: 50 + 200 * share + 3 * Math.sin(i), averageW: null };
});

/** By the name of the golden file. */
export const examples: Readonly<Record<string, Spec>> = {
  layer_breakdown: layerBreakdown(prediction),
  kind_breakdown: kindBreakdown(prediction),
  cost_breakdown: costBreakdown(squeezenet.build({ batch: 8 })),
  roofline: roofline(prediction, findSpecification("v100")!),
  measured_by_size: measuredBySize(rows),
  predicted_against_measured: predictedAgainstMeasured(points),
  errors_by_group_and_size: errorsByGroupAndSize(points),
  held_out_errors: heldOutErrors(data.model as unknown as ModelFile),
  cross_validation: crossValidationCurve(data.crossValidated as CrossValidated),
  learning_curve: learningCurve(learning),
  batch_sweep: batchSweep(data.sweep as unknown as Prediction[]),
  choice_front: choiceFront(data.choices as Choice[]),
  copies_line: copiesLine({
    layer: "arithmetic",
    copies: [1, 2, 4, 8],
    trials: [[3.1, 5, 9, 17], [3, 5.2, 9, 17]],
    fit: { ms: 2, interceptMs: 1, r2: 0.999 },
  }),
  power_trace: powerTrace(
    [{ source: "nvml", samples }],
    { startMs: 800, endMs: 4300 },
    { startMs: 1800, endMs: 4300, powerW: 250 },
  ),
};
