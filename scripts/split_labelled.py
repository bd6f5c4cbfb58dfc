#!/usr/bin/env python3
"""Split labelled statements into a training set and two development sets.

    scripts/split_labelled.py LABELLED_DIR OUT_DIR

LABELLED_DIR holds `public*.jsonl` (real statements) and `authored*.jsonl` (written ones).
OUT_DIR receives `train.jsonl`, `dev_real.jsonl` and `dev_written.jsonl`.

Statements are split by where they come from, never one by one: everything from one document,
one article or one contrast set lands on the same side. Which side is decided by a hash of that
group's name, so a set that grows keeps its old split. Only the Python standard library is used.
"""

import hashlib
import json
import re
import sys
from pathlib import Path

DEV_PERCENT = 12


def group_of(record: dict, file: Path) -> str:
    """The scenario or source that a statement must not be parted from."""
    if "path" in record:
        return f"{record['repo']}/{record['path']}"
    if "article" in record:
        return f"{file.stem}/{record['article']}"
    contrast_set = re.fullmatch(r"(.*-\d+)[a-z]", record["id"])
    if contrast_set:
        return contrast_set.group(1)
    # Statements of one rule or register were written in runs: keep ten neighbours together.
    stem, number = record["id"].rsplit("-", 1)
    return f"{stem}-{int(number) // 10}"


def is_dev(group: str) -> bool:
    digest = hashlib.sha256(group.encode()).digest()
    return int.from_bytes(digest[:4], "big") % 100 < DEV_PERCENT


def fixture_record(record: dict) -> dict:
    kept = ("id", "text", "label", "rule", "sure", "source")
    return {name: record[name] for name in kept if record.get(name) is not None}


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    labelled, out = Path(sys.argv[1]), Path(sys.argv[2])
    splits: dict[str, list[dict]] = {"train": [], "dev_real": [], "dev_written": []}
    for kind, pattern in (("dev_real", "public*.jsonl"), ("dev_written", "authored*.jsonl")):
        for file in sorted(labelled.glob(pattern)):
            for line in file.read_text(encoding="utf-8").splitlines():
                record = json.loads(line)
                split = kind if is_dev(group_of(record, file)) else "train"
                splits[split].append(fixture_record(record))
    out.mkdir(parents=True, exist_ok=True)
    for name, records in splits.items():
        with open(out / f"{name}.jsonl", "w", encoding="utf-8") as file:
            for record in records:
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
        print(f"{name}: {len(records)} statements")


if __name__ == "__main__":
    main()
