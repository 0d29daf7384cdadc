#!/usr/bin/env bash
# Times training at Gemma-2B's shape at effective batches of 8, 32 and 128, on one GPU and on several
# of the same host, and prints the losses of 40 steps at dropout 0. One JSON line per row.
#   SPIDER_DIR=spider performance/several_gpus.sh WORK_DIR [NUMBERS OF GPUS [FLAGS]]
# As many GPUs as CUDA_VISIBLE_DEVICES names must be free; the default is "1 2".
set -euo pipefail
cd "$(dirname "$0")/.."
: "${SPIDER_DIR:?set SPIDER_DIR to a folder in Spider\'s official layout}"
work=${1:?usage: SPIDER_DIR=spider performance/several_gpus.sh WORK_DIR [NUMBERS OF GPUS [FLAGS]]}
python=${PYTHON:-python}
mkdir -p "$work"

for number in ${2:-1 2}; do
  launch=()
  [ "$number" -eq 1 ] || launch=(-m torch.distributed.run --nproc_per_node "$number")
  "$python" "${launch[@]}" -m performance.training --spider_dir "$SPIDER_DIR" --work_dir "$work" \
    --table speed --shape "${SHAPE:-gemma-2b}" \
    --rows "exact plan;batch of 8;batch of 32;batch of 128" \
    "${@:3}" 2>>"$work/on-$number-gpus.log"
done
