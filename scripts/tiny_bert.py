#!/usr/bin/env python3
"""Make the tiny BERT encoder that the tests load and train: random weights, a vocabulary of letters.

    pip install -r scripts/requirements.txt
    scripts/tiny_bert.py tests/data/tiny-bert

Any English text becomes tokens (words are spelt out), and a forward pass takes microseconds.
"""

import json
import string
import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SYMBOLS = string.ascii_lowercase + string.digits + ".,;:!?'\"()-“”‘’—…"
WORDS = ["the", "we", "will", "not", "troops", "strike", "help", "talks", "border", "said"]


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)

    letters = string.ascii_lowercase + string.digits
    vocabulary = SPECIAL + list(SYMBOLS) + [f"##{letter}" for letter in letters] + WORDS
    tokenizer = Tokenizer(models.WordPiece({word: i for i, word in enumerate(vocabulary)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(out / "tokenizer.json"), pretty=False)

    torch.manual_seed(20)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=64,
        # Larger than BERT's 0.02, so that a wrong sign or a missing term shows in the states.
        initializer_range=0.2,
    )
    model = BertModel(config)
    for name, parameter in model.named_parameters():
        # Biases and norms start at 0 and 1, where leaving them out would go unnoticed.
        if parameter.ndim == 1:
            torch.nn.init.normal_(parameter, mean=1.0 if "LayerNorm.weight" in name else 0.0, std=0.2)
    model.save_pretrained(out)
    saved = json.loads((out / "config.json").read_text())
    (out / "config.json").write_text(json.dumps(saved, indent=2) + "\n")


if __name__ == "__main__":
    main()
