#!/usr/bin/env python3
"""Bring the labels of real statements together with their texts.

    scripts/join_real_labels.py CORPUS [CORPUS …] > labelled.jsonl

A CORPUS is JSONL (or JSONL.gz) with a field `text`, a statement a line. The labels of
`datasets/real/` have no text: they find it by its SHA-256. Only the Python standard library is used.
"""

import gzip
import hashlib
import json
import sys
from pathlib import Path

LABELS = Path(__file__).parent.parent / "datasets" / "real"


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    labels = {}
    for file in sorted(LABELS.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            label = json.loads(line)
            # The first label of a text counts: files later in the alphabet have second readings.
            labels.setdefault(label.pop("sha256"), label)
    for corpus in sys.argv[1:]:
        opened = gzip.open if corpus.endswith(".gz") else open
        with opened(corpus, "rt", encoding="utf-8") as lines:
            for line in lines:
                text = json.loads(line)["text"]
                label = labels.pop(hashlib.sha256(text.encode()).hexdigest(), None)
                if label is not None:
                    print(json.dumps({**label, "text": text}, ensure_ascii=False))
    if labels:
        print(f"{len(labels)} labels have no text in these corpora", file=sys.stderr)


if __name__ == "__main__":
    main()
