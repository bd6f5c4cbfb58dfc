#!/usr/bin/env python3
"""Compare an exported model in transformers with Demarche, statement by statement.

    pip install -r scripts/requirements.txt
    demarche export --out exported
    demarche classify --statements list.txt --precision f32 --device cpu --format jsonl > predictions.jsonl
    scripts/check_export.py exported predictions.jsonl

Batches are padded, as a user's would be. Prints the largest difference of a probability, and fails above 1e-4.
"""

import json
import sys
from pathlib import Path

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

BATCH = 32
TOLERANCE = 1e-4


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    folder, predictions = Path(sys.argv[1]), Path(sys.argv[2])
    records = [json.loads(line) for line in predictions.read_text().splitlines()]
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder, trust_remote_code=True).eval()
    print(f"{type(model).__name__}, {len(records)} statements")
    worst, flips = 0.0, 0
    for start in range(0, len(records), BATCH):
        batch = records[start : start + BATCH]
        inputs = tokenizer([record["text"] for record in batch], padding=True, truncation=True, return_tensors="pt")
        with torch.no_grad():
            found = model(**inputs).logits.softmax(dim=-1)
        for record, probabilities in zip(batch, found):
            named = {model.config.id2label[place]: float(p) for place, p in enumerate(probabilities)}
            worst = max(worst, *(abs(p - record[f"p_{name}"]) for name, p in named.items()))
            flips += max(named, key=named.get) != record["stance"]
    print(f"probabilities differ by at most {worst:.7f}; {flips} labels differ")
    sys.exit(int(worst > TOLERANCE))


if __name__ == "__main__":
    main()
