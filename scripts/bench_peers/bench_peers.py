#!/usr/bin/env python3
"""Compare demarche with other ways to run the same model, side by side; run.sh sets up what it needs.

    bench_peers.py STATEMENTS.txt [--rounds 3] [--threads N] [--only NAME,...] [--json FILE]

STATEMENTS.txt has one statement a line. In each round all peers run in turn, each in a fresh process.
ONNX Runtime's graph, batch size and use of threads are chosen beforehand, on a sample. Times of the
peers leave out loading and warming up; those of demarche are of the whole process. Statements that a
peer labels as `transformers-sorted` does show that all compute the same.

Nothing else may run: on 2 cores, one busy neighbour slowed PyTorch down by a factor of 3 to 40. The
last column is the most that others had of the processor while a peer ran; above 5%, do not believe it.
"""

import argparse
import csv
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
REFERENCE = "transformers-sorted"
LABELS = ["pro_intervention", "anti_intervention", "cooperative", "none"]
NAMES = ["pipeline", REFERENCE, "onnxruntime-float32", "onnxruntime-int8", "candle-transformers"]
NAMES += ["demarche-float32", "demarche"]
TUNING_STATEMENTS = 400


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    work = ROOT / "target/bench_peers"
    parser.add_argument("statements", type=Path, metavar="STATEMENTS.txt")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=cores, help="for every peer [default: one for each core]")
    parser.add_argument("--only", default=",".join(NAMES), metavar="NAME,...", help="of " + ", ".join(NAMES))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured")
    parser.add_argument("--pipeline-statements", type=int, default=400, metavar="N", help="its sample; it is slow")
    parser.add_argument("--model", type=Path, default=ROOT / "models/demarche-en-small", metavar="FOLDER")
    parser.add_argument("--graphs", type=Path, default=work / "graphs", metavar="FOLDER", help="made by model.py")
    parser.add_argument("--candle-binary", default=work / "candle/release/candle_peer", metavar="PATH")
    parser.add_argument("--demarche", default=ROOT / "target/release/demarche", metavar="PATH")
    options = parser.parse_args()
    options.only = options.only.split(",")
    if unknown := set(options.only) - set(NAMES):
        parser.error(f"no such peer: {', '.join(sorted(unknown))}")
    if min(options.rounds, options.threads, options.pipeline_statements) < 1:
        parser.error("rounds, threads and numbers of statements start at 1")
    return options


def sample(count: int, size: int) -> list[int]:
    """`size` of `count` places, spread evenly."""
    size = min(size, count)
    return [index * count // size for index in range(size)]


def run(command: list, threads: int) -> str:
    """What the command prints; RuntimeError with the end of its complaint if it fails."""
    environment = os.environ | {"RAYON_NUM_THREADS": str(threads), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, env=environment)
    if done.returncode:
        complaint = done.stderr.strip().splitlines() or ["no message"]
        raise RuntimeError(f"exit code {done.returncode}: {complaint[-1]}")
    return done.stdout


def processor_seconds() -> tuple[float, float]:
    """Of all cores since the machine started: in all, and used by others than this program; Linux only."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return float("nan"), float("nan")
    ticks = [int(count) for count in stat.read_text().split("\n", 1)[0].split()[1:9]]
    idle = ticks[3] + ticks[4]  # the second: waiting for a disk
    in_all, used = (count / os.sysconf("SC_CLK_TCK") for count in (sum(ticks), sum(ticks) - idle))
    return in_all, used - sum(os.times()[:4])


class Bench:
    def __init__(self, options: argparse.Namespace, statements: list[str], folder: Path):
        self.options = options
        self.folder = folder
        self.tuned: dict[str, dict] = {}
        self.tuning: dict[str, list[dict]] = {}
        everything, few = range(len(statements)), sample(len(statements), options.pipeline_statements)
        self.places = {name: everything for name in NAMES} | {"pipeline": few}
        tuning = sample(len(statements), TUNING_STATEMENTS)
        for name, places in (("all", everything), ("pipeline", few), ("tuning", tuning)):
            text = "".join(f"{statements[place]}\n" for place in places)
            (folder / f"{name}.txt").write_text(text, encoding="utf-8")

    def python_peer(self, name: str, statements: str, *settings):
        o = self.options
        command = [sys.executable, HERE / "peer.py", name, o.model, self.folder / f"{statements}.txt", o.threads]
        return json.loads(run([*command, *settings], o.threads).splitlines()[-1])

    def tune(self, name: str) -> None:
        """Find the fastest setting of ONNX Runtime."""
        precision = name.removeprefix("onnxruntime-")
        graphs = sorted(self.options.graphs.glob(f"{precision}-*.onnx"))
        if not graphs:
            raise RuntimeError(f"no graphs {precision}-*.onnx in {self.options.graphs}: make them with model.py")
        self.tuning[name] = self.python_peer("tune-onnxruntime", "tuning", *graphs)
        self.tuned[name] = max(self.tuning[name], key=lambda tried: tried["rate"])

    def once(self, name: str) -> dict:
        """The seconds and labels of one run of a peer."""
        o = self.options
        if name == "pipeline":
            return self.python_peer(name, "pipeline")
        if name == REFERENCE:
            return self.python_peer(name, "all")
        if name in self.tuned:
            best = self.tuned[name]
            return self.python_peer("onnxruntime", "all", best["graph"], best["workers"], best["batch"])
        if name == "candle-transformers":
            return json.loads(run([o.candle_binary, o.model, self.folder / "all.txt", o.threads], o.threads))
        precision = "f32" if name == "demarche-float32" else "int8"
        out = self.folder / f"{name}.csv"
        command = [o.demarche, "classify", "--statements", self.folder / "all.txt", "-o", out, "--quiet"]
        command += ["--model", o.model, "--threads", o.threads, "--precision", precision]
        start = time.perf_counter()
        run(command, o.threads)
        seconds = time.perf_counter() - start
        with out.open(encoding="utf-8", newline="") as table:
            return {"seconds": seconds, "labels": [LABELS.index(row["stance"]) for row in csv.DictReader(table)]}

    def configuration(self, name: str) -> str:
        if name in self.tuned:
            best = self.tuned[name]
            threads = "a batch a thread" if best["workers"] > 1 else "all threads in one batch"
            return f"{Path(best['graph']).stem}, sorted, batches of {best['batch']}, {threads}"
        return {
            "pipeline": f"default: float32, one at a time; {len(self.places[name])} statements",
            REFERENCE: "float32, sorted, batches of 32",
            "candle-transformers": "float32, sorted, batches of 8, one a thread",
            "demarche-float32": "`--precision f32`, start-up and output included",
            "demarche": "`--precision int8`, start-up and output included",
        }.get(name, "")


def measure(bench: Bench, results: dict[str, dict]) -> None:
    """All rounds, into `results`; a peer that failed once is left out from then on."""

    def attempt(name: str, what: str, action):
        print(f"{name}: {what}", file=sys.stderr)
        try:
            return action()
        except Exception as error:  # one peer's trouble must not stop the others
            results[name]["failed"] = str(error)
            print(f"{name}: failed: {error}", file=sys.stderr)

    chosen = [name for name in NAMES if name in bench.options.only]
    for name in chosen:
        results[name] = {"rates": [], "used_by_others": [], "labels": None, "failed": None}
        if name.startswith("onnxruntime-"):
            attempt(name, "choosing the graph and batch size", lambda: bench.tune(name))
        results[name]["configuration"] = bench.configuration(name)
    for number in range(1, bench.options.rounds + 1):
        for name in chosen:
            result, statements = results[name], len(bench.places[name])
            before = processor_seconds()
            if not result["failed"] and (done := attempt(name, f"round {number}", lambda: bench.once(name))):
                in_all, others = (now - then for now, then in zip(processor_seconds(), before))
                result["used_by_others"].append(max(others / in_all, 0.0))
                result["rates"].append(statements / done["seconds"])
                result["labels"] = done["labels"]
                if len(done["labels"]) != statements:
                    result["failed"] = f"{len(done['labels'])} labels for {statements} statements"


def compare(bench: Bench, results: dict[str, dict]) -> None:
    """Add what sets a peer beside the others: demarche's speed over it, and the share of equal labels."""
    ours, reference = results.get("demarche"), results.get(REFERENCE)
    for name, result in results.items():
        if result["failed"]:
            continue
        result["median"] = statistics.median(result["rates"])
        if ours and not ours["failed"]:
            pairs = zip(ours["rates"], result["rates"])
            result["demarche_times_faster"] = statistics.median(our / its for our, its in pairs)
        if reference and not reference["failed"]:
            expected = [reference["labels"][place] for place in bench.places[name]]
            equal = [label == other for label, other in zip(result["labels"], expected)]
            result["same_labels"] = sum(equal) / len(equal)


def about(options: argparse.Namespace, statements: list[str]) -> dict:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    cpu = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.processor())
    packages = ("torch", "transformers", "tokenizers", "onnxruntime")
    versions = {"python": platform.python_version()} | {name: version(name) for name in packages}
    lock = tomllib.loads((HERE / "candle/Cargo.lock").read_text())["package"]
    versions |= {crate["name"]: crate["version"] for crate in lock if crate["name"] == "candle-transformers"}
    try:
        versions["demarche"] = run([options.demarche, "--version"], 1).split()[1]
    except (OSError, RuntimeError) as error:
        versions["demarche"] = str(error)
    words = sum(len(statement.split()) for statement in statements) / len(statements)
    found = {"cpu": cpu, "threads": options.threads, "rounds": options.rounds, "statements": len(statements)}
    return found | {"mean_words": round(words, 1), "versions": versions}


def report(machine: dict, results: dict[str, dict]) -> None:
    print(f"{machine['cpu']}, {machine['threads']} threads; {machine['statements']} statements of", end=" ")
    print(f"{machine['mean_words']} words; rounds: {machine['rounds']}")
    print(", ".join(f"{name} {number}" for name, number in machine["versions"].items()) + "\n")
    print("| peer | configuration | statements/s (min to max) | demarche is faster by | same labels | used by others |")
    print("|---|---|---|---|---|---|")
    for name, result in results.items():
        cells = [name, result["configuration"]]
        if result["failed"]:
            cells += [f"failed: {result['failed']}", "", "", ""]
        else:
            low, high = min(result["rates"]), max(result["rates"])
            cells.append(f"{result['median']:.1f} ({low:.1f} to {high:.1f})")
            cells.append(f"{result['demarche_times_faster']:.2f}" if "demarche_times_faster" in result else "")
            cells.append(f"{result['same_labels']:.2%}" if "same_labels" in result else "")
            cells.append(f"{max(result['used_by_others']):.0%}")
        print("| " + " | ".join(cells) + " |")


def main() -> None:
    options = arguments()
    lines = options.statements.read_text(encoding="utf-8").split("\n")
    statements = [line.strip() for line in lines if line.strip()]
    if not statements:
        sys.exit(f"{options.statements}: no statements")
    machine, results = about(options, statements), {}
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options, statements, Path(folder))
        measure(bench, results)
        compare(bench, results)
    report(machine, results)
    if options.json:
        everything = {"machine": machine, "tuning": bench.tuning, "peers": results}
        options.json.write_text(json.dumps(everything, indent=1) + "\n")
    if any(result["failed"] for result in results.values()):
        sys.exit(1)


if __name__ == "__main__":
    main()
