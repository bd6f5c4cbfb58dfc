#!/usr/bin/env python3
"""The mean of what teachers say of each text, over those that labelled it.

    scripts/mean_of_teachers.py FIRST.jsonl SECOND.jsonl [MORE.jsonl …] > taught.jsonl

The files are as `train_teacher.py` writes them. Two teachers that differ in their seed err in different places: their mean is
better than either (docs/training.md). The order is the first file's, then what the others add. Only the Python standard library is used.
"""

import json
import sys
from pathlib import Path

from split_labelled import STANCES, records


def main() -> None:
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    said: dict[str, list[list[float]]] = {}
    for file in sys.argv[1:]:
        for record in records(Path(file)):
            said.setdefault(record["text"], []).append([record[f"p_{stance}"] for stance in STANCES])
    for text, rows in said.items():
        means = [sum(column) / len(rows) for column in zip(*rows)]
        fields = {f"p_{stance}": round(mean, 5) for stance, mean in zip(STANCES, means)}
        print(json.dumps({"text": text, **fields}, ensure_ascii=False))


if __name__ == "__main__":
    main()
