PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: install demo check test soak bench lint types messages
.DELETE_ON_ERROR:

install: $(STAMP)

$(STAMP): requirements.lock pyproject.toml hatch_build.py
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --no-deps -e .
	touch $@

# The gettext catalogues as the program reads them.
messages: install
	$(BIN)/pybabel -q compile -d locale -D turnet

demo: install messages
	$(BIN)/turnet demo

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	$(BIN)/mypy

# For every few minutes: lint, types, and everything that needs neither Postgres nor a browser nor long.
check: lint types messages
	$(BIN)/pytest tests -m "not postgres and not browser and not slow"

# The one command: everything, on both databases, in a real browser, and from the built wheel.
test: lint types messages
	tests/machine.sh
	$(BIN)/pytest tests -m "not soak"

# The long matrices and the benchmarks.
soak: install messages
	tests/machine.sh
	$(BIN)/pytest tests -m soak
	$(MAKE) bench

bench: install messages
	$(BIN)/python -m bench
