/**
 * Curves of learning: the error by penalty, and by how much was measured.
 *
 * @module
 */
import { around, chart, colourBy, decades, guide, type Spec } from "./spec.ts";

/** What a cross-validated path gives: {@linkcode "../learn/lasso_cv.ts"}. */
export interface CrossValidated {
  /** Penalties, largest first. */
  readonly lambdas: ArrayLike<number>;
  /** Mean loss of held-out rows at each. */
  readonly errors: ArrayLike<number>;
  /** Index of the smallest error. */
  readonly best: number;
}

/** The held-out loss by penalty, with the penalty that was chosen. */
export function crossValidationCurve({ lambdas, errors, best }: CrossValidated, title = "Cross-validation"): Spec {
  const values = Array.from(lambdas, (lambda, i) => ({ lambda, error: errors[i] }));
  const chosen = { lambda: lambdas[best], error: errors[best] };
  const x = decades("lambda", "penalty λ", around(values.map(({ lambda }) => lambda), 1.1), "~e");
  const y = decades("error", "mean held-out loss", around(values.map(({ error }) => error), 1.1));
  return chart({ text: title, subtitle: `smallest at λ = ${chosen.lambda.toPrecision(3)}` }, {
    width: 420,
    height: 240,
    layer: [
      { data: { values: [chosen] }, mark: { type: "rule", color: guide, strokeDash: [4, 3] }, encoding: { x } },
      {
        data: { values },
        mark: { type: "line", point: { size: 18 }, tooltip: { content: "data" } },
        encoding: { x, y },
      },
      { data: { values: [chosen] }, mark: { type: "point", size: 90, color: "#c8373a" }, encoding: { x, y } },
    ],
  });
}

/** One model's held-out error after so many rows. */
export interface LearningPoint {
  readonly model: string;
  readonly rows: number;
  /** A fraction. */
  readonly mape: number;
}

/** The held-out error by the number of measured rows, a line a model. */
export function learningCurve(points: readonly LearningPoint[], title = "Error by how much was measured"): Spec {
  const values = points.map(({ model, rows, mape }) => ({ model, rows, mape: 100 * mape }));
  return chart(title, {
    data: { values },
    width: 420,
    height: 260,
    mark: { type: "line", point: { size: 40 }, tooltip: { content: "data" } },
    encoding: {
      x: decades("rows", "measured rows", around(values.map(({ rows }) => rows))),
      y: decades("mape", "held-out MAPE, %", around(values.map(({ mape }) => mape))),
      color: colourBy("model", "model", points.map(({ model }) => model)),
    },
  });
}
