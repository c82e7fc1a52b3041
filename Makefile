# The shop's two commands are `make run` and `make test`. They need Python 3.11+ and make, and bring the rest.

PYTHON ?= python3
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
LOCK := ../$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header

# Python keeps what it has compiled: the second start takes half the time
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test check schema bench lock clean packages test-packages

help: ## what there is
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

run: packages ## the whole shop on this machine, until Ctrl-C
	@$(BIN)/python -m config.run

test: test-packages ## every test; ARGS="-k cart" for some
	$(BIN)/python -m pytest -n auto $(ARGS)

check: export DJANGO_SETTINGS_MODULE = config.settings.test
check: test-packages ## style, types, import contracts, migrations, API schema
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy apps config
	$(MANAGE) makemigrations --check
	$(MANAGE) spectacular --validate --fail-on-warn --file .data/openapi.yaml
	@cmp docs/openapi.yaml .data/openapi.yaml || (echo "The API has changed: make schema, and commit."; exit 1)

schema: test-packages ## write docs/openapi.yaml anew
	DJANGO_SETTINGS_MODULE=config.settings.test $(MANAGE) spectacular --validate --fail-on-warn --file docs/openapi.yaml

bench: test-packages ## measure, and write the report
	$(BIN)/python -m bench

lock: test-packages ## pin requirements/*.in anew, with hashes
	$(BIN)/python -m pip install --quiet uv
	cd requirements && $(LOCK) test.in --output-file test.txt
	cd requirements && for name in base local production; do \
		$(LOCK) $$name.in --constraint test.txt --output-file $$name.txt; done

clean: ## remove data, caches and the virtual environment
	@! kill -0 $$(head -n 1 .data/postgres/postmaster.pid 2>/dev/null) 2>/dev/null || (echo "The shop is running; stop it first."; exit 1)
	@rm -rf .data .venv staticfiles .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -prune -exec rm -rf {} +

packages:
	@$(PYTHON) requirements/install.py local

test-packages:
	@$(PYTHON) requirements/install.py test
