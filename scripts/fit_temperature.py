#!/usr/bin/env python3
"""Fit a model's temperature on labelled statements, and store it in the model's config.json.

    cargo build --release
    scripts/fit_temperature.py MODEL dev_real.jsonl [MORE.jsonl …]

The same measure as `demarche train`'s: the least log loss, the mean over the files. For a model that was put together after
training, or one that is to be trusted on text of one kind. Only the Python standard library is used.
"""

import json
import math
import sys
import tempfile
from pathlib import Path

from card_tables import predicted
from split_labelled import STANCES, records

TEMPERATURE = "calibration_temperature"
TRIED = [hundredths / 100 for hundredths in range(50, 301)]


def log_loss(pairs: list[tuple[str, list[float]]], temperature: float) -> float:
    total = 0.0
    for gold, probabilities in pairs:
        powers = [p ** (1 / temperature) for p in probabilities]
        total -= math.log(max(powers[STANCES.index(gold)] / sum(powers), 1e-6))
    return total / len(pairs)


def main() -> None:
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    model, fixtures = Path(sys.argv[1]), [Path(path) for path in sys.argv[2:]]
    config = json.loads((model / "config.json").read_text())
    stored = config.get(TEMPERATURE, 1.0)
    sets = []
    with tempfile.TemporaryDirectory() as scratch:
        for fixture in fixtures:
            gold = records(fixture)
            guesses = predicted(model, fixture, Path(scratch) / "predictions.jsonl")
            # What the model prints is at the stored temperature: take it back to 1.
            rows = [[guess[f"p_{stance}"] ** stored for stance in STANCES] for guess in guesses]
            sets.append([(record["label"], row) for record, row in zip(gold, rows)])

    def mean(temperature: float) -> float:
        return sum(log_loss(pairs, temperature) for pairs in sets) / len(sets)

    best = min(TRIED, key=mean)
    config[TEMPERATURE] = best
    (model / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    print(f"temperature {best}: log loss {mean(best):.4f}; {mean(1.0):.4f} without")


if __name__ == "__main__":
    main()
