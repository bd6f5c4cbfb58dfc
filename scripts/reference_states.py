#!/usr/bin/env python3
"""Record what the reference implementation (PyTorch, transformers) computes for a model folder.

    pip install -r scripts/requirements.txt
    scripts/reference_states.py tests/data/tiny-bert            > tests/data/reference/tiny-bert.json
    scripts/reference_states.py models/demarche-en-small        > tests/data/reference/demarche-en-small.json

For each text: the token ids, the last hidden state of the first and last token, the mean over all
tokens and, where the model has a head, its logits. Everything in float32, one text at a time.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

TEXTS = [
    "No.",
    "We will not send troops across the border, the minister said.",
    "“If they do not strike first, we will,” the general told reporters at 5:30 a.m. on Tuesday.",
    "The two governments agreed to share intelligence, train the coast guard together, and meet again "
    "in March; nobody asked what would happen if the talks failed, and nobody in the room offered to say.",
]


def rounded(tensor: torch.Tensor) -> list:
    return [round(value, 7) for value in tensor.tolist()]


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    raw = json.loads((folder / "config.json").read_text())
    weights = {name: tensor.float() for name, tensor in load_file(folder / "model.safetensors").items()}
    prefix = "bert." if any(name.startswith("bert.") for name in weights) else ""
    model = BertModel(BertConfig(**raw), add_pooling_layer=False)
    encoder = {name.removeprefix(prefix): tensor for name, tensor in weights.items() if name.startswith(prefix)}
    missing, _ = model.load_state_dict(encoder, strict=False)
    assert not missing, missing
    model.eval()

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    limit = raw["max_position_embeddings"]
    cases = []
    for text in TEXTS:
        ids = tokenizer.encode(text).ids
        if len(ids) > limit:
            ids = ids[: limit - 1] + ids[-1:]
        with torch.no_grad():
            states = model(torch.tensor([ids])).last_hidden_state[0]
        case = {
            "text": text,
            "ids": ids,
            "first": rounded(states[0]),
            "last": rounded(states[-1]),
            "mean": rounded(states.mean(0)),
        }
        if "classifier.weight" in weights and raw.get("classifier_pooling") == "mean":
            logits = weights["classifier.weight"] @ states.mean(0) + weights["classifier.bias"]
            case["logits"] = rounded(logits)
        cases.append(case)
    print(json.dumps(cases, ensure_ascii=False))


if __name__ == "__main__":
    main()
