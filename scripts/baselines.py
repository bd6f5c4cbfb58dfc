#!/usr/bin/env python3
"""What simpler models reach on the development sets, and how alike the written statements are.

    pip install -r scripts/requirements.txt -r scripts/requirements-metrics.txt
    scripts/baselines.py SPLIT_DIR all-MiniLM-L6-v2

SPLIT_DIR is what scripts/split_labelled.py made; the second argument is the folder of the base encoder. Prints macro-F1
of TF-IDF with logistic regression, and of the frozen encoder's mean embeddings with logistic regression; the first also trained
on written statements alone: how far cue words go. Then the diversity of the written statements: the share of
n-grams that occur once, and how near each statement's nearest neighbour of another group is.
"""

import json
import sys
from pathlib import Path

import numpy
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from transformers import AutoModel, AutoTokenizer

DEV = ["dev_real", "dev_written", "articles"]


def read(folder: Path, name: str) -> list[dict]:
    return [json.loads(line) for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def texts(records: list[dict]) -> list[str]:
    return [record["text"] for record in records]


def labels(records: list[dict]) -> list[str]:
    return [record["label"] for record in records]


def report(name: str, scores: list[float]) -> None:
    print(f"| {name} | " + " | ".join(f"{score:.3f}" for score in scores) + " |")


def bag_of_words(train: list[dict], sets: list[list[dict]]) -> list[float]:
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    model = LogisticRegression(C=4, max_iter=500, class_weight="balanced")
    model.fit(vectorizer.fit_transform(texts(train)), labels(train))
    found = [model.predict(vectorizer.transform(texts(records))) for records in sets]
    return [f1_score(labels(records), guess, average="macro") for records, guess in zip(sets, found)]


@torch.no_grad()
def embeddings(base: str, records: list[dict]) -> numpy.ndarray:
    tokenizer, model = AutoTokenizer.from_pretrained(base), AutoModel.from_pretrained(base).eval()
    rows = []
    for start in range(0, len(records), 64):
        batch = tokenizer(
            texts(records[start : start + 64]), padding=True, truncation=True, max_length=96, return_tensors="pt"
        )
        mask = batch["attention_mask"][..., None]
        rows.append((model(**batch).last_hidden_state * mask).sum(1) / mask.sum(1))
    return torch.cat(rows).numpy()


def frozen(base: str, train: list[dict], sets: list[list[dict]]) -> list[float]:
    model = LogisticRegression(C=10, max_iter=2000, class_weight="balanced")
    model.fit(embeddings(base, train), labels(train))
    found = [model.predict(embeddings(base, records)) for records in sets]
    return [f1_score(labels(records), guess, average="macro") for records, guess in zip(sets, found)]


def diversity(written: list[dict]) -> None:
    for length in (1, 2, 3, 4):
        grams: dict[tuple, int] = {}
        for text in texts(written):
            words = text.lower().split()
            for start in range(len(words) - length + 1):
                gram = tuple(words[start : start + length])
                grams[gram] = grams.get(gram, 0) + 1
        total = sum(grams.values())
        print(f"{length}-grams: {total}, distinct {len(grams) / total:.2f}")
    matrix = TfidfVectorizer(sublinear_tf=True).fit_transform(texts(written))
    nearest = []
    for start in range(0, matrix.shape[0], 500):
        similar = (matrix[start : start + 500] @ matrix.T).toarray()
        for row in range(similar.shape[0]):
            similar[row, start + row] = 0
        nearest += similar.max(1).tolist()
    quantiles = numpy.quantile(nearest, [0.5, 0.9, 0.99, 1])
    print("cosine of the nearest neighbour (TF-IDF): median, 90%, 99%, largest:", numpy.round(quantiles, 2).tolist())
    print("statements with a neighbour nearer than 0.8:", sum(value > 0.8 for value in nearest), "of", len(nearest))


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    folder, base = Path(sys.argv[1]), sys.argv[2]
    train, sets = read(folder, "train"), [read(folder, name) for name in DEV]
    written = [record for record in train if record["source"] == "written"]
    print("| trained on | " + " | ".join(DEV) + " |")
    report("TF-IDF, logistic regression", bag_of_words(train, sets))
    report("the same, written statements alone", bag_of_words(written, sets))
    report("frozen encoder, logistic regression", frozen(base, train, sets))
    diversity(written + read(folder, "dev_written") + read(folder, "test_written"))


if __name__ == "__main__":
    main()
