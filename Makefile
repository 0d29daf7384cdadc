PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

DEMO := outputs/demo

.PHONY: install lint format test demo demo-evaluation demo-one-shot

install: $(VENV)/installed

$(VENV)/installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "This project needs Python 3.11 or newer: make $(or $(MAKECMDGOALS),install) PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement requirements.txt
	touch $@

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/cog --check docs/MODULES.md

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/cog -r docs/MODULES.md

test: install
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

# The demo's own flags; demo/README.md says why each differs from the recipe.
DEMO_PROMPTS := --spider_dir demo/spider --model_id demo/model --schema_format compact --holdout_fraction 0.24

PROMPTS := $(DEMO)/processed_data/manifest.json
ONE_SHOT_PROMPTS := $(DEMO)/one_shot/manifest.json
RUN := $(DEMO)/run/README.md
# What they are made from: where nothing of it is newer, they are not made again.
SOURCES := $(VENV)/installed $(shell find *.py text2sql demo/spider demo/model -type f -not -name '*.pyc')

# Prompts and evaluations are made two at once, as neither keeps two cores busy.
demo: install
	@$(MAKE) --no-print-directory --jobs 2 $(PROMPTS) $(ONE_SHOT_PROMPTS)
	@$(MAKE) --no-print-directory $(RUN)
	@echo; echo "Base and fine-tuned on SQL and on general benchmarks"
	@$(MAKE) --no-print-directory --jobs 2 demo-evaluation demo-one-shot
	@echo; echo "How much of the gain is format? The same with one solved example in the prompt"
	@cat $(DEMO)/one_shot/evaluation.log
	@echo; echo Plots: $(DEMO)/run/evaluation/*.png

.PRECIOUS: $(PROMPTS) $(ONE_SHOT_PROMPTS) $(RUN)  # not removed after Ctrl-C: the commands go on from it

$(PROMPTS): $(SOURCES)
	$(BIN)/python preprocess.py $(DEMO_PROMPTS) --num_shots 0 --output_dir $(@D)

$(ONE_SHOT_PROMPTS): $(SOURCES)
	@mkdir -p $(DEMO)
	@$(BIN)/python preprocess.py $(DEMO_PROMPTS) --num_shots 1 --output_dir $(@D) \
	  >$(DEMO)/one_shot_prompts.log 2>&1 || { cat $(DEMO)/one_shot_prompts.log; exit 1; }

$(RUN): $(PROMPTS)
	$(BIN)/python train.py --data_dir $(DEMO)/processed_data --output_dir $(@D) --resume \
	  --learning_rate 5e-3 --max_steps 120 --eval_steps 40 --logging_steps 10
	@touch $@

demo-evaluation:
	$(BIN)/python evaluate.py --data_dir $(DEMO)/processed_data --adapters $(DEMO)/run \
	  --benchmarks demo_grammar demo_endings --benchmarks_dir demo/benchmark \
	  --checkpoints --adapter_scales 0.25 0.5 0.75 --choosing_split none --max_new_tokens 112

demo-one-shot:
	@OMP_NUM_THREADS=1 $(BIN)/python evaluate.py --data_dir $(DEMO)/one_shot --adapters $(DEMO)/run \
	  --benchmarks none --max_new_tokens 112 --output_dir $(DEMO)/one_shot/evaluation \
	  >$(DEMO)/one_shot/evaluation.log 2>&1 || { \
	  echo "error: the evaluation with one example failed; its output:"; \
	  cat $(DEMO)/one_shot/evaluation.log; exit 1; }
