#!/usr/bin/env python3
"""One Python peer of Demarche in a process of its own; bench_peers.py calls it.

    peer.py pipeline            MODEL_FOLDER STATEMENTS.txt THREADS
    peer.py transformers-sorted MODEL_FOLDER STATEMENTS.txt THREADS
    peer.py onnxruntime         MODEL_FOLDER STATEMENTS.txt THREADS GRAPH.onnx WORKERS BATCH
    peer.py tune-onnxruntime    MODEL_FOLDER STATEMENTS.txt THREADS GRAPH.onnx...

Prints JSON: the seconds for all statements, tokenizing included, loading and warming up not, and the
number of each statement's label; or, when tuning, the statements per second of every setting.
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

BATCHES = (1, 4, 8, 16, 32)


def timed(classify, statements: list[str]) -> dict:
    classify(statements[:32])  # warms up
    start = time.perf_counter()
    labels = classify(statements)
    return {"seconds": time.perf_counter() - start, "labels": [int(label) for label in labels]}


def classify_sorted(tokenizer: Tokenizer, statements: list[str], batch: int, logits_of, workers: int = 1) -> np.ndarray:
    """Labels by `logits_of(ids, mask)`, over batches of statements of about the same length, longest first."""
    tokens = [encoding.ids for encoding in tokenizer.encode_batch(statements)]
    order = sorted(range(len(tokens)), key=lambda index: -len(tokens[index]))
    labels = np.empty(len(tokens), dtype=np.int64)

    def classify_batch(start: int) -> None:
        chosen = order[start : start + batch]
        ids = np.zeros((len(chosen), len(tokens[chosen[0]])), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, index in enumerate(chosen):
            ids[row, : len(tokens[index])] = tokens[index]
            mask[row, : len(tokens[index])] = 1
        labels[chosen] = logits_of(ids, mask).argmax(-1)

    with ThreadPoolExecutor(workers) as pool:
        each = pool.map if workers > 1 else map  # PyTorch's number of threads holds only in the first thread
        list(each(classify_batch, range(0, len(order), batch)))
    return labels


def load_tokenizer(model: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(512)
    return tokenizer


def pipeline(model: Path, statements: list[str], threads: int) -> dict:
    """As it comes: one statement after another. Only truncation is asked for, without which 513 tokens fail."""
    import torch
    import transformers
    from model import fast_tokenizer, load_model

    torch.set_num_threads(threads)
    transformers.logging.set_verbosity(transformers.logging.CRITICAL)
    stance = load_model(model)
    classifier = transformers.pipeline("text-classification", stance, tokenizer=fast_tokenizer(model), device="cpu")
    numbers = stance.config.label2id
    return timed(lambda texts: [numbers[found["label"]] for found in classifier(texts, truncation=True)], statements)


def transformers_sorted(model: Path, statements: list[str], threads: int) -> dict:
    import torch
    from model import load_model

    torch.set_num_threads(threads)
    stance, tokenizer = load_model(model), load_tokenizer(model)

    @torch.inference_mode()
    def logits_of(ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        return stance(torch.from_numpy(ids), torch.from_numpy(mask)).logits.numpy()

    return timed(lambda texts: classify_sorted(tokenizer, texts, 32, logits_of), statements)


def onnx_logits(graph: str, threads: int):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    return lambda ids, mask: session.run(["logits"], {"input_ids": ids, "attention_mask": mask})[0]


def onnxruntime(model: Path, statements: list[str], threads: int, graph: str, workers: str, batch: str) -> dict:
    tokenizer, logits_of = load_tokenizer(model), onnx_logits(graph, threads // int(workers))
    return timed(lambda texts: classify_sorted(tokenizer, texts, int(batch), logits_of, int(workers)), statements)


def tune_onnxruntime(model: Path, statements: list[str], threads: int, *graphs: str) -> list[dict]:
    """Every graph and batch size, the threads within one batch or with a batch each."""
    tokenizer = load_tokenizer(model)
    tried = []
    for graph in graphs:
        for workers in sorted({1, threads}):
            logits_of = onnx_logits(graph, threads // workers)
            for batch in BATCHES:
                done = timed(lambda texts: classify_sorted(tokenizer, texts, batch, logits_of, workers), statements)
                rate = len(statements) / done["seconds"]
                tried.append({"graph": graph, "workers": workers, "batch": batch, "rate": rate})
    return tried


PEERS = {"pipeline": pipeline, "transformers-sorted": transformers_sorted}
PEERS |= {"onnxruntime": onnxruntime, "tune-onnxruntime": tune_onnxruntime}


def main() -> None:
    if len(sys.argv) < 5 or sys.argv[1] not in PEERS:
        sys.exit(__doc__)
    name, model, statements, threads, *settings = sys.argv[1:]
    lines = Path(statements).read_text(encoding="utf-8").split("\n")[:-1]
    print(json.dumps(PEERS[name](Path(model), lines, int(threads), *settings)))


if __name__ == "__main__":
    main()
