"""scikit-learn's and LightGBM's side of boosting_bench.ts: fits and predicts FOLDER's data once, prints JSON.

python boosting_peers.py FOLDER ROWS COLUMNS HELD TREES LEAVES
"""
import json
import sys
import time

import lightgbm
import numpy as np
import sklearn
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import r2_score

folder = sys.argv[1]
rows, columns, held, trees, leaves = map(int, sys.argv[2:])
x = np.fromfile(f"{folder}/x.f64").reshape(columns, rows + held).T.copy()
y = np.fromfile(f"{folder}/y.f64")
fit_x, fit_y, held_x, held_y = x[:rows], y[:rows], x[rows:], y[rows:]


def seconds(run):
    start = time.perf_counter()
    result = run()
    return time.perf_counter() - start, result


shared = {"learning_rate": 0.1, "random_state": 0}
ours = HistGradientBoostingRegressor(
    max_iter=trees, max_leaf_nodes=leaves, min_samples_leaf=20, l2_regularization=0, early_stopping=False, **shared
)
fit_seconds, model = seconds(lambda: ours.fit(fit_x, fit_y))
light = lightgbm.LGBMRegressor(
    n_estimators=trees, num_leaves=leaves, min_child_samples=20, n_jobs=1, verbose=-1, **shared
)
light_fit_seconds, booster = seconds(lambda: light.fit(fit_x, fit_y).booster_)
predict_seconds, predicted = seconds(lambda: booster.predict(fit_x, num_threads=1))
print(json.dumps({
    "sklearn": sklearn.__version__,
    "lightgbm": lightgbm.__version__,
    "fitSeconds": fit_seconds,
    "lightFitSeconds": light_fit_seconds,
    "lightPredictSeconds": predict_seconds,
    "r2": r2_score(held_y, model.predict(held_x)),
    "lightR2": r2_score(held_y, booster.predict(held_x)),
}))
