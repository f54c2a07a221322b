/**
 * One chart of each sort, of data that does not change: `charts_test.ts` compares them with `golden/`, `render_test.ts` draws them.
 *
 * `data.json` was made by `make_data.ts`: predictions of the V100, held-out predictions of rows and a power trace that this project
 * measured.
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
  power_trace: powerTrace(data.power.traces, data.power.loads, data.power.device),
};
