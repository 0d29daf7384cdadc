#!/usr/bin/env bash
# Times the evaluation of Spider's 1,034 validation questions at Gemma-2B's shape on one GPU: decoding
# (ours, `generate` in batches of 64, one by one), the whole command for base and fine-tuned, and
# decoding on smaller cards, which are this GPU with a cap on its memory.
#   SPIDER_DIR=spider performance/evaluation.sh WORK_DIR
set -euo pipefail
cd "$(dirname "$0")/.."
: "${SPIDER_DIR:?set SPIDER_DIR to a folder in Spider\'s official layout}"
work=${1:?usage: SPIDER_DIR=spider performance/evaluation.sh WORK_DIR}
python=${PYTHON:-python}
mkdir -p "$work"
data=(--model_id "$work/gemma" --data_dir "$work/processed_data" --adapter_dir "$work/adapter")

[ -f "$work/gemma/config.json" ] || "$python" -m performance.make_gemma_shape \
  --spider_dir "$SPIDER_DIR" --output_dir "$work/gemma" >"$work/gemma.log" 2>&1
[ -f "$work/processed_data/manifest.json" ] || "$python" preprocess.py --spider_dir "$SPIDER_DIR" \
  --model_id "$work/gemma" --output_dir "$work/processed_data" >"$work/preprocess.log" 2>&1

echo "Decoding, 64 new tokens for each question"
"$python" -m performance.decoding "${data[@]}" --batch_sizes 0 256 2>"$work/decoding.log"

echo "The whole command, base and fine-tuned, from its start to its end"
began=$EPOCHREALTIME
"$python" evaluate.py --data_dir "$work/processed_data" --adapters "$work/adapter" \
  --output_dir "$work/evaluation-$EPOCHSECONDS" --max_new_tokens 64 --benchmarks none \
  --skip_missing_databases >"$work/evaluate.log" 2>&1
awk -v began="$began" -v ended="$EPOCHREALTIME" 'BEGIN { printf "%.1f s\n", ended - began }'
grep -a "GPU memory" "$work/evaluate.log" || true

echo "Decoding on smaller cards"
"$python" -m performance.decoding "${data[@]}" --cards 6 8 12 24 80 2>>"$work/decoding.log"
