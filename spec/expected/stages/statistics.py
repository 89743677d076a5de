"""Writes statistics.json: what pandas and scipy make of a small table.

    python3 statistics.py > statistics.json     (pandas 3.0.6, scipy 1.17.1, numpy 2.4.6)

The clustered standard error is written out: no package here has it.
"""

import json
import math

import numpy as np
import pandas as pd
import scipy
from scipy import stats

rng = np.random.default_rng(7)
groups, questions = ["a", "b", "c"], ["q1", "q2", "q3", "q4"]
rows = []
for g in groups:
    for q in questions:
        for _ in range(2):
            x = float(np.round(rng.normal(3, 1), 3))
            y = float(np.round(-2 * x + {"q1": 0, "q2": 3, "q3": -4, "q4": 8}[q] + rng.normal(0, 1), 3))
            rows.append({"group": g, "question": q, "x": x, "y": y, "z": float(np.round(x * 2 + rng.normal(), 3))})
rows[3]["y"] = None          # missing
rows[9]["x"] = rows[4]["x"]  # ties
rows[10]["y"] = rows[5]["y"]
rows.append({"group": "single", "question": "q1", "x": 1.5, "y": -3.25, "z": 0.0})
df = pd.DataFrame(rows)

agg = df.groupby("group")["y"].agg(["mean", "std", "sem", "min", "max", "median", "count", "sum"])


def ci(v):
    v = v.dropna()
    if len(v) < 2:
        return [None, None]
    h = stats.t.ppf(0.975, len(v) - 1) * v.sem()
    return [v.mean() - h, v.mean() + h]


def clustered(frame):
    v = frame.dropna(subset=["y"])
    d = v["y"] - v["y"].mean()
    sums = d.groupby(v["question"]).sum()
    c = len(sums)
    if c < 2:
        return [None, None, None]
    se = math.sqrt((sums ** 2).sum() * c / (c - 1)) / len(v)
    h = stats.t.ppf(0.975, c - 1) * se
    return [se, v["y"].mean() - h, v["y"].mean() + h]


full = df.dropna(subset=["x", "y"]).reset_index(drop=True)
dem = full.assign(x=full["x"] - full.groupby("question")["x"].transform("mean"),
                  y=full["y"] - full.groupby("question")["y"].transform("mean"),
                  z=full["z"] - full.groupby("question")["z"].transform("mean"))


def residual(y, z):
    slope, intercept = np.polyfit(z, y, 1)
    return y - slope * z - intercept


def three(x, y):
    return {"pearson": stats.pearsonr(x, y)[0], "spearman": stats.spearmanr(x, y)[0], "kendall": stats.kendalltau(x, y)[0]}


clean = lambda v: None if v is None or (isinstance(v, float) and math.isnan(v)) else v
out = {
    "provenance": f"statistics.py with pandas {pd.__version__}, scipy {scipy.__version__}, numpy {np.__version__}",
    "rows": [{k: clean(v) for k, v in r.items()} for r in rows],
    "aggregate": {g: {**{k: clean(float(v)) for k, v in r.items()}, "ci95": [clean(v) for v in ci(df[df.group == g]["y"])],
                      "clustered": [clean(v) for v in clustered(df[df.group == g])]} for g, r in agg.iterrows()},
    "correlation": {
        "plain": three(full["x"], full["y"]),
        "log_x": three(np.log(full["x"]), full["y"]),
        "within": three(dem["x"], dem["y"]),
        "partial": three(residual(full["x"], full["z"]), residual(full["y"], full["z"])),
        "within_partial": three(residual(dem["x"], dem["z"]), residual(dem["y"], dem["z"])),
        "n": len(full),
    },
    "t_quantiles": [[p, df_, stats.t.ppf(p, df_)] for p in (0.6, 0.9, 0.975, 0.9995) for df_ in (1, 2, 3, 5, 10, 30, 200)],
    "quantiles": {"values": [3, 1, 4, 1, 5, 9, 2, 6], "at": {str(p): float(np.quantile([3, 1, 4, 1, 5, 9, 2, 6], p)) for p in (0, 0.025, 0.25, 0.5, 0.9, 1)}},
}
print(json.dumps(out, indent=1))
