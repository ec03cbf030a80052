PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: install demo check test soak bench lint types messages messages-update
.DELETE_ON_ERROR:

# Compiled code is kept: each process that the tests start would compile the whole program again.
export PYTHONDONTWRITEBYTECODE :=

install: $(STAMP)

# The lock is whole: pip must not look for anything besides it, or it finds a newer release through somebody's extra.
$(STAMP): requirements.lock pyproject.toml hatch_build.py
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --no-deps -e .
	$(BIN)/python -m pip check
	touch $@

# The gettext catalogues as the program reads them.
messages: install
	$(BIN)/pybabel -q compile -d locale -D turnet

# When texts have changed: collects them into the catalogues, new ones untranslated, those nobody says any more taken out.
# The headers name no person, date or machine, so a diff shows words and nothing else.
messages-update: install
	mkdir -p build
	$(BIN)/pybabel -q extract -F babel.cfg --ignore-dirs '.*' --no-location --no-wrap --sort-output -o build/turnet.pot .
	$(BIN)/pybabel -q update -i build/turnet.pot -d locale -D turnet --no-wrap --ignore-obsolete --no-fuzzy-matching
	sed -i -E '/^"(Project-Id-Version|Report-Msgid-Bugs-To|(POT|PO)-.*-Date|Last-Translator|Language-Team|Generated-By):/d' \
		locale/*/LC_MESSAGES/turnet.po

demo: install messages
	$(BIN)/turnet demo

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	$(BIN)/mypy

# For every few minutes: lint, types, the structure, the texts, and whatever needs no server and nothing but SQLite.
check: lint types messages
	$(BIN)/pytest -n 2 tests/test_architecture.py tests/docs tests/unit tests/db -m "not postgres and not slow"

# The one command: everything, on both databases, in a real browser, and from the built wheel.
test: lint types messages
	tests/machine.sh
	$(BIN)/pytest -n 2 --dist loadgroup tests -m "not soak"

# The long matrices and the benchmarks.
soak: install messages
	tests/machine.sh
	$(BIN)/pytest tests -m soak
	$(MAKE) bench

bench: install messages
	$(BIN)/python -m bench
	$(BIN)/python -m bench.desk
	$(BIN)/python -m bench.patients
	$(BIN)/python -m bench.live
