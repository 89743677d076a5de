"""Writes statistics.json: what pandas and scipy make of a small table.

    python3 statistics.py > statistics.json     (pandas 3.1.1, scipy 1.17.1, numpy 2.4.6)

Clustered standard errors, ranks within questions and Kendall's tau within questions are written out: no package here has
them.
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
    """CR2 with Satterthwaite's degrees of freedom, from the matrices (Pustejovsky and Tipton 2018)."""
    v = frame.dropna(subset=["y"])
    y, labels = v["y"].to_numpy(), v["question"].to_numpy()
    n = len(y)
    clusters = list(dict.fromkeys(labels))
    if len(clusters) < 2:
        return [None, None, None, None]
    ones = np.ones((n, 1))
    residual_maker = np.eye(n) - ones @ ones.T / n
    residuals = residual_maker @ y
    variance, vectors = 0.0, []
    for c in clusters:
        inside = labels == c
        w, q = np.linalg.eigh(residual_maker[np.ix_(inside, inside)])
        weights = (q @ np.diag(w ** -0.5) @ q.T @ np.ones(inside.sum())) / n
        variance += (weights @ residuals[inside]) ** 2
        vectors.append(residual_maker[:, inside] @ weights)
    cross = np.array([[a @ b for b in vectors] for a in vectors])
    se, df_ = math.sqrt(variance), np.trace(cross) ** 2 / (cross ** 2).sum()
    h = stats.t.ppf(0.975, df_) * se
    return [se, v["y"].mean() - h, v["y"].mean() + h, df_]


full = df.dropna(subset=["x", "y"]).reset_index(drop=True)


def within(frame, rank):
    """Ranks within questions first, if any; then less the mean of the question."""
    groups = frame.groupby("question")
    scored = {c: groups[c].rank() if rank else frame[c] for c in ("x", "y", "z")}
    return pd.DataFrame({c: v - v.groupby(frame["question"]).transform("mean") for c, v in scored.items()})


def residual(y, z):
    slope, intercept = np.polyfit(z, y, 1)
    return y - slope * z - intercept


def partial(frame):
    return stats.pearsonr(residual(frame["x"], frame["z"]), residual(frame["y"], frame["z"]))[0]


def tau(a, b, groups):
    """Tau-b of pairs of the same group."""
    n = len(a)
    pairs = [(i, j) for i in range(n) for j in range(i) if groups[i] == groups[j]]
    sign = lambda v: np.array([np.sign(v[i] - v[j]) for i, j in pairs])
    sa, sb = sign(a), sign(b)
    return float((sa * sb).sum() / math.sqrt((sa != 0).sum() * (sb != 0).sum()))


def partial_tau(frame, groups):
    x, y, z = (frame[c].to_numpy() for c in ("x", "y", "z"))
    xy, xz, yz = tau(x, y, groups), tau(x, z, groups), tau(y, z, groups)
    return (xy - xz * yz) / math.sqrt((1 - xz ** 2) * (1 - yz ** 2))


def three(x, y):
    return {"pearson": stats.pearsonr(x, y)[0], "spearman": stats.spearmanr(x, y)[0], "kendall": stats.kendalltau(x, y)[0]}


questions_of = full["question"].to_numpy()
everyone = np.zeros(len(full))
ranked = full[["x", "y", "z"]].rank()
clean = lambda v: None if v is None or (isinstance(v, float) and math.isnan(v)) else v
out = {
    "provenance": f"statistics.py with pandas {pd.__version__}, scipy {scipy.__version__}, numpy {np.__version__}",
    "rows": [{k: clean(v) for k, v in r.items()} for r in rows],
    "aggregate": {g: {**{k: clean(float(v)) for k, v in r.items()}, "ci95": [clean(v) for v in ci(df[df.group == g]["y"])],
                      "clustered": [clean(v) for v in clustered(df[df.group == g])]} for g, r in agg.iterrows()},
    "correlation": {
        "plain": three(full["x"], full["y"]),
        "log_x": three(np.log(full["x"]), full["y"]),
        "within": {
            "pearson": stats.pearsonr(within(full, False)["x"], within(full, False)["y"])[0],
            "spearman": stats.pearsonr(within(full, True)["x"], within(full, True)["y"])[0],
            "kendall": tau(full["x"].to_numpy(), full["y"].to_numpy(), questions_of),
        },
        "partial": {"pearson": partial(full), "spearman": partial(ranked), "kendall": partial_tau(full, everyone)},
        "within_partial": {
            "pearson": partial(within(full, False)),
            "spearman": partial(within(full, True)),
            "kendall": partial_tau(full, questions_of),
        },
        "n": len(full),
    },
    "t_quantiles": [[p, df_, stats.t.ppf(p, df_)] for p in (0.6, 0.9, 0.975, 0.9995) for df_ in (1, 2, 3, 5, 10, 30, 200)],
    "quantiles": {"values": [3, 1, 4, 1, 5, 9, 2, 6], "at": {str(p): float(np.quantile([3, 1, 4, 1, 5, 9, 2, 6], p)) for p in (0, 0.025, 0.25, 0.5, 0.9, 1)}},
}
print(json.dumps(out, indent=1))
