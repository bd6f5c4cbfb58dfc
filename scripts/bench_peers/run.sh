#!/usr/bin/env bash
# Compares demarche with its peers on this machine: sets everything up, then runs bench_peers.py.
#
#   scripts/bench_peers/run.sh [--work FOLDER] STATEMENTS.txt [OPTIONS OF bench_peers.py]
#
# STATEMENTS.txt has one statement a line. The virtual environment, the ONNX graphs and the Candle
# peer's build go to FOLDER [target/bench_peers] and are kept for the next run: about 8 GB, most of it
# PyTorch. Needs cargo and Python 3.11 or later with venv (PYTHON names another than python3).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$root/target/bench_peers
if [ "${1:-}" = --work ]; then
  work=${2:?--work needs a folder}
  shift 2
fi
[ $# -gt 0 ] || { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }
model=$root/models/demarche-en-small
mkdir -p "$work"
work=$(cd "$work" && pwd)

[ -x "$work/venv/bin/pip" ] || "${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet -r "$here/requirements.txt"
"$work/venv/bin/python" "$here/model.py" "$model" "$work/graphs"
cargo build --release --locked --manifest-path "$root/Cargo.toml" --target-dir "$root/target"
cargo build --release --locked --manifest-path "$here/candle/Cargo.toml" --target-dir "$work/candle"
exec "$work/venv/bin/python" "$here/bench_peers.py" --graphs "$work/graphs" \
  --candle-binary "$work/candle/release/candle_peer" "$@"
