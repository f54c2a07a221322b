"""Solves small Lasso problems with scikit-learn and writes lasso_oracle.json beside this file.

    python3 -m venv venv && venv/bin/pip install scikit-learn==1.7.2 numpy==2.4.6
    venv/bin/python lasso_oracle.py

Objective: 1/(2 sum w) sum_i w_i (y_i - b0 - x_i b)^2 + lambda |b|_1 on columns standardised with the weights;
without an intercept they are scaled to a weighted root mean square of 1. All data are integers (the relative weights
1/y^2 excepted), so that both sides read the same numbers.
"""

import json
import pathlib
import warnings

import numpy as np
import sklearn
from sklearn.linear_model import Lasso

TOL, MAX_ITER = 1e-13, 2_000_000
FRACTIONS = [0.5, 0.1, 1e-2, 1e-3, 1e-4]


def integers(seed, count, low, high):
    """High bits of the 32-bit generator of Numerical Recipes."""
    values = []
    for _ in range(count):
        seed = (1664525 * seed + 1013904223) % 2**32
        values.append(low + (seed >> 8) % (high - low + 1))
    return np.array(values, dtype=float)


def ordinary():
    x = integers(1, 40 * 8, -50, 50).reshape(40, 8)
    return x, x @ np.array([3, 0, -2, 0, 0, 1, 0, 0]) + 100 + integers(2, 40, -30, 30)


def wide():
    x = integers(3, 15 * 30, -50, 50).reshape(15, 30)
    return x, 4 * x[:, 0] - 3 * x[:, 7] + x[:, 20] + integers(4, 15, -20, 20)


def cubic():
    """Every monomial of degree 3 or less of three dimensions, one column twice and one nearly twice."""
    v = integers(5, 40 * 3, 1, 12).reshape(40, 3)
    columns = [v[:, a] for a in range(3)]
    columns += [v[:, a] * v[:, b] for a in range(3) for b in range(a, 3)]
    columns += [v[:, a] * v[:, b] * v[:, c] for a in range(3) for b in range(a, 3) for c in range(b, 3)]
    columns += [columns[3], 100 * columns[4] + np.arange(40) % 3]
    return np.stack(columns, axis=1), 50 + 2 * v[:, 0] * v[:, 1] + v[:, 2] ** 3 + integers(6, 40, -40, 40)


def solve(name, x, y, weights, intercept):
    total = weights.sum()
    mean = weights @ x / total if intercept else np.zeros(x.shape[1])
    z = (x - mean) / np.sqrt(weights @ (x - mean) ** 2 / total)
    centred = y - weights @ y / total if intercept else y
    largest = np.abs((weights * centred) @ z).max() / total
    solutions = []
    for fraction in FRACTIONS:
        lam = float(largest * fraction)
        model = Lasso(alpha=lam, fit_intercept=intercept, tol=TOL, max_iter=MAX_ITER)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model.fit(z, y, sample_weight=weights)
        predictions = model.predict(z)
        objective = weights @ (y - predictions) ** 2 / (2 * total) + lam * np.abs(model.coef_).sum()
        print(name, fraction, "sweeps", model.n_iter_, "warnings", len(caught))
        solutions.append(
            {
                "lambda": lam,
                "objective": float(objective),
                "warned": len(caught) > 0,
                "predictions": predictions.tolist(),
            }
        )
    return {
        "name": name,
        "n": x.shape[0],
        "p": x.shape[1],
        "intercept": intercept,
        "x": [int(value) for value in x.ravel()],
        "y": [int(value) for value in y],
        "weights": weights.tolist(),
        "solutions": solutions,
    }


def main():
    problems = []
    for make in (ordinary, wide, cubic):
        x, y = make()
        problems.append(solve(make.__name__, x, y, np.ones(len(y)), True))
    x, y = ordinary()
    problems.append(solve("weighted", x, y, integers(7, len(y), 0, 9), True))
    x, y = cubic()
    problems.append(solve("relative cubic", x, y, 1 / y**2, True))
    problems.append(solve("relative cubic without intercept", x, y, 1 / y**2, False))
    versions = {"sklearn": sklearn.__version__, "numpy": np.__version__}
    text = json.dumps({"versions": versions, "tol": TOL, "max_iter": MAX_ITER, "problems": problems})
    pathlib.Path(__file__).with_suffix(".json").write_text(text + "\n")


if __name__ == "__main__":
    main()
