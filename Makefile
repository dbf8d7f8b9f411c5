# The habits of the project. `make demo` and `make test` do all the set-up that they need.
# Each step says how long it usually takes; a second run finds everything done.

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
CACHE  := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/cloud-platform
UV     := $(or $(shell command -v uv),$(CACHE)/uv/bin/uv)
BIN    := .venv/bin
PACKAGES := $(dir $(wildcard */__init__.py))

.DEFAULT_GOAL := help
.PHONY: help setup node bytecode engine demo demo-stop test test-all test-production test-unit docs lint format bench bench-api faults fuzz clean client bench-realtime vendored

help: ## Show the targets.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

setup: .venv/.complete bytecode engine ## Make .venv with .venv/bin/cloud, and find or build the Pulumi engine.

$(CACHE)/uv/bin/uv:
	@echo "==> installing uv (usually 5 s)"
	@$(PYTHON) -m venv $(CACHE)/uv
	@$(CACHE)/uv/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.5'

.venv/.complete: pyproject.toml uv.lock $(if $(shell command -v uv),,$(UV))
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	@echo "==> installing the Python packages into .venv (usually 1-2 min)"
	@$(UV) sync --locked --quiet --compile-bytecode --python $(PYTHON)
	@touch $@

TYPESCRIPT := realtime/clients/typescript
DASHBOARD  := realtime/dashboard
NODE_PACKAGES := tests/appsync $(TYPESCRIPT) $(DASHBOARD)

node: $(NODE_PACKAGES:%=%/node_modules/.package-lock.json) ## What tests and builds need of npm; needs Node 20 (usually 15 s).

# Without Node what needs them is left out aloud; in CI it fails.
%/node_modules/.package-lock.json: %/package-lock.json
	@if command -v npm >/dev/null; then \
		echo "==> installing the packages of $* (usually 10 s)"; \
		cd $* && npm ci --silent --no-audit --no-fund --ignore-scripts && touch node_modules/.package-lock.json; \
	else echo "==> Node is missing: the tests that need $* will be left out"; fi

client: $(TYPESCRIPT)/node_modules/.package-lock.json ## Build the TypeScript client; what it makes is committed (usually 5 s).
	@cd $(TYPESCRIPT) && npm run --silent build

vendored: $(DASHBOARD)/node_modules/.package-lock.json ## Copy the dashboard's library from npm; the copy is committed (usually 5 s).
	@cp $(DASHBOARD)/node_modules/@dagrejs/dagre/dist/dagre.esm.js $(DASHBOARD)/monitor/vendor/dagre.esm.js
	@cp $(DASHBOARD)/node_modules/@dagrejs/dagre/LICENSE $(DASHBOARD)/monitor/vendor/dagre.LICENSE

# Where PYTHONDONTWRITEBYTECODE is set, as in many containers, every process would compile our packages anew otherwise.
bytecode: .venv/.complete
	@$(BIN)/python -m compileall -q $(PACKAGES)

engine: .venv/.complete
	@$(BIN)/python tools/install_engine.py

demo: setup ## Run the main job on the sandbox: four stacks, deployed through Prefect (usually 2 min).
	@$(BIN)/python tools/demo.py

demo-stop: ## Stop the sandbox that the demo left running.
	@cd demo && ../$(BIN)/cloud sandbox stop

test: setup node lint ## Pass the tests (usually 15 min; the first time the engine is built, 5 min more).
	@echo "==> pytest on two cores (usually 15 min)"
	@$(BIN)/python -m pytest -n 2 --dist loadgroup --durations=25

test-all: setup node lint ## The tests of `make test` and the extended ones, with coverage: all sizes, longer lives (usually 60 min).
	@echo "==> pytest on two cores, extended tests included, with coverage (usually 60 min)"
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not production" --cov --cov-report=term --durations=25

test-production: setup ## Prefect on PostgreSQL with two workers; needs PostgreSQL's programs (usually 5 min).
	@echo "==> pytest: a real PostgreSQL, Prefect server and two workers (usually 5 min)"
	@$(BIN)/python -m pytest tests/production -m production --durations=10

test-unit: .venv/.complete ## Only the fast, pure tests (usually 3 min).
	@$(BIN)/python -m pytest tests/unit -n 2

docs: .venv/.complete ## Write the generated parts of the documentation.
	@$(BIN)/python tools/generate_docs.py

lint: .venv/.complete ## Style, types and the direction of imports (usually 40 s).
	@echo "==> ruff, mypy, import-linter (usually 40 s)"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

format: .venv/.complete ## Format the code.
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format .

bench: setup ## The benchmarks (usually 10 min); see docs/benchmarks.md.
	@$(BIN)/python benchmarks/dag.py

bench-api: setup ## Status reads of the API beside a bare route (usually 2 min); see docs/benchmarks.md.
	@$(BIN)/python benchmarks/rest_api.py

bench-realtime: setup ## The benchmark of what is told live (usually 4 min); see docs/benchmarks.md.
	@$(BIN)/python benchmarks/realtime.py

faults: setup ## Kill a sandbox at work and mend it (usually 60 min): KILLS=100 SEED=1 PHASE= FAULT=; see docs/reliability.md.
	@$(BIN)/python faults/run.py --kills $(or $(KILLS),100) --seed $(or $(SEED),1) \
		$(if $(PHASE),--phase "$(PHASE)") $(if $(FAULT),--fault "$(FAULT)") $(FLAGS)

fuzz: setup ## Ask every endpoint what the contract allows and what it forbids (usually 10 min): EXAMPLES=100 SEED=.
	@FUZZ_EXAMPLES=$(or $(EXAMPLES),100) FUZZ_SEED=$(or $(SEED),$(shell date +%s)) \
		$(BIN)/python -m pytest tests/unit/test_api_fuzzing.py -n 2 --dist load -q

clean: ## Remove .venv and caches of this clone; the engine in the user's cache stays.
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
