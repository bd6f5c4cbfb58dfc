#!/usr/bin/env python3
"""Choose unlabelled statements for a teacher to label: most where the model at hand is unsure.

    demarche classify --statements --duplicates off unlabelled.jsonl -o scored.jsonl
    scripts/choose_unlabelled.py SPLIT_DIR scored.jsonl [MORE.jsonl …] > unlabelled_chosen.jsonl

The scored records need `text`, `repo`, `path` and the four probabilities (`classify` carries the first fields through; in an
article's records `article` stands for `path`, and `--repo` for `repo`). Left out are statements that have a label, and all that come
from the documents of a development or test set. Of UN General Debate speeches, which are most of our text, and of all
other sources together the 9,000 with the highest entropy are kept and 3,000 others at random: by rank, since how
sure a model says it is differs from one to the next. The order is random. Only the Python standard library is used.
"""

import argparse
import json
import math
import random
from pathlib import Path

from split_labelled import STANCES, records, side_of

UNSUREST, AT_RANDOM = 9000, 3000
SHORTEST, LONGEST = 30, 600


def entropy(record: dict) -> float:
    probabilities = (record[f"p_{stance}"] for stance in STANCES)
    return -sum(p * math.log(max(p, 1e-9)) for p in probabilities)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("split", type=Path)
    parser.add_argument("scored", type=Path, nargs="+")
    parser.add_argument("--repo", default="brian14708/wh-briefings")
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()

    seen = {record["text"].strip() for file in options.split.glob("*.jsonl") for record in records(file)}
    debate, others = [], []
    for file in options.scored:
        for record in records(file):
            text = record["text"].strip()
            place = f"{record.get('repo', options.repo)}/{record.get('path', record['article'])}"
            if text in seen or not SHORTEST <= len(text) <= LONGEST or side_of(place) != "train":
                continue
            seen.add(text)
            (debate if record.get("source") == "ungdc" else others).append(record)
    generator = random.Random(options.seed)
    chosen = []
    for statements in (debate, others):
        statements.sort(key=entropy, reverse=True)
        rest = statements[UNSUREST:]
        chosen += statements[:UNSUREST] + generator.sample(rest, min(AT_RANDOM, len(rest)))
    generator.shuffle(chosen)
    for record in chosen:
        print(json.dumps({"text": record["text"]}, ensure_ascii=False))


if __name__ == "__main__":
    main()
