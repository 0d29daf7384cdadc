#!/usr/bin/env bash
# Times the three commands at Gemma-2B's shape on real Spider prompts, on one GPU, and prints for
# each its seconds from start to end and the GPU memory that it held at most.
#   SPIDER_DIR=spider performance/pipeline.sh WORK_DIR
set -euo pipefail
cd "$(dirname "$0")/.."
: "${SPIDER_DIR:?set SPIDER_DIR to a folder in Spider\'s official layout}"
work=${1:?usage: SPIDER_DIR=spider performance/pipeline.sh WORK_DIR}
python=${PYTHON:-python}
mkdir -p "$work"

measure() { # measure NAME COMMAND...: run it, log it, print seconds and peak MiB
  local name=$1 began=$EPOCHREALTIME samples="$work/$1.memory"
  shift
  nvidia-smi --query-gpu=memory.used --format=csv,noheader,nounits --loop-ms=200 >"$samples" &
  local sampler=$!
  "$@" >"$work/$name.log" 2>&1 || { kill "$sampler"; tail -40 "$work/$name.log"; exit 1; }
  kill "$sampler"
  awk -v name="$name" -v began="$began" -v ended="$EPOCHREALTIME" \
    '$1 > peak { peak = $1 } END { printf "%-12s %6.1f s   peak %6d MiB\n", name, ended - began, peak }' \
    "$samples"
}

train() { # train NAME FLAGS...: 40 steps of the recipe
  measure "$1" "$python" train.py --data_dir "$work/processed_data" --output_dir "$work/$1" \
    --overwrite --max_steps 40 --eval_steps 40 --logging_steps 10 --limit 320 "${@:2}"
}

measure model "$python" -m performance.make_gemma_shape \
  --spider_dir "$SPIDER_DIR" --output_dir "$work/gemma"
measure preprocess "$python" preprocess.py --spider_dir "$SPIDER_DIR" --model_id "$work/gemma" \
  --output_dir "$work/processed_data" --limit 1000
train train_auto
train train_paper --arrangement paper
measure evaluate "$python" evaluate.py --data_dir "$work/processed_data" \
  --adapters "$work/train_auto" --limit 64 --max_new_tokens 64 --benchmarks none --overwrite
measure benchmark "$python" evaluate.py --data_dir "$work/processed_data" \
  --adapters "$work/train_auto" --output_dir "$work/benchmark" --limit 100 --max_new_tokens 1 \
  --benchmarks demo_grammar --benchmarks_dir demo/benchmark --overwrite
for run in train_auto train_paper; do
  printf '%s, ' "$run"
  grep -o '[0-9.]* examples/s, peak [0-9.]* GiB' "$work/$run.log" | tail -1
done
