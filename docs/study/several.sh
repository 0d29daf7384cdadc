#!/usr/bin/env bash
# Run the commands on standard input, one a line, several at once on each GPU.
#
#   GPUS=2 AT_ONCE=8 docs/study/several.sh < FILE
#
# Each has an equal share of its GPU's memory, and cores of its own, so that neither plans nor
# deadlines of queries depend on the others. What a command printed is in logs/NUMBER.log. The
# exit status is that of xargs: 123 if a command failed. Start NVIDIA's MPS before
# (`nvidia-cuda-mps-control -d`): without it the processes take turns on a GPU, and decoding, which
# launches many small kernels, hardly advances beside trainings.
set -euo pipefail
export GPUS=${GPUS:-1} AT_ONCE=${AT_ONCE:-8} LOGS=${LOGS:-logs}
mkdir -p "$LOGS"

export MEMORY="per_process_memory_fraction:$(awk "BEGIN { print 0.96 / $AT_ONCE }")"
try="import torch; torch.zeros(1, device='cuda')"
if ! PYTORCH_CUDA_ALLOC_CONF=$MEMORY python -c "$try" 2> /dev/null; then
  echo "No GPU, or a torch that does not take $MEMORY: memory is not divided." >&2
  MEMORY=
fi

run_one() {  # NUMBER COMMAND
  local cores first
  cores=$(($(nproc) / (GPUS * AT_ONCE)))
  cores=$((cores > 0 ? cores : 1))
  first=$((SLOT * cores % $(nproc)))
  export CUDA_VISIBLE_DEVICES=$((SLOT % GPUS)) PYTHONUNBUFFERED=1
  [ -z "$MEMORY" ] || export PYTORCH_CUDA_ALLOC_CONF=$MEMORY
  SECONDS=0
  local status=0
  taskset -c "$first-$((first + cores - 1))" bash -c "$2" > "$LOGS/$1.log" 2>&1 || status=$?
  echo "$(date +%T) $1: status $status after $SECONDS s: ${2:0:150}"
  [ $status = 0 ]
}
export -f run_one

nl -w 3 -n rz -s ' ' |
  xargs -d '\n' -n 1 -P $((GPUS * AT_ONCE)) --process-slot-var=SLOT \
    bash -c 'run_one "${1%% *}" "${1#* }"' run_one
