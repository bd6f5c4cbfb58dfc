#!/usr/bin/env python3
"""Time PyTorch on a GPU with the model that demarche has, as fast as its usual means allow.

    gpu_peer.py MODEL_FOLDER STATEMENTS.txt [--rounds 3]

transformers' BERT with PyTorch's scaled dot-product attention in bfloat16, float16 and (TF32 off) float32; statements
sorted by length and padded in batches of some number of tokens, of which the fastest is taken. Printed is the rate of
the network alone, token ids at hand, and end to end: tokenizing by the Rust tokenizer on all cores, all of it before
the network begins, or a block ahead of it in a thread of its own.
"""

import argparse
import json
import os
import queue
import statistics
import threading
import time
from pathlib import Path

import torch
from model import load_model
from peer import load_tokenizer

BUDGETS = [8192, 16384, 32768, 65536, 131072]
BLOCK = 16384


def batches(lengths: list[int], budget: int):
    """Indices in batches of like length, the longest first; a batch's padded tokens stay within the budget."""
    order = sorted(range(len(lengths)), key=lambda index: -lengths[index])
    start = 0
    while start < len(order):
        size = max(1, budget // lengths[order[start]])
        yield order[start : start + size]
        start += size


def padded(ids: list, batch: list[int]):
    longest = len(ids[batch[0]])
    rows = torch.zeros((len(batch), longest), dtype=torch.long)
    mask = torch.zeros((len(batch), longest), dtype=torch.long)
    for row, index in enumerate(batch):
        length = len(ids[index])
        rows[row, :length] = torch.as_tensor(ids[index])
        mask[row, :length] = 1
    return rows.pin_memory(), mask.pin_memory()


@torch.inference_mode()
def classify(model, prepared) -> torch.Tensor:
    to_gpu = ((rows.cuda(non_blocking=True), mask.cuda(non_blocking=True)) for rows, mask in prepared)
    results = [model(rows, mask).logits for rows, mask in to_gpu]
    return torch.cat(results).float().cpu()


def tokenize(tokenizer, statements: list[str]) -> list:
    return [encoding.ids for encoding in tokenizer.encode_batch_fast(statements)]


def end_to_end(model, tokenizer, statements, budget) -> None:
    blocks: queue.Queue = queue.Queue(1)

    def read() -> None:
        for start in range(0, len(statements), BLOCK):
            ids = tokenize(tokenizer, statements[start : start + BLOCK])
            blocks.put([padded(ids, batch) for batch in batches([len(one) for one in ids], budget)])
        blocks.put(None)

    reader = threading.Thread(target=read)
    reader.start()
    while (block := blocks.get()) is not None:
        classify(model, block)
    reader.join()


def timed(work, rounds: int) -> float:
    work()
    times = []
    for _ in range(rounds):
        torch.cuda.synchronize()
        begun = time.perf_counter()
        work()
        torch.cuda.synchronize()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("statements", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    os.environ["TOKENIZERS_PARALLELISM"] = "true"
    statements = options.statements.read_text(encoding="utf-8").splitlines()
    tokenizer = load_tokenizer(options.model)
    begun = time.perf_counter()
    ids = tokenize(tokenizer, statements)
    tokenizing = time.perf_counter() - begun
    lengths = [len(one) for one in ids]
    count, tokens = len(statements), sum(lengths)
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}: {count} statements of {tokens / count:.1f} tokens")
    print(f"tokenizing alone: {count / tokenizing:.0f} statements/s")
    torch.backends.cuda.matmul.allow_tf32 = False
    for name, dtype in [("bfloat16", torch.bfloat16), ("float16", torch.float16), ("float32", torch.float32)]:
        model = load_model(options.model).to(dtype).cuda()
        best = None
        for budget in BUDGETS:
            prepared = [padded(ids, batch) for batch in batches(lengths, budget)]
            on_gpu = [(rows.cuda(), mask.cuda()) for rows, mask in prepared]
            rate = count / timed(lambda: classify(model, on_gpu), options.rounds)
            if best is None or rate > best[0]:
                best = (rate, budget)
        whole = count / timed(lambda: end_to_end(model, tokenizer, statements, best[1]), options.rounds)
        print(json.dumps({"precision": name, "budget": best[1], "network_alone": best[0], "end_to_end": whole}))


if __name__ == "__main__":
    main()
