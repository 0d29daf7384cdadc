#!/usr/bin/env bash
# Times the four default benchmarks for one model at Gemma-2B's shape on one GPU: the harness' own
# command line with its automatic batch size, and ours on the same weights (bf16), both from the
# start of the command to its end, and counts the items that both answer alike. With two
# numbers: the first N items of each of MMLU's subjects and the first M of each other task; then all
# items for ours.
#   SPIDER_DIR=spider performance/benchmarks.sh WORK_DIR [ITEMS_OF_A_SUBJECT ITEMS_OF_A_TASK]
set -euo pipefail
cd "$(dirname "$0")/.."
: "${SPIDER_DIR:?set SPIDER_DIR to a folder in Spider\'s official layout}"
work=${1:?usage: SPIDER_DIR=spider performance/benchmarks.sh WORK_DIR [ITEMS ITEMS]}
of_subject=${2:-} of_task=${3:-}
python=${PYTHON:-python}
mkdir -p "$work"

timed() { # timed NAME COMMAND...: run it, log it, print its seconds
  local name=$1 began=$EPOCHREALTIME
  shift
  "$@" >"$work/$name.log" 2>&1 || { tail -40 "$work/$name.log"; exit 1; }
  awk -v name="$name" -v began="$began" -v ended="$EPOCHREALTIME" \
    'BEGIN { printf "%-22s %6.1f s\n", name, ended - began }'
}

harness() { # harness NAME SHOTS TASKS [ITEMS]
  timed "$1-harness" "$python" -m lm_eval run --model hf --tasks "$3" --num_fewshot "$2" \
    --model_args "pretrained=$work/gemma,dtype=bfloat16,add_bos_token=True" --batch_size auto \
    ${4:+--limit "$4"} --log_samples --output_path "$work/$1-harness"
}

ours() { # ours NAME FLAGS...
  local name=$1
  shift
  timed "$name" "$python" -m performance.benchmarks --model_id "$work/gemma" \
    --output_dir "$work/$name" "$@"
  grep -aE "items in|items as" "$work/$name.log"
}

[ -f "$work/gemma/config.json" ] || timed model "$python" -m performance.make_gemma_shape \
  --spider_dir "$SPIDER_DIR" --output_dir "$work/gemma"
harness mmlu 5 mmlu "$of_subject"
ours mmlu-ours --benchmarks mmlu ${of_subject:+--limit "$of_subject"} \
  --harness_dir "$work/mmlu-harness"
harness zero-shot 0 hellaswag,arc_challenge,winogrande "$of_task"
ours zero-shot-ours --benchmarks hellaswag arc_challenge winogrande \
  ${of_task:+--limit "$of_task"} --harness_dir "$work/zero-shot-harness"
[ -z "$of_subject$of_task" ] || ours all-ours
