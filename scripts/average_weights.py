#!/usr/bin/env python3
"""The mean of two models that share a course of training: weights and temperature.

    pip install -r scripts/requirements.txt
    scripts/average_weights.py FIRST SECOND OUT

Weights that lie in one valley of the loss have a mean that is mostly better than either (Wortsman and others, 2022, "Model
soups"). OUT receives SECOND's configuration and tokenizer, and the recipes of both: SECOND's as `recipe.json`, FIRST's and those
before it as `recipe-1.json` and so on, in order.
"""

import json
import shutil
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

TEMPERATURE = "calibration_temperature"


def main() -> None:
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    first, second, out = map(Path, sys.argv[1:])
    out.mkdir(parents=True, exist_ok=True)
    one, other = (load_file(folder / "model.safetensors") for folder in (first, second))
    mean = {name: ((one[name].float() + other[name].float()) / 2).to(torch.float16) for name in other}
    save_file(mean, out / "model.safetensors", metadata={"format": "pt"})

    configs = [json.loads((folder / "config.json").read_text()) for folder in (first, second)]
    config = {**configs[1], "_name_or_path": out.name}
    config[TEMPERATURE] = round((configs[0][TEMPERATURE] + configs[1][TEMPERATURE]) / 2, 3)
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    shutil.copy(second / "tokenizer.json", out)
    earlier = [*sorted(first.glob("recipe-*.json")), first / "recipe.json"]
    for number, recipe in enumerate(earlier, 1):
        shutil.copy(recipe, out / f"recipe-{number}.json")
    shutil.copy(second / "recipe.json", out / "recipe.json")


if __name__ == "__main__":
    main()
