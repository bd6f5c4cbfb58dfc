#!/usr/bin/env python3
"""Split all labelled statements into training, development and test sets.

    scripts/join_real_labels.py CORPUS … > real.jsonl
    scripts/split_labelled.py real.jsonl OUT_DIR

OUT_DIR receives `train.jsonl`, `dev_real.jsonl`, `dev_written.jsonl`, `test_real.jsonl`, `test_written.jsonl` and
`articles.jsonl` (the eighteen articles of `datasets/articles/`, which nothing is trained on or chosen by).

Statements are split by where they come from, never one by one: everything from one document,
one article or one contrast set lands on the same side. Which side is decided by a hash of that
group's name, so a set that grows keeps its old split. A real text with two labels keeps the first.
Only the Python standard library is used.
"""

import hashlib
import json
import re
import sys
from collections import defaultdict
from pathlib import Path

DATASETS = Path(__file__).parent.parent / "datasets"

STANCES = ["pro_intervention", "anti_intervention", "cooperative", "none"]

# Of a hundred groups, the first twelve are for development, the next five for the test.
DEV, TEST = 12, 17


def side_of(group: str) -> str:
    place = int.from_bytes(hashlib.sha256(group.encode()).digest()[:4], "big") % 100
    return "dev" if place < DEV else "test" if place < TEST else "train"


def group_of_written(record: dict, stem: str) -> str:
    """The scenario that a written statement must not be parted from."""
    # The first sixteen files once had other names, by which they were split.
    first = re.fullmatch(r"first-(\d+)", stem)
    if first:
        stem = f"authored_{int(first[1])}"
    if "set" in record:
        return record["set"]
    if "article" in record:
        return f"{stem}/{record['article']}"
    # Statements of one rule or register were written in runs: keep ten neighbours together.
    stem, number = record["id"].rsplit("-", 1)
    return f"{stem}-{int(number) // 10}"


def records(file: Path):
    for line in file.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def statement(record: dict, source: str) -> dict:
    kept = ("id", "text", "label", "rule", "sure")
    return {**{name: record[name] for name in kept if record.get(name) is not None}, "source": source}


def annotated(folder: Path):
    for file in sorted(folder.glob("*.jsonl")):
        for number, record in enumerate(records(file)):
            text = " ".join(record["text"].split())
            yield statement({**record, "id": f"{file.stem}-{number}", "text": text}, "article")


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    real, out = Path(sys.argv[1]), Path(sys.argv[2])
    splits: dict[str, list[dict]] = defaultdict(list)
    seen = set()

    def add(side: str, kind: str, record: dict) -> None:
        if record["text"].strip() in seen:
            return
        seen.add(record["text"].strip())
        splits["train" if side == "train" else f"{side}_{kind}"].append(record)

    for record in records(real):
        add(side_of(f"{record['repo']}/{record['path']}"), "real", statement(record, record.get("source", "real")))
    for file in sorted((DATASETS / "written").glob("*.jsonl")):
        for record in records(file):
            add(side_of(group_of_written(record, file.stem)), "written", statement(record, "written"))
    for record in annotated(DATASETS / "attribution" / "dev"):
        splits["train"].append(record)
    splits["articles"].extend(annotated(DATASETS / "articles"))

    out.mkdir(parents=True, exist_ok=True)
    for name, statements in sorted(splits.items()):
        with open(out / f"{name}.jsonl", "w", encoding="utf-8") as file:
            for record in statements:
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
        print(f"{name}: {len(statements)} statements")


if __name__ == "__main__":
    main()
