/**
 * Learning curves as text.
 *
 * @module
 */
import type { CurvePoint } from "../model/learning_curve.ts";
import { type Column, percent, textTable } from "./text_table.ts";

/** One kind's curve. */
export interface NamedCurve {
  /** Kind, pass and number format. */
  readonly name: string;
  readonly points: readonly CurvePoint[];
}

/**
 * Curves one below the other.
 *
 * @param source The device whose times were corrected; null without one.
 */
export function curvesText(curves: readonly NamedCurve[], source: string | null): string {
  const numbers = ["rows", "paper", "relative", "base", "boosted", "best"].concat(
    source === null ? [] : [`from ${source}`],
  );
  const columns: Column[] = [
    { header: "runtime of" },
    ...numbers.map((header): Column => ({ header, align: "right" })),
  ];
  const rows = curves.flatMap(({ name, points }) =>
    points.map(({ rows, forms, chosen, transferred }) => [
      name,
      String(rows),
      ...[forms.paper, forms.relative, forms.base, forms.boosted, chosen].map((share) => percent(share)),
      ...source === null ? [] : [percent(transferred)],
    ])
  );
  return [
    "MAPE of held-out configurations (5 folds) by number of rows; best is the form that inner folds of these rows choose" +
    (source === null ? "" : `, from ${source} the same where its times may be corrected`),
    "",
    textTable(columns, rows),
    "",
  ].join("\n");
}
