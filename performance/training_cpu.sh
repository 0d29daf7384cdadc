#!/usr/bin/env bash
# Times training steps of the demo's model on a CPU: packed rows against one example at a time, with
# one thread and with all, and the paper's plan; then packed rows in a process for each core,
# and beside another program that keeps one core busy. Prints examples/s of steps 13 to 24.
#   performance/training_cpu.sh WORK_DIR
set -euo pipefail
cd "$(dirname "$0")/.."
work=${1:?usage: performance/training_cpu.sh WORK_DIR}
python=${PYTHON:-python}
mkdir -p "$work"

"$python" preprocess.py --spider_dir demo/spider --model_id demo/model --schema_format compact \
  --num_shots 0 --output_dir "$work/processed_data" >"$work/preprocess.log" 2>&1

train() { # [launch=FLAGS] train NAME THREADS FLAGS...
  OMP_NUM_THREADS=$2 "$python" ${launch:-} train.py --data_dir "$work/processed_data" \
    --output_dir "$work/run" --overwrite --max_steps 24 --eval_steps 24 --logging_steps 12 \
    "${@:3}" >"$work/train.log" 2>&1
  printf '%-24s %2d threads  %s\n' "$1" "$2" \
    "$(grep --text --only-matching '[0-9.]* examples/s' "$work/train.log" | tail -1)"
}

for threads in 1 "$(nproc)"; do
  train "8 × 1, packed (plan)" "$threads"
  train "1 × 8" "$threads" --per_device_train_batch_size 1
  train "paper" "$threads" --plan paper
done

launch="-m torch.distributed.run --nproc_per_node $(nproc)" train "packed, a process a core" 1

while :; do :; done &
trap "kill $!" EXIT
for threads in 1 "$(nproc)"; do
  train "packed, one core busy" "$threads"
done
