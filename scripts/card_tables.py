#!/usr/bin/env python3
"""Print the tables of a model's card, as Markdown.

    cargo build --release
    scripts/card_tables.py MODEL SPLIT_DIR dev_real dev_written articles

SPLIT_DIR is what scripts/split_labelled.py made; the names are its files. Every figure is `demarche evaluate`'s, in int8; "before
calibration" is the same model at temperature 1. Only the Python standard library is used.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from split_labelled import STANCES, records

DEMARCHE = Path(__file__).parent.parent / "target" / "release" / "demarche"
CONFIDENCES = [0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95]


def predicted(model: Path, fixture: Path, output: Path) -> list[dict]:
    """What the model says of a fixture's statements, in their order; `output` keeps it."""
    options = ["--statements", "--duplicates", "off", "--quiet", "--overwrite", "--model", model]
    subprocess.run([DEMARCHE, "classify", fixture, "-o", output, *options], check=True)
    return list(records(output))


def evaluated(fixture: Path, predictions: Path) -> dict:
    command = [DEMARCHE, "evaluate", fixture, "--predictions", predictions, "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)[0]


def macro_f1(gold: list[str], guess: list[str]) -> float:
    scores = []
    for stance in STANCES:
        both = sum(g == p == stance for g, p in zip(gold, guess))
        either = gold.count(stance) + guess.count(stance)
        if either:
            scores.append(2 * both / either)
    return sum(scores) / len(scores)


def row(*cells: str) -> None:
    print("| " + " | ".join(cells) + " |")


def header(*cells: str) -> None:
    print()
    row(*cells)
    print("|" + "---|" * len(cells))


def with_interval(report: dict, figure: str) -> str:
    low, high = report["intervals"][figure]
    return f"{report[figure]:.2f} [{low:.2f}, {high:.2f}]"


def scores(names: list[str], reports: list[dict], before: list[dict]) -> None:
    header("", *(f"{name} ({report['statements']:,})" for name, report in zip(names, reports)))
    for stance in STANCES:
        cells = [report["per_class"][stance] for report in reports]
        row(f"`{stance}`", *(f"{c['precision']:.2f} / {c['recall']:.2f} / **{c['f1']:.2f}** ({c['support']:.0f})" for c in cells))
    row("macro-F1", *(with_interval(report, "macro_f1") for report in reports))
    row("accuracy", *(with_interval(report, "accuracy") for report in reports))
    row("pro and anti confused", *(f"{report['pro_anti_confusions']:.1%}" for report in reports))
    for name, figure in [("calibration error", "calibration_error"), ("log loss", "log_loss")]:
        row(f"{name} before calibration", *(f"{report[figure]:.3f}" for report in before))
        row(f"{name} after", *(f"{report[figure]:.3f}" for report in reports))
    row("calibration error by chance alone", *(f"{report['calibration_error_by_chance']:.3f}" for report in reports))
    for index, baseline in enumerate(reports[0]["baselines"]):
        row(f"macro-F1 of {baseline['name']}", *(f"{report['baselines'][index]['macro_f1']:.2f}" for report in reports))


def abstaining(names: list[str], sets: list[tuple[list[dict], list[dict]]]) -> None:
    header("`--min-confidence`", *names)
    for least in CONFIDENCES:
        cells = []
        for gold, guesses in sets:
            kept = [
                (record["label"], guess["stance"])
                for record, guess in zip(gold, guesses)
                if guess[f"p_{guess['stance']}"] >= least
            ]
            right = sum(g == p for g, p in kept) / len(kept)
            cells.append(f"{len(kept) / len(gold):.0%} kept, {right:.1%} right")
        row(f"{least}", *cells)


def groups(name: str, gold: list[dict], guesses: list[dict]) -> None:
    header(name, "statements", "accuracy", "macro-F1")
    # Real statements' ids begin with their source.
    source_of = lambda record: record["id"].split("-")[0]
    sources = sorted(set(map(source_of, gold)))
    cuts = [("all", lambda record: True)]
    cuts += [("label sure", lambda record: record.get("sure", True)), ("label unsure", lambda record: not record.get("sure", True))]
    cuts += [(source, lambda record, source=source: source_of(record) == source) for source in sources]
    cuts += [(f"{source}, sure", lambda record, source=source: source_of(record) == source and record.get("sure", True)) for source in sources]
    for cut, holds in cuts:
        pairs = [(record["label"], guess["stance"]) for record, guess in zip(gold, guesses) if holds(record)]
        if pairs:
            right, wrong = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
            row(cut, f"{len(pairs)}", f"{sum(g == p for g, p in pairs) / len(pairs):.2f}", f"{macro_f1(right, wrong):.2f}")


def rules(name: str, report: dict) -> None:
    header(f"rule, {name}", "statements", "accuracy", "macro-F1")
    for group in sorted(report["by"].get("rule", []), key=lambda group: int(group["value"])):
        row(group["value"], f"{group['statements']}", f"{group['accuracy']:.2f}", f"{group['macro_f1']:.2f}")


def main() -> None:
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    model, split, names = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
    with tempfile.TemporaryDirectory() as scratch:
        uncalibrated = Path(scratch) / "uncalibrated"
        shutil.copytree(model, uncalibrated)
        config = json.loads((uncalibrated / "config.json").read_text())
        config.pop("calibration_temperature", None)
        (uncalibrated / "config.json").write_text(json.dumps(config))
        fixtures = [split / f"{name}.jsonl" for name in names]
        outputs = [Path(scratch) / f"{name}.jsonl" for name in names]
        sets = [(list(records(file)), predicted(model, file, output)) for file, output in zip(fixtures, outputs)]
        reports = list(map(evaluated, fixtures, outputs))
        for file, output in zip(fixtures, outputs):
            predicted(uncalibrated, file, output)
        before = list(map(evaluated, fixtures, outputs))
    scores(names, reports, before)
    abstaining(names, sets)
    groups(names[0], *sets[0])
    for name, report in zip(names, reports):
        if report["by"].get("rule"):
            rules(name, report)


if __name__ == "__main__":
    main()
