# consult: two commands are enough, `make demo` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ARGS ?=
PYTEST_ARGS ?= -n 2 --dist loadfile

.PHONY: help demo test test-postgresql lint words prove mutants lock clean

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/make \1\t\2/'

$(VENV)/run.stamp: requirements/run.txt pyproject.toml hatch_build.py
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	touch $@

demo: $(VENV)/run.stamp ## Play a whole round on a fresh instance, write its files, serve the pages (ARGS=--no-serve: only the files)
	$(BIN)/consult demo $(ARGS)

lint: $(VENV)/dev.stamp ## Check style, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint ## Run everything: lint, pure tests, journeys, browser, mail server, PostgreSQL
	$(BIN)/python -m pytest $(PYTEST_ARGS)

test-postgresql: $(VENV)/dev.stamp ## Run everything with every app on a real PostgreSQL
	TESTS_DATABASE=postgresql $(BIN)/python -m pytest $(PYTEST_ARGS)

words: $(VENV)/dev.stamp ## Gather the sentences of pages, letters and refusals into the five catalogues
	$(BIN)/python words.py

mutants: $(VENV)/dev.stamp ## Break the merge in a thousand small ways and count which of them the tests notice
	rm -rf mutants && $(abspath $(BIN))/mutmut run --max-children 2 && $(abspath $(BIN))/mutmut results

lock: ## Write the lock files anew (needs uv)
	uv pip compile -q --universal --generate-hashes --no-header --no-annotate --no-emit-index-url --python-version 3.11 \
	  -o requirements/run.txt pyproject.toml requirements/build.in
	uv pip compile -q --universal --generate-hashes --no-header --no-annotate --no-emit-index-url --python-version 3.11 \
	  --extra dev -o requirements/dev.txt pyproject.toml requirements/build.in

prove: $(VENV)/dev.stamp ## Run the laws of the merge on 20,000 drawn rounds (PROVE_EXAMPLES=…), the gate on 5,000 mutants, the worker killed at every line, the disk failing at every call, a round on six processes
	PROVE_EXAMPLES=$${PROVE_EXAMPLES:-20000} $(BIN)/python -m pytest $(PYTEST_ARGS) tests/engine/test_laws_of_merging.py tests/engine/test_laws_of_copies.py
	PROVE_NO_OBJECTION=$${PROVE_NO_OBJECTION:-2000} $(BIN)/python -m pytest $(PYTEST_ARGS) tests/services/test_no_objection_laws.py
	PROVE_TRANSMITTALS=$${PROVE_TRANSMITTALS:-500} $(BIN)/python -m pytest $(PYTEST_ARGS) tests/services/test_transmittals.py
	PROVE_ANSWERS=500 $(BIN)/python -m pytest $(PYTEST_ARGS) tests/services/test_extensions.py tests/services/test_added_answers.py
	PROVE_MUTANTS=5000 $(BIN)/python -m pytest -rP tests/engine/test_damage.py tests/test_real_files.py
	PROVE_REMINDERS=$${PROVE_REMINDERS:-1000} $(BIN)/python -m pytest tests/services/test_reminding_laws.py
	PROVE_KILLS=all $(BIN)/python -m pytest $(PYTEST_ARGS) -rP tests/mail/test_kills.py tests/mail/test_kills_of_receiving.py tests/kills
	PROVE_FAULTS=all PROVE_ROWS=1000 PROVE_MACHINES=all $(BIN)/python -m pytest $(PYTEST_ARGS) -rP tests/machines tests/long
	PROVE_ZONES=all $(BIN)/python -m pytest $(PYTEST_ARGS) -rP tests/rules/test_calendar.py
	PROVE_RACES=1000 $(BIN)/python -m pytest $(PYTEST_ARGS) -rP tests/kills/test_races.py

clean: ## Remove the environment and everything built
	rm -rf $(VENV) build dist mutants .mypy_cache .ruff_cache .pytest_cache .hypothesis consult/static/vendor
