"""The verbs of bench/scale/rows.ts by pandas: a JSON object of seconds of processors by verb."""

import json
import sys
import time

import pandas as pd

folder = sys.argv[1]
seconds = {}
marks = {"at": time.process_time()}


def lap(name):
    now = time.process_time()
    seconds[name] = now - marks["at"]
    marks["at"] = now


rows = pd.read_csv(f"{folder}/rows.csv")
names = pd.read_csv(f"{folder}/names.csv")
lap("read CSV")
kept = rows[(rows["x"] > -1.5) & (rows["flag"] != "c")]
lap("filter")
derived = kept.assign(z=kept["x"] * 2 + kept["y"] / 3, sum=kept["x"] + kept["y"])
lap("derive")
joined = derived.merge(names, on=["group", "format"], how="inner")
lap("join")
joined.groupby(["group", "format"], sort=False).agg(mean=("z", "mean"), stdev=("z", "std"), n=("z", "size"))
lap("rollup")
joined.sort_values(["group", "z"], kind="stable")
lap("orderby")
joined.drop_duplicates(["item", "format"])
lap("dedupe")
print(json.dumps(seconds))
