#!/usr/bin/env python3
"""Statements of Wikipedia's current events, from a clone of github.com/fordred/wikinews.

    scripts/current_events.py CLONE > current_events.jsonl

Prints `repo`, `path`, `date` and `text` of every sentence of every day's list, without links and sources, once.
The labels of `datasets/real/` find their texts in it (scripts/join_real_labels.py). Only the Python standard
library is used.
"""

import html
import json
import re
import sys
from pathlib import Path

SOURCE = re.compile(r"\s*\[\(+[^\]]*\)+\]\((?:[^()]|\([^()]*\))*\)")
LINK = re.compile(r"\[((?:[^\[\]]|\[[^\]]*\])*)\]\((?:[^()]|\([^()]*\))*\)")
SENTENCE_END = re.compile(r'(?<=[a-z)”"][.!?])\s+(?=[A-Z“"])')
SHORTEST = 40


def sentences(markdown: str):
    for line in markdown.split("\n"):
        item = re.match(r"\s*[*+-] (.*)", line)
        if not item:
            continue
        text = LINK.sub(r"\1", SOURCE.sub("", item[1]))
        text = html.unescape(re.sub(r"[*_\\]", "", text)).strip()
        # Headings of stories are items, too, and have no full stop.
        if re.search(r'[.!?]["”’]?$', text):
            yield from (part.strip() for part in SENTENCE_END.split(text))


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    clone = Path(sys.argv[1])
    seen = set()
    for file in sorted(clone.glob("docs/_posts/*.md")):
        for text in sentences(file.read_text(encoding="utf-8")):
            if len(text) < SHORTEST or text in seen:
                continue
            seen.add(text)
            place = {"repo": "fordred/wikinews", "path": str(file.relative_to(clone)), "date": file.name[:10]}
            print(json.dumps({**place, "text": text}, ensure_ascii=False))


if __name__ == "__main__":
    main()
