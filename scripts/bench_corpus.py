#!/usr/bin/env python3
"""Time a whole run over a corpus: articles a second, peak memory, and the share of time outside the network.

    scripts/bench_corpus.py DEMARCHE CORPUS [OPTION …]
    scripts/bench_corpus.py DEMARCHE --made N [OPTION …]

CORPUS is anything that `demarche classify` reads. `--made N` makes a corpus of N short articles, no two alike,
to show that memory stays flat. Options go to `demarche classify`. Only the Python standard library is
used; Linux and macOS.
"""

import gzip
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def make_corpus(path: Path, articles: int) -> None:
    draw = random.Random(1)
    words = [f"word{number}" for number in range(20_000)]
    with gzip.open(path, "wt", compresslevel=1, encoding="utf-8") as file:
        for number in range(articles):
            sentences = (" ".join(draw.choices(words, k=9)).capitalize() + "." for _ in range(draw.randint(2, 4)))
            file.write(json.dumps({"id": f"article-{number:07d}", "text": " ".join(sentences)}) + "\n")


def main() -> None:
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    binary, corpus, options = sys.argv[1], sys.argv[2], sys.argv[3:]
    with tempfile.TemporaryDirectory() as folder:
        if corpus == "--made":
            corpus, options = str(Path(folder) / "made.jsonl.gz"), options[1:]
            make_corpus(Path(corpus), int(sys.argv[3]))
        output = Path(folder) / "out.jsonl"
        begun = time.monotonic()
        status = subprocess.run([binary, "classify", corpus, "-o", output, "--quiet", *options])
        seconds = time.monotonic() - begun
        if status.returncode > 1:
            sys.exit(status.returncode)
        manifest = json.loads(output.with_name("out.jsonl.manifest.json").read_text(encoding="utf-8"))
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    megabytes = used.ru_maxrss / (1024 if sys.platform == "linux" else 1024 * 1024)
    counts = manifest["counts"]
    available = manifest["threads"] * manifest["seconds"]
    print(f"articles            {counts['articles']} ({counts['articles'] / seconds:.1f} a second)")
    print(f"statements          {counts['statements']} ({counts['statements'] / seconds:.0f} a second)")
    print(f"seconds             {seconds:.1f} (processor time {used.ru_utime + used.ru_stime:.1f})")
    print(f"peak memory         {megabytes:.0f} MB")
    if manifest["device"] != "cpu":
        print(f"GPU has a batch     {manifest['network_seconds'] / manifest['seconds']:.1%} of the time")
        return
    print(f"outside the network {1 - manifest['network_seconds'] / available:.1%} of {manifest['threads']} threads' time")


if __name__ == "__main__":
    main()
