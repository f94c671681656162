# Two commands on a fresh machine with git, make and Python 3.11-3.13 (with venv): 'make demo' and 'make test'.
# The environment is built from requirements.lock: hashes checked, wheels only, nothing compiled.

FITS := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do "$$p" -c '$(FITS)' >/dev/null 2>&1 && { echo "$$p"; break; }; done)
BIN := .venv/bin
WORKERS ?= 2
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

.PHONY: demo test test-full lint format lock wheelhouse clean
.DELETE_ON_ERROR:

demo: .venv/ready
	$(BIN)/sauma demo demo
	@echo "look at: demo/report.html (the figures), demo/audit.html (the officer's view), demo/published/ (the tables)"

test: lint
	$(PYTEST) -m "not full"

test-full: lint    # beside 'make test': what needs a browser or PostgreSQL, whole examples and regions, every fault at every call
	$(PYTEST) -m full

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.venv/locked: requirements.lock
	@test -n "$(PYTHON)" || { echo "no Python 3.11, 3.12 or 3.13 with venv was found: install one, or give PYTHON=..." >&2; exit 1; }
	rm -rf .venv
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes --only-binary :all: -r requirements.lock
	touch $@

.venv/ready: .venv/locked pyproject.toml
	$(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation --no-index -e .
	touch $@

# Needs uv (https://docs.astral.sh/uv). Resolves for Linux and Windows on Python 3.11-3.13.
lock:
	uv pip compile requirements.in --universal --generate-hashes --python-version 3.11 --only-binary :all: \
		--no-header --no-emit-package sauma -o requirements.lock

# A folder that installs without a network, on Linux and Windows, Python 3.11-3.13; about 1.3 GB.
wheelhouse: .venv/ready
	$(BIN)/python .ci/wheelhouse.py wheelhouse

clean:
	rm -rf .venv demo build dist wheelhouse *.egg-info .mypy_cache .ruff_cache .import_linter_cache .hypothesis
