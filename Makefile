# Everything here works on a machine that has Python 3.11 or newer and make; the rest is installed into .venv.
# The targets are shown by `make`. Settings: PYTHON=/path/to/python  PYTEST="tests/collect -x"  WORKERS=4  BENCH=polling

VENV    ?= .venv
PYTHON  ?=
PYTEST  ?=
BENCH   ?=
SETS    ?=
WORKERS ?= 3

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run demo test check lint fix bench fuzz eval lock clean

help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' Makefile

run: $(VENV)/.installed ## Start newswatch here, with an SQLite database and a newswatch.toml to edit; Ctrl-C stops it
	@test -e newswatch.toml || $(BIN)/newswatch init
	@$(BIN)/newswatch db upgrade
	@$(BIN)/newswatch replay seeds/ --store --brief
	@exec $(BIN)/newswatch run

demo: $(VENV)/.installed ## Show it at work without network or accounts: own news site, mail server and Slack on loopback
	@exec $(BIN)/newswatch demo

test: $(VENV)/.installed-dev ## Run the tests, on SQLite and on PostgreSQL
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(PYTEST)

check: lint test ## What CI runs: format, lint, types, import rules, tests

lint: $(VENV)/.installed-dev ## The quick part of check: everything but the tests
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

fix: $(VENV)/.installed-dev ## Format the code and repair what can be repaired by itself
	$(BIN)/ruff check --fix --show-fixes .
	$(BIN)/ruff format .

bench: .venv-bench/.installed-bench ## Measure: pipeline, polling, changed feeds, memory, rules beside other engines (docs/performance.md)
	.venv-bench/bin/python -m bench $(BENCH)

faults: $(VENV)/.installed-dev ## Kill the daemon hundreds of times while receivers fail, and count (docs/reliability.md); ALERTS=1000 KILLS=200
	$(BIN)/python -m tests.durability.storm --alerts $(or $(ALERTS),1000) --kills $(or $(KILLS),200)
	for round in 1 2 3; do NEWSWATCH_KILLS=20 $(BIN)/python -m pytest -n 2 tests/durability/test_kills.py || exit 1; done

fuzz: $(VENV)/.installed-dev ## Look for inputs that break the readers of feeds, sitemaps, OPML and HTTP; SECONDS=60 FUZZ=opml
	$(BIN)/python -m tests.fuzz --seconds $(or $(SECONDS),60) $(FUZZ)

eval: $(VENV)/.installed ## Measure extraction and stories on labelled sets; SETS="folder ..." STORIES="file ..." (docs/extraction.md, docs/stories.md)
	$(BIN)/python -m bench.extraction $(SETS)
	$(BIN)/python -m bench.stories $(STORIES)

lock: ## Renew the locks after a change of pyproject.toml (needs uv); UPGRADE=--upgrade takes newer versions
	uv pip compile $(LOCK) pyproject.toml -o requirements.lock
	uv pip compile $(LOCK) --group build -c requirements.lock -o requirements-build.lock
	uv pip compile $(LOCK) pyproject.toml --all-extras -c requirements.lock -o requirements-extras.lock
	uv pip compile $(LOCK) pyproject.toml --all-extras --group build --group test --group check -c requirements.lock -c requirements-build.lock -o requirements-dev.lock
	uv pip compile $(LOCK) pyproject.toml --group build --group bench -c requirements-dev.lock -o requirements-bench.lock

# Hashes make the locks safe whatever index they are installed from, so none is named in them.
LOCK = $(UPGRADE) --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

clean: ## Remove the environment, caches and builds. Configuration and database stay
	rm -rf $(VENV) .venv-bench build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .fuzz .import_linter_cache bench/results bench/lucene/build
	find src tests bench migrations -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

# Each environment is made once, and again when a lock or pyproject.toml changes. Installing needs no isolated build
# environment, because the build backends are in the locks too: nothing is installed that has no hash there.
$(VENV)/.installed: requirements.lock requirements-build.lock pyproject.toml | $(BIN)/python
	@echo "Installing newswatch into $(VENV) (once; some 60 packages)"
	@$(PIP) install --require-hashes -r requirements.lock -r requirements-build.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock requirements-build.lock pyproject.toml | $(BIN)/python
	@echo "Installing newswatch and the tools for its tests into $(VENV) (once; some 100 packages, 200 MB)"
	@$(PIP) install --require-hashes -r requirements-build.lock
	@$(PIP) install --require-hashes --no-build-isolation -r requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.installed

.venv-bench/.installed-bench: requirements-bench.lock pyproject.toml
	@$(MAKE) --no-print-directory VENV=.venv-bench .venv-bench/bin/python
	@.venv-bench/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r requirements-bench.lock
	@.venv-bench/bin/python -m pip --disable-pip-version-check --quiet install --no-deps --no-build-isolation --editable .
	@touch $@

$(BIN)/python:
	@for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11 python; do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
		echo "newswatch needs Python 3.11 or newer; found: $$(python3 --version 2>&1 || echo none)." >&2; \
		echo "Install one (https://www.python.org/downloads/), or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12" >&2; \
		exit 1; \
	fi; \
	if ! "$$found" -c 'import ensurepip, venv' 2>/dev/null; then \
		echo "$$found has no venv module. On Debian and Ubuntu: apt install python3-venv" >&2; \
		exit 1; \
	fi; \
	"$$found" -m venv $(VENV)
