#!/usr/bin/env python3
"""Make a tiny sequence classifier of each architecture that Demarche runs, and what transformers computes with it.

    pip install -r scripts/requirements.txt
    scripts/tiny_checkpoints.py tests/data/checkpoints

Weights are random and in float16; vocabularies are of words in `datasets/articles/`. Each folder has
`config.json`, `tokenizer.json`, `model.safetensors` and `expected.json`: token ids and float32 logits of some statements,
each by itself.
"""

import json
import math
import re
import shutil
import string
import sys
from collections import Counter
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    DebertaV2Config,
    DebertaV2ForSequenceClassification,
    DistilBertConfig,
    DistilBertForSequenceClassification,
    ModernBertConfig,
    ModernBertForSequenceClassification,
    MPNetConfig,
    MPNetForSequenceClassification,
    RobertaConfig,
    RobertaForSequenceClassification,
    XLMRobertaConfig,
    XLMRobertaForSequenceClassification,
)

TEXTS = [
    "",
    "No.",
    "Send the fleet!",
    "We will not let a single foreign soldier cross the Neva bridge, the mayor said.",
    "The general wants air strikes by Friday; the council wants a vote, a delay and, if at all possible, a quiet week.",
    "“Nobody asked them to come,” she told the assembly — “and nobody will ask them to stay.”",
    "Les ministres ont proposé une mission d'observation conjointe à la frontière.",
    "Никто не просил войска входить в город, заявил депутат.",
    "Observers 👀 from 17 states (and 3 unions) arrived on 4 May 2031 …",
    "If the shelling of the port does not stop, then the alliance, whose members have met twice this month without a word "
    "to the press, will have to decide whether its ships, which have been waiting beyond the cape since the autumn, are to "
    "open the strait by force, or whether talks, which everyone has praised and nobody has begun, are given one more week.",
]

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "<s>", "<pad>", "</s>", "<unk>", "<mask>"]

HYPOTHESES = {
    "pro_intervention": ["It wants force."],
    "anti_intervention": ["It wants no force.", "It wants them to leave."],
    "cooperative": ["It wants talks or help."],
    "none": ["It wants nothing at all."],
}

STANCES = ["pro_intervention", "anti_intervention", "cooperative", "none"]

SMALL = {"num_hidden_layers": 2, "num_attention_heads": 4, "hidden_size": 32}
# Larger than the usual 0.02, so that a wrong sign or a missing term shows in the logits.
DEVIATION = 0.3


def words() -> Counter:
    """The words of our articles, and how often each stands there."""
    folder = Path(__file__).parent.parent / "datasets/articles"
    texts = [path.read_text() for path in sorted(folder.glob("*.txt"))]
    return Counter(re.findall(r"[A-Za-z]+", "\n".join(texts)))


def commonest(counts: Counter, number: int) -> list:
    """The trainers of the library break ties differently each time."""
    return sorted(counts, key=lambda item: (-counts[item], item))[:number]


# A second statement is of another segment, for those that tell them apart.
SEGMENTS = "[CLS] $A [SEP] $B:1 [SEP]:1"


def framed(tokenizer: Tokenizer, first: str, last: str, pair: str) -> Tokenizer:
    tokenizer.add_special_tokens([token for token in SPECIAL if tokenizer.token_to_id(token) is not None])
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{first} $A {last}",
        pair=pair,
        special_tokens=[(token, tokenizer.token_to_id(token)) for token in (first, last)],
    )
    return tokenizer


LETTERS = string.ascii_lowercase + "eéàèô" + "абвгдежзийклмнопрстуфхцчшщъыьэюя"
SYMBOLS = string.digits + string.punctuation + "‘’“”–—…"


def word_pieces(special: list[str], unknown: str) -> Tokenizer:
    lower = Counter()
    for word, count in words().items():
        lower[word.lower()] += count
    letters = sorted(set(LETTERS))
    pieces = special + sorted(SYMBOLS) + letters + [f"##{letter}" for letter in letters]
    pieces += [word for word in commonest(lower, 150) if len(word) > 1]
    vocabulary = {piece: place for place, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=unknown))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def byte_pairs(special: list[str], unknown: str | None) -> Tokenizer:
    """Byte pair encoding (Sennrich et al., 2016), of the commonest words, each with the space before it."""
    counts = words()
    split = {word: ["Ġ", *word] for word in commonest(counts, 400)}
    merges = []
    for _ in range(100):
        pairs = Counter()
        for word, parts in split.items():
            for pair in zip(parts, parts[1:]):
                pairs[pair] += counts[word]
        (best,) = commonest(pairs, 1)
        merges.append(best)
        for parts in split.values():
            place = 0
            while place + 1 < len(parts):
                if (parts[place], parts[place + 1]) == best:
                    parts[place : place + 2] = ["".join(best)]
                place += 1
    pieces = special + sorted(pre_tokenizers.ByteLevel.alphabet()) + ["".join(pair) for pair in merges]
    vocabulary = {piece: place for place, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, unk_token=unknown))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def unigrams(special: list[str], unknown: str) -> Tokenizer:
    """A unigram language model (Kudo, 2018) of letters and the commonest words and endings."""
    counts = words()
    pieces = Counter({letter: 1 for letter in {*LETTERS, *LETTERS.upper(), *SYMBOLS, "▁"}})
    for word, count in counts.items():
        pieces.update({letter: count for letter in word})
        pieces.update({word[-length:]: count for length in (2, 3) if len(word) > length})
    kept = [piece for piece in commonest(pieces, 220)] + [f"▁{word}" for word in commonest(counts, 120)]
    pieces.update({f"▁{word}": count for word, count in counts.items()})
    total = sum(pieces.values())
    scored = [(token, 0.0) for token in special]
    scored += [(piece, round(math.log(pieces[piece] / total), 4)) for piece in kept]
    tokenizer = Tokenizer(models.Unigram(scored, unk_id=special.index(unknown)))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace("  ", " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    return tokenizer


def bert_tokenizer() -> Tokenizer:
    return framed(word_pieces(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], "[UNK]"), "[CLS]", "[SEP]", SEGMENTS)


def mpnet_tokenizer() -> Tokenizer:
    return framed(word_pieces(["<s>", "<pad>", "</s>", "[UNK]", "<mask>"], "[UNK]"), "<s>", "</s>", "<s> $A </s> </s> $B </s>")


def roberta_tokenizer() -> Tokenizer:
    return framed(byte_pairs(["<s>", "<pad>", "</s>", "<unk>", "<mask>"], "<unk>"), "<s>", "</s>", "<s> $A </s> </s> $B </s>")


def modern_bert_tokenizer() -> Tokenizer:
    return framed(byte_pairs(["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"], None), "[CLS]", "[SEP]", SEGMENTS)


def xlm_roberta_tokenizer() -> Tokenizer:
    return framed(unigrams(["<s>", "<pad>", "</s>", "<unk>", "<mask>"], "<unk>"), "<s>", "</s>", "<s> $A </s> </s> $B </s>")


def deberta_tokenizer() -> Tokenizer:
    return framed(unigrams(["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"], "[UNK]"), "[CLS]", "[SEP]", SEGMENTS)


def labels(shift: int) -> dict[int, str]:
    """The stances, in another order for each model."""
    return {place: STANCES[(place + shift) % 4] for place in range(4)}


def deberta(**changes) -> DebertaV2Config:
    return DebertaV2Config(
        **SMALL,
        intermediate_size=64,
        max_position_embeddings=240,
        relative_attention=True,
        pos_att_type=["p2c", "c2p"],
        pooler_hidden_size=32,
        **changes,
    )


def checkpoints():
    yield "bert", bert_tokenizer(), BertForSequenceClassification, BertConfig(
        **SMALL, intermediate_size=64, max_position_embeddings=240
    )
    yield "distilbert", bert_tokenizer(), DistilBertForSequenceClassification, DistilBertConfig(
        dim=32, n_layers=2, n_heads=4, hidden_dim=64, max_position_embeddings=240
    )
    yield "roberta", roberta_tokenizer(), RobertaForSequenceClassification, RobertaConfig(
        **SMALL, intermediate_size=64, max_position_embeddings=322, type_vocab_size=1, layer_norm_eps=1e-5
    )
    yield "xlm-roberta", xlm_roberta_tokenizer(), XLMRobertaForSequenceClassification, XLMRobertaConfig(
        **SMALL, intermediate_size=64, max_position_embeddings=322, type_vocab_size=1, layer_norm_eps=1e-5
    )
    yield "mpnet", mpnet_tokenizer(), MPNetForSequenceClassification, MPNetConfig(
        **SMALL, intermediate_size=64, max_position_embeddings=322, layer_norm_eps=1e-5
    )
    # As version 3 of DeBERTa: shared keys, distances in buckets, no absolute positions.
    yield "deberta-v3", deberta_tokenizer(), DebertaV2ForSequenceClassification, deberta(
        position_buckets=8,
        share_att_key=True,
        norm_rel_ebd="layer_norm",
        position_biased_input=False,
        type_vocab_size=0,
        max_relative_positions=-1,
        layer_norm_eps=1e-7,
    )
    # And the other way in everything.
    yield "deberta-v2", deberta_tokenizer(), DebertaV2ForSequenceClassification, deberta(
        position_buckets=-1,
        share_att_key=False,
        norm_rel_ebd="none",
        position_biased_input=True,
        type_vocab_size=2,
        max_relative_positions=24,
        layer_norm_eps=1e-7,
    )
    yield "modernbert", modern_bert_tokenizer(), ModernBertForSequenceClassification, ModernBertConfig(
        hidden_size=32,
        num_hidden_layers=4,
        num_attention_heads=4,
        intermediate_size=48,
        max_position_embeddings=320,
        global_attn_every_n_layers=3,
        local_attention=16,
        classifier_pooling="cls",
        reference_compile=False,
        attn_implementation="eager",
    )


def inference_checkpoints():
    """Models of natural language inference, one that tells segments apart and one that does not."""
    yield "nli-bert", bert_tokenizer(), BertForSequenceClassification, BertConfig(
        **SMALL, intermediate_size=64, max_position_embeddings=120
    )
    yield "nli-roberta", roberta_tokenizer(), RobertaForSequenceClassification, RobertaConfig(
        **SMALL, intermediate_size=64, max_position_embeddings=322, type_vocab_size=1, layer_norm_eps=1e-5
    )


def randomize(model) -> None:
    """Weights that float16 holds exactly; biases and norms, too, so that leaving them out is noticed."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            is_norm = parameter.ndim == 1 and name.endswith("weight")
            torch.nn.init.normal_(parameter, mean=1.0 if is_norm else 0.0, std=DEVIATION)
            parameter.copy_(parameter.half().float())


def logits(model, ids: list[int]) -> list[float]:
    with torch.no_grad():
        return model(input_ids=torch.tensor([ids])).logits[0].tolist()


def entailed(model, tokenizer: Tokenizer, text: str, longest: int) -> list[float]:
    """The softmax over stances of the mean logit that a statement entails a hypothesis, in the order of STANCES."""
    tokenizer.enable_truncation(longest, strategy="only_first")
    scores = []
    for stance in STANCES:
        values = []
        for hypothesis in HYPOTHESES[stance]:
            pair = tokenizer.encode(text, hypothesis)
            ids, segments = torch.tensor([pair.ids]), torch.tensor([pair.type_ids])
            with torch.no_grad():
                values.append(model(input_ids=ids, token_type_ids=segments).logits[0, model.config.label2id["entailment"]])
        scores.append(torch.stack(values).mean())
    tokenizer.no_truncation()
    return torch.stack(scores).softmax(dim=0).tolist()


def save(folder: Path, model, tokenizer: Tokenizer, expected: list[dict]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    model.half().save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    saved = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(saved, indent=2) + "\n")
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in expected)
    (folder / "expected.json").write_text(f"[\n{lines}\n]\n")
    size = sum(path.stat().st_size for path in folder.iterdir())
    print(f"{folder.name}: {tokenizer.get_vocab_size()} tokens, {size} bytes")


def made(kind, config, tokenizer: Tokenizer, seed: int, names: dict[int, str]):
    torch.manual_seed(seed)
    config.vocab_size = tokenizer.get_vocab_size()
    padding = [tokenizer.token_to_id(token) for token in ("[PAD]", "<pad>")]
    config.pad_token_id = next(place for place in padding if place is not None)
    config.id2label = names
    config.label2id = {name: place for place, name in names.items()}
    model = kind(config).eval()
    randomize(model)
    return model


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    out = Path(sys.argv[1])
    for number, (name, tokenizer, kind, config) in enumerate(checkpoints()):
        model = made(kind, config, tokenizer, number, labels(number))
        expected = []
        for text in TEXTS:
            ids = tokenizer.encode(text).ids
            case = {"text": text, "ids": ids, "logits": logits(model, ids)}
            if name == "modernbert":
                model.config.classifier_pooling = "mean"
                case["logits_of_mean"] = logits(model, ids)
                model.config.classifier_pooling = "cls"
            expected.append(case)
        save(out / name, model, tokenizer, expected)
    for number, (name, tokenizer, kind, config) in enumerate(inference_checkpoints()):
        names = {0: "contradiction", 1: "ENTAILMENT", 2: "neutral"} if number else {0: "entailment", 1: "not_entailment"}
        model = made(kind, config, tokenizer, 100 + number, names)
        model.config.label2id["entailment"] = number
        # In RoBERTa, padding has the first rows of the table of positions.
        longest = config.max_position_embeddings - (2 if number else 0)
        expected = [{"text": text, "probabilities": entailed(model, tokenizer, text, longest)} for text in TEXTS]
        model.config.label2id = {name: place for place, name in names.items()}
        save(out / name, model, tokenizer, expected)
    (out / "hypotheses.json").write_text(json.dumps(HYPOTHESES, indent=2) + "\n")


if __name__ == "__main__":
    main()
