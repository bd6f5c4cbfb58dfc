#!/usr/bin/env python3
"""The model of a Demarche folder in PyTorch, and its ONNX graphs for ONNX Runtime.

    model.py models/demarche-en-small FOLDER

writes float32-plain.onnx (as exported) and float32-fused.onnx (by onnxruntime.transformers' optimiser
for BERT) to FOLDER, and both quantised dynamically, as int8-*.onnx. A graph that cannot be made is
named on stderr and left out.

`reduce_range` is set only on x86 without VNNI, whose products of 8-bit numbers overflow otherwise. It
takes a bit off each weight and changes nothing in speed.
"""

import json
import logging
import platform
import sys
import warnings
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import BertConfig, BertModel, BertPreTrainedModel, PreTrainedTokenizerFast
from transformers.modeling_outputs import SequenceClassifierOutput


class StanceModel(BertPreTrainedModel):
    """BERT, the mean over all tokens that are not padding, and a linear classifier."""

    def __init__(self, config: BertConfig):
        super().__init__(config)
        self.bert = BertModel(config, add_pooling_layer=False)
        self.classifier = torch.nn.Linear(config.hidden_size, config.num_labels)

    def forward(self, input_ids, attention_mask, token_type_ids=None, **_):
        states = self.bert(input_ids, attention_mask, token_type_ids).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(states.dtype)
        mean = (states * mask).sum(1) / mask.sum(1)
        return SequenceClassifierOutput(logits=self.classifier(mean))


def load_model(folder: Path, attention: str = "sdpa") -> StanceModel:
    config = BertConfig(**json.loads((folder / "config.json").read_text()))
    config._attn_implementation = attention
    config.dtype = torch.float32
    model = StanceModel(config)
    weights = {name: tensor.float() for name, tensor in load_file(folder / "model.safetensors").items()}
    missing, _ = model.load_state_dict(weights, strict=False)
    assert not missing, missing
    return model.eval()


def fast_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    return PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"), model_max_length=512, **special)


def export(model_folder: Path, path: Path) -> None:
    ids = torch.tensor([[101, 2053, 1012, 102], [101, 2053, 102, 0]])
    dynamic = {0: "batch", 1: "length"}
    torch.onnx.export(
        load_model(model_folder, attention="eager"),
        (ids, (ids > 0).long()),
        str(path),
        input_names=["input_ids", "attention_mask"],
        output_names=["logits"],
        dynamic_axes={"input_ids": dynamic, "attention_mask": dynamic, "logits": {0: "batch"}},
        opset_version=17,
        dynamo=False,
    )


def fuse(plain: Path, fused: Path, config: dict) -> None:
    from onnxruntime.transformers.optimizer import optimize_model

    heads, width = config["num_attention_heads"], config["hidden_size"]
    optimised = optimize_model(str(plain), model_type="bert", num_heads=heads, hidden_size=width)
    print("fused:", {name: count for name, count in optimised.get_fused_operator_statistics().items() if count})
    optimised.save_model_to_file(str(fused))


def quantise(source: Path, target: Path) -> None:
    from onnx import TensorProto
    from onnxruntime.quantization import QuantType, quantize_dynamic

    info = Path("/proc/cpuinfo")
    vnni = info.exists() and "vnni" in info.read_text()
    quantize_dynamic(
        source,
        target,
        per_channel=True,
        reduce_range=platform.machine().lower() in ("x86_64", "amd64") and not vnni,
        weight_type=QuantType.QInt8,
        extra_options={"DefaultTensorType": TensorProto.FLOAT},  # of what fused operators give
    )


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    warnings.simplefilter("ignore", DeprecationWarning)  # the exporter has a successor that needs onnxscript
    logging.getLogger().setLevel(logging.ERROR)
    model, out = map(Path, sys.argv[1:])
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("*.onnx"):
        old.unlink()
    plain, fused = out / "float32-plain.onnx", out / "float32-fused.onnx"
    config = json.loads((model / "config.json").read_text())
    steps = [(plain, export, model, plain), (fused, fuse, plain, fused, config)]
    for source in (plain, fused):
        target = out / source.name.replace("float32", "int8")
        steps.append((target, quantise, source, target))
    for target, make, *settings in steps:
        try:
            make(*settings)
        except Exception as error:  # whatever these tools raise: the other graphs still count
            print(f"{target.name}: {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
