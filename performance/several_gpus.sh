#!/usr/bin/env bash
# Times training at Gemma-2B's shape on one GPU and on several of the same host, at effective batches
# of 8 and 32, and prints the losses of both at dropout 0. One JSON line per row.
#   SPIDER_DIR=spider performance/several_gpus.sh WORK_DIR [GPUS]
set -euo pipefail
cd "$(dirname "$0")/.."
: "${SPIDER_DIR:?set SPIDER_DIR to a folder in Spider\'s official layout}"
work=${1:?usage: SPIDER_DIR=spider performance/several_gpus.sh WORK_DIR [GPUS]}
gpus=${2:-2}
python=${PYTHON:-python}
mkdir -p "$work"

measure() { # measure GPUS FLAGS...
  local launch=()
  [ "$1" -eq 1 ] || launch=(-m torch.distributed.run --nproc_per_node "$1")
  "$python" "${launch[@]}" -m performance.training --spider_dir "$SPIDER_DIR" --work_dir "$work" \
    --table speed "${@:2}" 2>>"$work/several_gpus.log"
}

for number in 1 "$gpus"; do
  measure "$number" --rows "exact plan"
  measure "$number" --rows "plan" --max_steps 480
done
measure 1 --rows "batch of 32, 16 at once" --max_steps 120
measure "$gpus" --rows "batch of 32, 16 on each of two" --max_steps 480
