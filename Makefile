# Everything runs from a virtual environment that this file makes; `make help` lists the targets.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
NAUTILUS := $(VENV)/nautilus
COMPAT := $(VENV)/compat
EXPORT := $(VENV)/export
CLIENTS := ccxt binance-sdk
NODE_MODULES := clients/typescript/node_modules
SOURCES := server gateway clients/python models monitoring proto/plugins tests
TYPED := server/aitrader_server gateway/aitrader_gateway clients/python/aitrader_clients models/aitrader_models \
  monitoring/dashboards

export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help run test coverage evidence check static bench proto monitoring sbom lock format clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.runtime ## set up what is missing, then run sandbox exchange, engine and facade
	@exec $(BIN)/aitrader serve

test: $(VENV)/.dev node compat exporter ## set up what is missing, then run all tests
	@$(MAKE) --no-print-directory --jobs=3 --output-sync=target computing waiting serving

# What keeps a core busy, beside what mostly waits for sockets and disks, and for whole processes.
WAITING := tests/integration tests/compat tests/test_broker_gateway_live.py tests/test_live_router.py
SERVING := tests/e2e
# Whole processes as well, which go along with the sockets: so all three take about as long.
LONG := $(addprefix tests/e2e/test_,siege.py key_rotation.py installed.py planted_mistakes.py)

.PHONY: computing waiting serving
computing: coverage
	$(BIN)/python -m pytest $(foreach path,$(WAITING) $(SERVING) $(COVERING),--ignore=$(path))
	$(BIN)/python -m pytest -m hypothesis $(COVERING)
	$(BIN)/python -m pytest -m "not hypothesis" $(BY_CHANCE)

waiting:
	$(BIN)/python -m pytest $(WAITING) $(LONG)

serving:
	$(BIN)/python -m pytest $(SERVING) $(LONG:%=--ignore=%)

# Without tests that chance or the clock has a part in: every run sees the same lines, or the same gap.
COVERING := tests/unit/domain tests/unit/engine tests/unit/decision tests/unit/news \
  tests/unit/adapters/test_announcements.py tests/contract/journal \
  tests/integration/postgres/test_lost_sessions.py tests/integration/postgres/test_refusals.py
BY_CHANCE := tests/unit/engine/test_any_story.py tests/unit/engine/test_snapshot_stream.py \
  tests/unit/news/test_hostile_texts.py

# Where it is not installed its tests are skipped, which CI forbids, and nothing sees its adapter.
POSTGRES = $(firstword $(shell command -v initdb) $(wildcard /usr/lib/postgresql/*/bin/initdb))

coverage: $(VENV)/.dev ## see that tests reach every branch of domain, engine and journal
	coverage run -m pytest --quiet -m "not hypothesis" $(COVERING) $(BY_CHANCE:%=--ignore=%)
	coverage report $(if $(POSTGRES),,--omit='*/journal/postgres*')

check: static test ## format, lint, types, import walls, contract, tests

static: $(VENV)/.dev ## format, lint, types, import walls, contract
	ruff format --check $(SOURCES)
	ruff check $(SOURCES)
	mypy --cache-dir=$(VENV)/.mypy $(TYPED)
	lint-imports
	buf lint
	buf format --diff --exit-code

format: $(VENV)/.dev ## rewrite the sources in the one format
	ruff format $(SOURCES)
	ruff check --fix $(SOURCES)
	buf format --write

bench: $(VENV)/.dev exporter ## measure speeds as ratios against their floors
	@$(MAKE) --no-print-directory $(NAUTILUS)/.installed || echo "NautilusTrader: left out"
	@for bench in tests/bench/bench_*.py; do echo "== $$bench"; \
	  AITRADER_BENCH_NAUTILUS_PYTHON=$(CURDIR)/$(NAUTILUS)/bin/python \
	  $(BIN)/python $$bench || exit 1; done

# An environment of its own: what we are measured against must not choose our dependencies.
$(NAUTILUS)/.installed: | $(VENV)/bin/python
	$(PYTHON) -m venv $(NAUTILUS)
	$(NAUTILUS)/bin/python -m pip --disable-pip-version-check --quiet install nautilus-trader==1.221.0
	@touch $@

# Clients of other people, each in an environment of its own: they trade on the sandbox as they are.
# A name on PATH may stand for no interpreter, so each is tried.
.PHONY: compat
compat: $(VENV)/.dev
	@$(MAKE) --no-print-directory -j2 $(CLIENTS:%=$(COMPAT)/own/%/.installed) \
	  || echo "a client is left out: its test will say so"
	@for version in 3.12 3.13; do \
	  for python in python$$version $(HOME)/.pyenv/versions/$$version.*/bin/python; do \
	    $$python -c pass 2>/dev/null || continue; \
	    $(MAKE) --no-print-directory PYTHON=$$python PYTHON_NAME=$$version \
	      $(COMPAT)/$$version/python-binance/.installed \
	      || echo "a client is left out: its test will say so"; \
	    break; \
	  done; \
	done

PYTHON_NAME := own

# What a client asks for may be newer than what there is to have: the list is taken as it stands.
$(COMPAT)/$(PYTHON_NAME)/%/.installed: tests/compat/requirements/%.txt
	$(PYTHON) -m venv --without-pip $(@D)
	$(PIP) --python $(@D)/bin/python install --no-deps --requirement $<
	@touch $@

# Weights are exported in an environment of their own: what that takes is no part of the service.
.PHONY: exporter
exporter: $(VENV)/.dev ## set up the tool that exports language models (PyTorch, 1.4 GB)
	@$(MAKE) --no-print-directory $(EXPORT)/.installed \
	  || echo "the export tool is left out: its tests will say so"

$(EXPORT)/.installed: requirements-export.txt
	$(PYTHON) -m venv $(@D)
	$(PIP) --python $(@D)/bin/python install --requirement $<
	$(PIP) --python $(@D)/bin/python install --no-deps --no-build-isolation --editable .
	@touch $@

evidence: $(VENV)/.dev node compat exporter ## try every promise for hours, and write down what was seen
	$(BIN)/python tests/evidence/ladder.py

proto: $(VENV)/.dev node ## generate code from the contract
	buf generate

monitoring: $(VENV)/.dev ## write rules and dashboards that come from code
	$(BIN)/python -m aitrader_server.objectives.rules
	$(BIN)/python tests/objective_cases.py
	cd monitoring && $(CURDIR)/$(BIN)/python -m dashboards grafana

sbom: $(VENV)/.dev ## write what the service is made of to build/sbom.cdx.json (CycloneDX)
	@mkdir -p build
	$(BIN)/cyclonedx-py requirements requirements.lock $(SBOM)

SBOM := --pyproject pyproject.toml --sv 1.6 --output-reproducible --validate --of JSON \
  -o build/sbom.cdx.json

lock: $(VENV)/.dev ## pin every dependency by hash, within pyproject's bounds
	$(PIP) install uv
	$(BIN)/uv pip compile $(LOCK) --extra server --extra editable pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile $(LOCK) --extra dev --constraints requirements.lock pyproject.toml \
	  --output-file requirements-dev.lock

LOCK := --quiet --upgrade --generate-hashes --no-emit-index-url --no-annotate --no-header \
  --universal --python-version 3.11

clean: ## remove what the other targets made, but no state
	rm -rf $(VENV) $(NODE_MODULES) build dist .ruff_cache .pytest_cache .hypothesis

.PHONY: node
ifeq ($(shell command -v npm),)
node:
	@echo "npm is not installed: tests of the TypeScript client will be skipped"
else
node: $(NODE_MODULES)/.installed
endif

$(NODE_MODULES)/.installed: clients/typescript/package-lock.json
	cd clients/typescript && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing what the lock names; the next start needs no network"
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing what the lock names; the next run needs no network"
	$(PIP) install --require-hashes -r requirements-dev.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.runtime
