"""Times scikit-learn's LassoCV on the data that lasso_bench.ts wrote; prints one line of JSON.

usage: lasso_sklearn.py FOLDER FOLDS TOL MAX_ITER
"""

import json
import sys
import time
import warnings

import numpy as np
import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LassoCV
from sklearn.model_selection import PredefinedSplit


def relative_gap(x, y, coefficients, lam):
    """Duality gap over the objective at b = 0, from the rows themselves."""
    y = y - y.mean()
    r = y - x @ coefficients
    alpha = min(lam / np.abs(x.T @ r / len(y)).max(), (y @ r) / (r @ r))
    primal = r @ r / 2 + len(y) * lam * np.abs(coefficients).sum()
    dual = (y @ y - (y - alpha * r) @ (y - alpha * r)) / 2
    return (primal - dual) / (y @ y / 2)


def main():
    folder, folds, tol, max_iter = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    y = np.fromfile(folder + "/y.f64")
    lambdas = np.fromfile(folder + "/lambdas.f64")
    x = np.fromfile(folder + "/x.f64").reshape(len(y), -1)
    x = np.asfortranarray((x - x.mean(axis=0)) / x.std(axis=0))
    split = PredefinedSplit(np.arange(len(y)) % folds)
    model = LassoCV(alphas=lambdas, cv=split, tol=tol, max_iter=max_iter, n_jobs=1)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        start = time.perf_counter()
        model.fit(x, y)
        seconds = time.perf_counter() - start
    print(
        json.dumps(
            {
                "seconds": seconds,
                "lambda": model.alpha_,
                "gap": relative_gap(x, y, model.coef_, model.alpha_),
                "error": model.mse_path_.mean(axis=1).min(),
                "unconverged": sum(issubclass(w.category, ConvergenceWarning) for w in caught),
                "sklearn": sklearn.__version__,
                "numpy": np.__version__,
            }
        )
    )


if __name__ == "__main__":
    main()
