#!/usr/bin/env python3
"""Train a teacher from a large encoder, and let it label statements softly.

    pip install -r scripts/requirements.txt
    scripts/train_teacher.py --base all-mpnet-base-v2 --train train.jsonl --dev dev_real.jsonl dev_written.jsonl \\
        --label train.jsonl unlabelled.jsonl --out teacher.jsonl

The encoder (any that transformers' AutoModel loads) is fine-tuned with mean pooling and a linear head; its
embeddings stay as they are. Each text of the files after `--label` is printed to `--out` once, with the four
probabilities, as `demarche train --teacher` reads them. `--weights FILE` keeps the weights, or begins from them
where the file is there; `--epochs 0` then only labels. Matrix products run in bfloat16 where the CPU has it.
"""

import argparse
import json
import math
import random
import time
from pathlib import Path

import torch
from torch import nn
from transformers import AutoModel, AutoTokenizer

STANCES = ["pro_intervention", "anti_intervention", "cooperative", "none"]
LABEL_SMOOTHING = 0.05
CLASS_BALANCE = 0.5
UNSURE_WEIGHT = 0.5
WEIGHT_DECAY = 0.01
WARMUP = 0.06
HEAD_FASTER = 5


class Teacher(nn.Module):
    """An encoder, the mean of its tokens, and a linear map to four logits."""

    def __init__(self, base: str):
        super().__init__()
        self.encoder = AutoModel.from_pretrained(base, add_pooling_layer=False)
        self.encoder.embeddings.requires_grad_(False)
        self.dropout = nn.Dropout(0.1)
        self.head = nn.Linear(self.encoder.config.hidden_size, len(STANCES))
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Token ids and mask, int64 [statements, tokens], to float32 logits [statements, 4]."""
        with torch.autocast("cpu", dtype=torch.bfloat16):
            states = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
            weights = mask[..., None].to(states.dtype)
            pooled = (states * weights).sum(1) / weights.sum(1)
            return self.head(self.dropout(pooled)).float()


class Batches:
    """Tokenized texts, in padded batches of like length."""

    def __init__(self, tokenizer, texts: list[str], max_tokens: int):
        self.ids = tokenizer(texts, truncation=True, max_length=max_tokens)["input_ids"]
        self.padding = tokenizer.pad_token_id

    def sorted(self, size: int):
        order = sorted(range(len(self.ids)), key=lambda index: len(self.ids[index]))
        return [order[start : start + size] for start in range(0, len(order), size)]

    def shuffled(self, size: int, generator: random.Random):
        order = list(range(len(self.ids)))
        generator.shuffle(order)
        batches = []
        for start in range(0, len(order), 20 * size):
            pool = sorted(order[start : start + 20 * size], key=lambda index: len(self.ids[index]))
            batches += [pool[begin : begin + size] for begin in range(0, len(pool), size)]
        generator.shuffle(batches)
        return batches

    def tensors(self, batch: list[int]):
        longest = max(len(self.ids[index]) for index in batch)
        ids = torch.full((len(batch), longest), self.padding)
        mask = torch.zeros((len(batch), longest), dtype=torch.long)
        for row, index in enumerate(batch):
            length = len(self.ids[index])
            ids[row, :length] = torch.tensor(self.ids[index])
            mask[row, :length] = 1
        return ids, mask


def read(paths: list[Path]) -> list[dict]:
    return [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines()]


@torch.no_grad()
def logits(model: Teacher, batches: Batches) -> torch.Tensor:
    model.eval()
    result = torch.zeros(len(batches.ids), len(STANCES))
    for batch in batches.sorted(64):
        result[batch] = model(*batches.tensors(batch))
    return result


def macro_f1(gold: torch.Tensor, predicted: torch.Tensor) -> float:
    scores = []
    for stance in range(len(STANCES)):
        both = ((gold == stance) & (predicted == stance)).sum().item()
        either = (gold == stance).sum().item() + (predicted == stance).sum().item()
        scores.append(2 * both / max(1, either))
    return sum(scores) / len(scores)


def optimizer(model: Teacher, rate: float, decay_by_layer: float) -> torch.optim.Optimizer:
    """AdamW whose rate falls by a factor with each layer below the head."""
    layers = model.encoder.config.num_hidden_layers
    groups = []
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        if name.startswith("head"):
            factor = HEAD_FASTER
        elif ".layer." in name:
            factor = decay_by_layer ** (layers - int(name.split(".layer.")[1].split(".")[0]))
        else:
            factor = decay_by_layer**layers
        decay = WEIGHT_DECAY if parameter.ndim > 1 else 0.0
        groups.append({"params": [parameter], "lr": rate * factor, "peak": rate * factor, "weight_decay": decay})
    return torch.optim.AdamW(groups, fused=True)


def fit(model: Teacher, tokenizer, options: argparse.Namespace) -> None:
    train = read(options.train)
    gold = torch.tensor([STANCES.index(record["label"]) for record in train])
    counts = torch.bincount(gold, minlength=len(STANCES))
    class_weights = (len(train) / (len(STANCES) * counts)) ** CLASS_BALANCE
    sureness = torch.tensor([1.0 if record.get("sure", True) else UNSURE_WEIGHT for record in train])
    weights = class_weights[gold] * sureness
    batches = Batches(tokenizer, [record["text"] for record in train], options.max_tokens)
    dev = [(path.stem, read([path])) for path in options.dev]
    generator = random.Random(options.seed)
    adam = optimizer(model, options.learning_rate, options.decay_by_layer)
    steps = math.ceil(len(train) / options.batch_size) * options.epochs
    step = 0
    for epoch in range(1, options.epochs + 1):
        model.train()
        begun = time.monotonic()
        for batch in batches.shuffled(options.batch_size, generator):
            rising, falling = (step + 1) / (WARMUP * steps), (steps - step) / (steps * (1 - WARMUP))
            for group in adam.param_groups:
                group["lr"] = group["peak"] * min(1.0, rising, falling)
            losses = nn.functional.cross_entropy(
                model(*batches.tensors(batch)), gold[batch], label_smoothing=LABEL_SMOOTHING, reduction="none"
            )
            loss = (losses * weights[batch]).sum() / weights[batch].sum()
            adam.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            adam.step()
            step += 1
            if step % 50 == 0:
                print(f"step {step} of {steps}, {time.monotonic() - begun:.0f} s: loss {loss.item():.3f}", flush=True)
        scores = []
        for name, records in dev:
            found = logits(model, Batches(tokenizer, [record["text"] for record in records], options.max_tokens))
            labels = torch.tensor([STANCES.index(record["label"]) for record in records])
            scores.append(f"{name} {macro_f1(labels, found.argmax(1)):.3f}")
        print(f"epoch {epoch}, {time.monotonic() - begun:.0f} s: macro-F1 {', '.join(scores)}", flush=True)
        if options.weights:
            torch.save(model.state_dict(), options.weights)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", required=True)
    parser.add_argument("--train", type=Path, nargs="+", required=True)
    parser.add_argument("--dev", type=Path, nargs="+", default=[])
    parser.add_argument("--label", type=Path, nargs="+", default=[])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--learning-rate", type=float, default=5e-5)
    parser.add_argument("--decay-by-layer", type=float, default=0.92)
    parser.add_argument("--max-tokens", type=int, default=96)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    torch.manual_seed(options.seed)
    tokenizer = AutoTokenizer.from_pretrained(options.base)
    model = Teacher(options.base)
    if options.weights and options.weights.exists():
        model.load_state_dict(torch.load(options.weights))
    if options.epochs:
        fit(model, tokenizer, options)
    texts = list(dict.fromkeys(record["text"] for record in read(options.label)))
    if texts:
        probabilities = logits(model, Batches(tokenizer, texts, options.max_tokens)).softmax(1)
        with open(options.out, "w", encoding="utf-8") as out:
            for text, row in zip(texts, probabilities.tolist()):
                fields = {f"p_{stance}": round(value, 5) for stance, value in zip(STANCES, row)}
                out.write(json.dumps({"text": text, **fields}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
