#!/usr/bin/env bash
# Print the commands of docs/STUDY.md, one a line, in the order in which they matter:
#
#   docs/study/commands.sh train    | AT_ONCE=4 docs/study/several.sh
#   docs/study/commands.sh begin    | AT_ONCE=3 docs/study/several.sh   the base, once training is over
#   docs/study/commands.sh evaluate | AT_ONCE=8 docs/study/several.sh
#   docs/study/commands.sh gather   | bash
#
# What is interrupted continues when the same line is run again.
set -euo pipefail

recipes="paper lr3e-4 lr1e-3 r16 all-r16 text bf16"
on_nf4="paper lr3e-4 lr1e-3 r16 all-r16 text"
near="--splits validation syn realistic --choosing_split holdout"
here="--splits validation --choosing_split none"
chat="hellaswag ifeval@chat"
once="arc_challenge winogrande mmlu gsm8k:5@chat"
parts=outputs/parts

flags_of() {
  local r16="--learning_rate 1e-3 --lora_r 16 --lora_alpha 32"
  local all="q_proj k_proj v_proj o_proj gate_proj up_proj down_proj"
  case $1 in
    paper) ;;
    lr3e-4) echo "--learning_rate 3e-4" ;;
    lr1e-3) echo "--learning_rate 1e-3" ;;
    r16) echo "$r16" ;;
    all-r16) echo "$r16 --lora_target_modules $all" ;;
    text) echo "--loss_on text" ;;
    bf16) echo "--load_in_4bit false" ;;
  esac
}

runs() {  # RECIPE...: the folders of the first three seeds of each, then of seeds 4 and 5
  local recipe seed
  for seed in 1 2 3; do for recipe in "$@"; do echo "outputs/$recipe-seed$seed"; done; done
  for recipe in paper lr1e-3 all-r16; do
    for seed in 4 5; do echo "outputs/$recipe-seed$seed"; done
  done
}

train() {
  local run recipe
  for run in $(runs $recipes); do
    recipe=$(basename "${run%-seed*}")
    echo "python train.py --output_dir $run --seed ${run##*seed} --num_train_epochs 2" \
      "--eval_steps 406 --save_total_limit 4 $(flags_of "$recipe") --resume"
  done
}

part() {  # NAME SPLITS BENCHMARKS ADAPTERS...: evaluate them in a folder of their own
  echo "python evaluate.py --output_dir $parts/$1 $2 --benchmarks $3 --adapters ${*:4}"
}

with_base() {  # FROM NAME ...: the same, with the base's answers of another folder, which are kept
  echo "mkdir -p $parts/$2 && (cd $parts/$1 && cp -r --parents */base ../$2) && $(part "${@:2}")"
}

begin() {
  part main-1 "$near" "$chat" outputs/{paper,lr1e-3}-seed1
  part once-1 "$here" "$once" outputs/{paper,all-r16}-seed1
  part bf16 "$near" "$chat" outputs/bf16-seed{1,2,3}
}

evaluate() {
  local recipe number adapters
  runs $on_nf4 | grep -v -E '/(paper|lr1e-3)-seed1$' | paste -d ' ' - - | nl -v 2 -w 1 -s ' ' |
    while read -r number adapters; do
      with_base main-1 "main-$number" "$near" "$chat" "$adapters"
    done
  for recipe in $on_nf4; do  # when in training, and at half strength
    with_base main-1 "course-$recipe" "$here" hellaswag "$(course "$recipe")"
  done
  for recipe in paper bf16; do
    part "merged-$recipe" "$here" none "outputs/$recipe-seed1 --merge outputs/$recipe-seed1-merged"
  done
  with_base once-1 once-2 "$here" "$once" outputs/{lr3e-4,lr1e-3}-seed1
  with_base once-1 once-3 "$here" "$once" outputs/{r16,text}-seed1
  for recipe in paper all-r16; do
    with_base main-1 "chat-$recipe" "$here" ifeval@chat "$(course "$recipe")"
  done
}

course() {  # RECIPE: its first run with all checkpoints and at half strength
  echo "outputs/$1-seed1 --checkpoints --adapter_scales 0.5"
}

gather() {  # the parts become one evaluation, which finds their answers and keeps them
  local study=outputs/study one_seed=outputs/once
  echo "mkdir -p $study $one_seed"
  echo "for part in $parts/main-*; do cp -r \$part/. $study; done"
  echo "for part in $parts/once-*; do cp -r \$part/. $one_seed; done"
  echo "python evaluate.py --output_dir $study $near --benchmarks $chat --adapters" \
    $(finished $parts/main-*)
  echo "python evaluate.py --output_dir $one_seed $here --benchmarks $once --adapters" \
    $(finished $parts/once-*)
}

finished() {  # FOLDER...: the runs that some folder has all scores of
  local run
  for run in $(runs $on_nf4); do
    for folder in "$@"; do
      [ ! -f "$folder/validation/$(basename "$run")/scores.json" ] || echo "$run"
    done
  done | uniq
}

case ${1:-} in
  train | begin | evaluate | gather) "$1" ;;
  *) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
