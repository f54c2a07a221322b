/**
 * Weighted sums of a design: everything a Lasso fit needs to know about its rows.
 *
 * @module
 */

/** Rows to fit: `x` is row-major n×p, `y` has n values; `weights` (n values, none negative) default to 1. */
export interface Design {
  readonly x: Float64Array;
  readonly n: number;
  readonly p: number;
  readonly y: Float64Array;
  readonly weights?: Float64Array;
}

/** The quadratic ½b'Gb − c'b + ½yy of the standardised columns, and how to leave those units. */
export interface Standardised {
  /** p×p, unit diagonal; the row and column of a constant feature are 0. */
  readonly gram: Float64Array;
  /** Weighted mean of standardised column × target, length p, in units of y. */
  readonly c: Float64Array;
  /** Weighted mean square of the (centred) target, in units of y². */
  readonly yy: number;
  /** Coefficients of the standardised columns → original intercept and coefficients. */
  restore(b: Float64Array): { intercept: number; coefficients: Float64Array };
}

/** Below this share of a column's own size, its spread is rounding noise: the column counts as constant. */
const CONSTANT = 1e-12;
/** A subtraction that leaves less of a column's variance than this has lost too many digits to be used. */
const LOST = 1e-6;

/**
 * Σw, Σwz and Σwzz' over rows, where z = ((x, y) − shift) / scale, the target being the last of p + 1 columns.
 * Shift and scale are the weighted mean and standard deviation of the rows first seen (0 and the root mean square
 * without an intercept), which keeps the sums O(1): so a fold can be taken away by plain subtraction.
 *
 * @example
 * ```ts
 * import { Moments } from "./lasso_moments.ts";
 * const x = Float64Array.of(1, 2, 3, 4);
 * const total = Moments.of({ x, n: 4, p: 1, y: x });
 * const training = total.subtract(total.part({ x, n: 4, p: 1, y: x }, [0, 3]));
 * if (Math.abs(training.standardise().yy - 0.25) > 1e-12) throw new Error("the variance of 2 and 3 is 0.25");
 * ```
 */
export class Moments {
  private constructor(
    /** Number of features. */
    readonly p: number,
    /** Whether columns are centred and an unpenalised intercept is fitted. */
    readonly intercept: boolean,
    /** Σw. */
    readonly weight: number,
    private readonly shift: Float64Array,
    private readonly scale: Float64Array,
    private readonly sums: Float64Array,
    private readonly products: Float64Array,
  ) {}

  /**
   * Sums over `rows` (all by default) of a design.
   * @throws {RangeError} on mismatched lengths, values that are not finite, a negative weight, or no weight at all.
   */
  static of(design: Design, options: { intercept?: boolean; rows?: ArrayLike<number> } = {}): Moments {
    checkDesign(design);
    const { p } = design, { intercept = true, rows = allRows(design.n) } = options;
    const shift = new Float64Array(p + 1), scale = new Float64Array(p + 1), peak = new Float64Array(p + 1);
    const weight = eachRow(design, rows, (w, z) => {
      for (let j = 0; j <= p; j++) shift[j] += w * z[j];
    });
    if (!(weight > 0)) {
      throw new RangeError(`The weights of ${rows.length} rows sum to ${weight}: give some rows weight.`);
    }
    for (let j = 0; j <= p; j++) shift[j] = intercept ? shift[j] / weight : 0;
    eachRow(design, rows, (w, z) => {
      for (let j = 0; j <= p; j++) {
        scale[j] += w * (z[j] - shift[j]) ** 2;
        if (w > 0) peak[j] = Math.max(peak[j], Math.abs(z[j]));
      }
    });
    for (let j = 0; j <= p; j++) {
      const spread = Math.sqrt(scale[j] / weight);
      scale[j] = spread > CONSTANT * peak[j] ? spread : 0;
    }
    return Moments.sum(design, rows, intercept, shift, scale);
  }

  /** Sums over some rows on this object's own shift and scale, so that they can be subtracted from it. */
  part(design: Design, rows: ArrayLike<number>): Moments {
    return Moments.sum(design, rows, this.intercept, this.shift, this.scale);
  }

  /**
   * These rows without those of `other`, a {@link part} of this object.
   * @throws {TypeError} when `other` was not summed on this object's shift and scale.
   */
  subtract(other: Moments): Moments {
    if (other.shift !== this.shift) {
      throw new TypeError("Moments of another design: make them with part() of this one.");
    }
    return new Moments(
      this.p,
      this.intercept,
      this.weight - other.weight,
      this.shift,
      this.scale,
      this.sums.map((value, j) => value - other.sums[j]),
      this.products.map((value, j) => value - other.products[j]),
    );
  }

  /** Whether subtraction cancelled so much of a column that its rows should be summed afresh. */
  get cancelled(): boolean {
    return this.scale.some((scale, j) => scale > 0 && !(this.variance(j) > LOST));
  }

  /** Mean square of scaled column j about its mean (about 0 without an intercept). */
  private variance(j: number): number {
    return this.products[j * (this.p + 1) + j] / this.weight - this.mean(j) ** 2;
  }

  private mean(j: number): number {
    return this.intercept ? this.sums[j] / this.weight : 0;
  }

  /** G = Σw x̃x̃' / Σw, c = Σw x̃ỹ / Σw and yy = Σw ỹỹ / Σw of the columns x̃ scaled to unit variance. */
  standardise(): Standardised {
    const { p, weight, shift, scale, products } = this, q = p + 1;
    const mean = Float64Array.from({ length: q }, (_, j) => this.mean(j));
    const deviation = mean.map((_, j) => Math.sqrt(Math.max(0, this.variance(j))));
    for (let j = 0; j < p; j++) if (!(deviation[j] > CONSTANT)) deviation[j] = 0;
    const gram = new Float64Array(p * p), c = new Float64Array(p);
    for (let i = 0; i < p; i++) {
      if (deviation[i] === 0) continue;
      for (let j = 0; j < i; j++) {
        if (deviation[j] === 0) continue;
        // G_ij = (Σw z_i z_j / Σw − z̄_i z̄_j) / (σ_i σ_j)
        const value = (products[i * q + j] / weight - mean[i] * mean[j]) / (deviation[i] * deviation[j]);
        gram[i * p + j] = gram[j * p + i] = value;
      }
      gram[i * p + i] = 1;
      c[i] = scale[p] * (products[p * q + i] / weight - mean[i] * mean[p]) / deviation[i];
    }
    const restore = (b: Float64Array) => {
      const coefficients = b.map((value, j) => value === 0 ? 0 : value / (deviation[j] * scale[j]));
      let intercept = shift[p] + scale[p] * mean[p];
      for (let j = 0; j < p; j++) intercept -= coefficients[j] * (shift[j] + scale[j] * mean[j]);
      return { intercept, coefficients };
    };
    return { gram, c, yy: (scale[p] * deviation[p]) ** 2, restore };
  }

  private static sum(
    design: Design,
    rows: ArrayLike<number>,
    intercept: boolean,
    shift: Float64Array,
    scale: Float64Array,
  ): Moments {
    const q = design.p + 1, sums = new Float64Array(q), products = new Float64Array(q * q);
    // Only the lower triangle is filled: the product matrix is symmetric.
    const weight = eachRow(design, rows, (w, z) => {
      for (let i = 0; i < q; i++) {
        z[i] = scale[i] > 0 ? (z[i] - shift[i]) / scale[i] : 0;
        const wz = w * z[i], row = i * q;
        sums[i] += wz;
        for (let j = 0; j <= i; j++) products[row + j] += wz * z[j];
      }
    });
    return new Moments(design.p, intercept, weight, shift, scale, sums, products);
  }
}

/** Calls `visit` with each row's weight and a scratch copy of (x, y); returns Σw. */
function eachRow(design: Design, rows: ArrayLike<number>, visit: (w: number, z: Float64Array) => void): number {
  const { x, y, p, weights } = design, z = new Float64Array(p + 1);
  let total = 0;
  for (let r = 0; r < rows.length; r++) {
    const i = rows[r], w = weights ? weights[i] : 1;
    for (let j = 0; j < p; j++) z[j] = x[i * p + j];
    z[p] = y[i];
    total += w;
    visit(w, z);
  }
  return total;
}

function allRows(n: number): Int32Array {
  return Int32Array.from({ length: n }, (_, i) => i);
}

function checkDesign({ x, n, p, y, weights }: Design): void {
  if (x.length !== n * p) throw new RangeError(`The design has ${x.length} values, not n × p = ${n} × ${p}.`);
  if (y.length !== n) throw new RangeError(`The target has ${y.length} values for ${n} rows: give one a row.`);
  if (weights && weights.length !== n) throw new RangeError(`There are ${weights.length} weights for ${n} rows.`);
  const cell = x.findIndex((value) => !Number.isFinite(value));
  if (cell >= 0) throw new RangeError(`Row ${Math.floor(cell / p)}, column ${cell % p} is ${x[cell]}: drop or fix it.`);
  const row = y.findIndex((value) => !Number.isFinite(value));
  if (row >= 0) throw new RangeError(`The target of row ${row} is ${y[row]}: drop or fix the row.`);
  const bad = weights?.findIndex((w) => !(w >= 0 && w < Infinity)) ?? -1;
  if (bad >= 0) {
    throw new RangeError(`The weight of row ${bad} is ${weights![bad]}: give a finite weight of 0 or more.`);
  }
}
