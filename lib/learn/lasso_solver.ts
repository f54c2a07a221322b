/**
 * One Lasso problem on a Gram matrix, solved by coordinate descent with Newton steps on the active set.
 *
 * Coordinate descent alone needs of the order of 1e5 sweeps on cubic features, which are nearly collinear. Once the
 * signs are known the optimum solves a linear system, so each sweep is followed by Newton steps that end, or drop a
 * feature, where a sign would change: the feature-sign search of Lee, Battle, Raina and Ng, "Efficient sparse coding
 * algorithms" (NIPS 2006), with the sweep choosing the features to add. The sweep is that of Friedman, Hastie and
 * Tibshirani, "Regularization paths for generalized linear models via coordinate descent" (2010), section 2.2.
 *
 * @module
 */

/** How one solve ended. */
export interface SolveReport {
  /** Duality gap divided by the objective at b = 0. */
  gap: number;
  /** Sweeps plus Newton steps. */
  iterations: number;
  /** Whether the gap reached the one asked for. */
  converged: boolean;
}

/** Smallest pivot of a unit-diagonal Gram matrix: a column closer than this to the span of the others is held up. */
const PIVOT = 1e-11;

/**
 * Minimises ½b'Gb − c'b + ½yy + λ‖b‖₁; `b` stays between calls, so that each solve starts from the one before.
 *
 * @example
 * ```ts
 * import { GramLasso } from "./lasso_solver.ts";
 * const solver = new GramLasso(Float64Array.of(1, 0, 0, 1), Float64Array.of(3, -0.5), 10);
 * solver.solve(1, 1e-9, 100);
 * if (solver.b.join() !== "2,0") throw new Error("an orthonormal design is soft-thresholded");
 * ```
 */
export class GramLasso {
  /** Coefficients of the standardised columns. */
  readonly b: Float64Array;
  /** Residual correlation c − Gb. */
  private readonly g: Float64Array;
  /** Features with a non-zero coefficient in the order of the rows of the Cholesky factor. */
  private active: number[] = [];
  /** Leading rows of the factor that are valid for `active`. */
  private factored = 0;
  private readonly factor: Float64Array;
  private readonly d: Float64Array;
  private readonly gd: Float64Array;

  constructor(private readonly gram: Float64Array, private readonly c: Float64Array, private readonly yy: number) {
    const p = c.length;
    this.b = new Float64Array(p);
    this.g = c.slice();
    this.factor = new Float64Array(p * p);
    this.d = new Float64Array(p);
    this.gd = new Float64Array(p);
  }

  /** Solves for one λ > 0 until the relative duality gap is `gap` or `maxIterations` sweeps and steps are spent. */
  solve(lambda: number, gap: number, maxIterations: number): SolveReport {
    for (let iterations = 0;;) {
      while (iterations < maxIterations && this.active.length > 0) {
        iterations++;
        if (!this.newton(lambda)) break;
      }
      const reached = this.gap(lambda);
      if (reached <= gap || iterations >= maxIterations) {
        return { gap: reached, iterations, converged: reached <= gap };
      }
      iterations++;
      this.sweep(lambda);
    }
  }

  /** b_j ← S(g_j + G_jj b_j, λ) / G_jj for every feature in turn, S the soft threshold. */
  private sweep(lambda: number): void {
    const { b, g, gram } = this, p = b.length;
    for (let j = 0; j < p; j++) {
      const diagonal = gram[j * p + j];
      if (diagonal === 0) continue;
      const u = g[j] + diagonal * b[j];
      const value = Math.abs(u) <= lambda ? 0 : (u - lambda * Math.sign(u)) / diagonal;
      const change = value - b[j];
      if (change === 0) continue;
      if (b[j] === 0) this.active.push(j);
      b[j] = value;
      for (let k = 0, row = j * p; k < p; k++) g[k] -= change * gram[row + k];
    }
    this.dropZeros();
  }

  /**
   * One step along d = G_AA⁻¹(g_A − λ sign b_A) to the lowest point of the objective on that line, which falls by
   * construction. Returns whether a sign changed, in which case the step has to be repeated.
   */
  private newton(lambda: number): boolean {
    const { active, b, g, d, gd, gram } = this, p = b.length, size = active.length;
    this.factorise();
    for (let i = 0; i < size; i++) d[i] = g[active[i]] - lambda * Math.sign(b[active[i]]);
    const rhs = d.slice(0, size);
    this.backSolve();
    gd.fill(0);
    for (let i = 0; i < size; i++) {
      for (let k = 0, row = active[i] * p; k < p; k++) gd[k] += d[i] * gram[row + k];
    }
    let slope = 0, curvature = 0;
    for (let i = 0; i < size; i++) {
      slope -= d[i] * rhs[i];
      curvature += d[i] * gd[active[i]];
    }
    if (!(slope < 0)) return false;
    const { step, crossings, zeroed } = this.search(lambda, slope, curvature);
    if (!Number.isFinite(step)) return false;
    for (let i = 0; i < size; i++) b[active[i]] += step * d[i];
    if (zeroed >= 0) b[active[zeroed]] = 0;
    for (let k = 0; k < p; k++) g[k] -= step * gd[k];
    this.dropZeros();
    return crossings > 0;
  }

  /** φ'(t) = slope + t·curvature + 2λ Σ |d_i| over the features whose sign has changed before t; finds its root. */
  private search(lambda: number, slope: number, curvature: number) {
    const { active, b, d } = this;
    const free = (from: number, at: number) => curvature > 0 ? from - at / curvature : Infinity;
    let step = free(0, slope), from = 0, crossings = 0;
    const signs: { t: number; i: number }[] = [];
    for (let i = 0; i < active.length; i++) {
      const t = -b[active[i]] / d[i];
      if (t > 0 && t <= step) signs.push({ t, i });
    }
    signs.sort((one, other) => one.t - other.t);
    for (const { t, i } of signs) {
      if (step < t) break;
      crossings++;
      slope += curvature * (t - from) + 2 * lambda * Math.abs(d[i]);
      from = t;
      if (slope >= 0) return { step: t, crossings, zeroed: i };
      step = free(from, slope);
    }
    return { step, crossings, zeroed: -1 };
  }

  /**
   * Rows of the Cholesky factor LL' = G_AA that are not valid yet: L_ij = (G_ij − Σ_k L_ik L_jk) / L_jj.
   * Appending a feature adds a row and dropping one keeps the rows above it. A pivot of nought (a duplicate) is raised
   * to a small positive one, so that the step is still downhill, along the direction that swaps the duplicates. A
   * library's decomposition can do neither: it factors the whole matrix at each step and refuses a duplicate.
   */
  private factorise(): void {
    const { active, factor, gram } = this, p = this.b.length;
    for (let i = this.factored; i < active.length; i++) {
      const row = i * p, source = active[i] * p;
      for (let j = 0; j <= i; j++) {
        const other = j * p;
        let sum = gram[source + active[j]];
        for (let k = 0; k < j; k++) sum -= factor[row + k] * factor[other + k];
        factor[row + j] = j < i ? sum / factor[other + j] : Math.sqrt(Math.max(sum, PIVOT));
      }
    }
    this.factored = active.length;
  }

  /** d ← (LL')⁻¹ d. */
  private backSolve(): void {
    const { factor, d } = this, p = this.b.length, size = this.active.length;
    for (let i = 0; i < size; i++) {
      for (let k = 0; k < i; k++) d[i] -= factor[i * p + k] * d[k];
      d[i] /= factor[i * p + i];
    }
    for (let i = size - 1; i >= 0; i--) {
      d[i] /= factor[i * p + i];
      for (let k = 0; k < i; k++) d[k] -= factor[i * p + k] * d[i];
    }
  }

  private dropZeros(): void {
    const first = this.active.findIndex((j) => this.b[j] === 0);
    if (first < 0) return;
    this.factored = Math.min(this.factored, first);
    this.active = this.active.filter((j) => this.b[j] !== 0);
  }

  /**
   * (P − D) / P(0) over all features: P − D = ½(1 + α²)‖r‖² + λ‖b‖₁ − α y'r, where αr is the residual scaled into the
   * dual feasible set, |α g_j| ≤ λ. The residual correlation is summed afresh, so that no drift hides in the gap.
   */
  private gap(lambda: number): number {
    const { active, b, c, g, gram, yy } = this, p = b.length;
    g.set(c);
    for (const j of active) for (let k = 0, row = j * p; k < p; k++) g[k] -= b[j] * gram[row + k];
    let fitted = 0, explained = 0, norm = 0, peak = 0;
    for (let k = 0; k < p; k++) {
      fitted += b[k] * c[k];
      explained += b[k] * (c[k] + g[k]);
      norm += Math.abs(b[k]);
      peak = Math.max(peak, Math.abs(g[k]));
    }
    if (yy === 0) return 0;
    // ‖r‖² = yy − b'(c + g) and y'r = yy − b'c, all per unit of weight.
    const rr = Math.max(0, yy - explained), yr = yy - fitted;
    const alpha = Math.min(lambda / peak, rr > 0 ? yr / rr : 1);
    return Math.max(0, 0.5 * (1 + alpha * alpha) * rr + lambda * norm - alpha * yr) / (0.5 * yy);
  }
}
