/**
 * A fitted device's errors on configurations that its models have not seen.
 *
 * @module
 */
import { formNames, type HeldOut, type ModelFile, type TargetFit } from "../model/model.ts";
import { chart, colourBy, guide, type Spec } from "./spec.ts";

/** Mean absolute percentage error by kind and model, for runtime and, where it was measured, power; the default model is filled. */
export function heldOutErrors({ device, fits }: ModelFile): Spec {
  const values = fits.flatMap((fit) => {
    const name = [fit.kind, ...fit.pass === "forward" ? [] : [fit.pass], ...fit.dtype === "float32" ? [] : [fit.dtype]]
      .join(" ");
    return (["runtime", "power"] as const).flatMap((target) => {
      const fitted = fit[target];
      return fitted === null ? [] : formsOf(fitted).map(({ form, heldOut: { mape, rows } }) => ({
        fit: name,
        target,
        model: form,
        mape: 100 * mape,
        rows,
        chosen: form === fitted.default ? "default" : "other",
      }));
    });
  });
  const targets = ["runtime", "power"].filter((target) => values.some((value) => value.target === target));
  return chart({
    text: `${device}: held-out errors`,
    subtitle: "five folds by configuration; the ring marks the default",
  }, {
    data: { values },
    hconcat: targets.map((target, i) => {
      const y = { field: "fit", type: "nominal", sort: null, title: null, axis: i === 0 ? { labelLimit: 200 } : null };
      const x = {
        field: "mape",
        type: "quantitative",
        title: `MAPE of ${target}, %`,
        scale: { type: "symlog", constant: 10 },
      };
      return {
        width: 300,
        height: { step: 26 },
        transform: [{ filter: `datum.target === '${target}'` }],
        layer: [
          {
            transform: [{ filter: "datum.chosen === 'default'" }],
            mark: { type: "point", size: 170, color: guide, strokeWidth: 1.5 },
            encoding: { x, y },
          },
          {
            mark: { type: "circle", size: 60, opacity: 0.9, tooltip: { content: "data" } },
            encoding: { x, y, color: colourBy("model", "model", values.map(({ model }) => model)) },
          },
        ],
      };
    }),
  });
}

function formsOf({ polynomials, base, boosted, analytical }: TargetFit): { form: string; heldOut: HeldOut }[] {
  const all = { ...polynomials, base, boosted, analytical };
  return [...formNames, "analytical" as const].flatMap((form) => {
    const vouched = all[form];
    return vouched === null ? [] : [{ form, heldOut: vouched.heldOut }];
  });
}
