# `make help` lists the targets.

SCALE ?= 1
PIPELINES ?= warehouse,arrivals,market_data,sales,trades
MINUTES ?= 30
ENV ?= dev
UV_VERSION := 0.13.8
VENV := .venv
TOOLS := .tools
STAMP := $(VENV)/.installed
PYTHON := $(firstword $(foreach name,python3.11 python3.12 python3,$(if $(shell \
	$(name) -c 'import sys; print("yes" if (3, 11) <= sys.version_info[:2] <= (3, 12) else "")' 2>/dev/null),$(name))))
UV := $(or $(shell command -v uv 2>/dev/null),$(TOOLS)/bin/uv)
LOCK = $(UV) pip compile --generate-hashes --no-header --no-annotate --no-emit-index-url --quiet
# An environment below .tools with the packages of the rule's lock file.
define INSTALL_TOOL
@$(UV) venv --quiet --clear --python $$(command -v $(PYTHON)) $(TOOLS)/$(1)
@VIRTUAL_ENV="$(CURDIR)/$(TOOLS)/$(1)" $(UV) pip sync --quiet --require-hashes $<
@touch $@
endef
UV_PIP := VIRTUAL_ENV="$(CURDIR)/$(VENV)" $(UV) pip
# Otherwise each process would compile all that it imports again: of the packages, and of the project.
ifdef PYTHONDONTWRITEBYTECODE
export UV_COMPILE_BYTECODE := 1
unexport PYTHONDONTWRITEBYTECODE
endif
LAKEHOUSE := $(VENV)/bin/lakehouse
PYTEST_SIDE_BY_SIDE := $(VENV)/bin/pytest --numprocesses 3 --dist loadgroup --no-loadscope-reorder --durations 20
# In an environment of its own: it pins another boto3.
CHECKOV := $(TOOLS)/checkov/bin/checkov
# The AWS CLI and dbt, for tests/clients: they pin other versions, too.
CLIENTS := $(TOOLS)/clients/bin/dbt

.DEFAULT_GOAL := help
.PHONY: help demo test test-long test-compose up down status logs clean fuzz bench lint security format lock docs install mwaa-bundle deploy

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(STAMP) ## Start all, run every pipeline, show the counts (SCALE=10 for ten times the data, PIPELINES=warehouse for one)
	@$(LAKEHOUSE) demo --scale $(SCALE) --pipelines $(PIPELINES)

test: lint security $(CLIENTS) ## Run the checks and all tests that take less than minutes
	@$(PYTEST_SIDE_BY_SIDE) -m "not long"

test-long: $(STAMP) $(CLIENTS) ## Run the tests that take minutes: whole runs with everything killed, days one after the other
	@$(PYTEST_SIDE_BY_SIDE) -m long

test-compose: $(STAMP) ## Build the containers and test them on the Docker engine of this machine
	@LAKEHOUSE_TEST_COMPOSE=1 $(VENV)/bin/pytest tests/compose

up: $(STAMP) ## Start the stack and wait until it is healthy
	@$(LAKEHOUSE) up

down: $(STAMP) ## Stop the stack; its data stays
	@$(LAKEHOUSE) down

status: $(STAMP) ## Show the stack's processes
	@$(LAKEHOUSE) status

logs: $(STAMP) ## Follow the logs of all processes
	@$(LAKEHOUSE) logs --follow

clean: $(STAMP) ## Stop the stack and remove its data
	@$(LAKEHOUSE) clean

fuzz: $(STAMP) ## Put odd data of new seeds through the running stack (MINUTES=30) and keep what it gets wrong
	@PYTHONPATH=glue_scripts $(VENV)/bin/python -m tests.fuzz --minutes $(MINUTES)

bench: $(STAMP) ## Measure speed and memory
	@$(VENV)/bin/python -m benchmarks

lint: $(STAMP) ## Check style and types of errors with ruff, and which way imports point
	@$(VENV)/bin/ruff check
	@PYTHONPATH=.:dags:plugins:glue_scripts:lambdas $(VENV)/bin/lint-imports --no-cache
	@$(VENV)/bin/ruff format --check

security: $(CHECKOV) ## Check the CloudFormation templates against the rules of checkov
	@LOG_LEVEL=ERROR $(CHECKOV) --config-file .checkov.yaml

format: $(STAMP) ## Format the code and fix what can be fixed
	@$(VENV)/bin/ruff check --fix
	@$(VENV)/bin/ruff format

docs: $(STAMP) ## Write docs/dags.md from docstrings, docs/{data_dictionary,redshift,athena}.md from their lists
	@$(VENV)/bin/python docs/generate_dags_md.py
	@$(VENV)/bin/python docs/generate_data_dictionary.py
	@PYTHONPATH=. $(VENV)/bin/python docs/generate_redshift_md.py
	@PYTHONPATH=. $(VENV)/bin/python docs/generate_athena_md.py

mwaa-bundle: $(STAMP) ## Build in dist/ what Amazon MWAA and Glue take
	@$(VENV)/bin/python -m deployment bundle

deploy: $(STAMP) ## Create or update everything in an AWS account (ENV=dev names a file of infra/environments)
	@$(VENV)/bin/python -m deployment deploy --environment $(ENV)

lock: $(UV) ## Resolve the dependencies of the project, of its tools, and of what AWS installs into lock files
	$(LOCK) pyproject.toml --universal --python-version 3.11 --output-file requirements.lock
	$(LOCK) tests/infra/checkov.in --universal --python-version 3.11 --output-file tests/infra/checkov.lock
	$(LOCK) tests/clients/requirements.in --universal --python-version 3.11 --output-file tests/clients/requirements.lock
	$(LOCK) glue_scripts/requirements.in --constraint requirements.lock --python-version 3.11 \
		--python-platform x86_64-manylinux_2_28 --only-binary :all: --output-file glue_scripts/requirements.lock
	$(LOCK) producers/trades/requirements.in --constraint requirements.lock --universal --python-version 3.11 \
		--output-file producers/trades/requirements.lock
	grep -v '^--' requirements.txt | $(LOCK) - --no-deps --python-version 3.12 \
		--python-platform x86_64-manylinux_2_28 --only-binary :all: --output-file infra/mwaa/requirements.lock

$(CHECKOV): tests/infra/checkov.lock | $(UV)
	$(call INSTALL_TOOL,checkov)

$(CLIENTS): tests/clients/requirements.lock | $(UV)
	$(call INSTALL_TOOL,clients)

install: $(STAMP) ## Make .venv from requirements.lock

$(STAMP): requirements.lock pyproject.toml | $(UV)
	@test -n "$(PYTHON)" || { echo "Python 3.11 or 3.12 is needed and not on the PATH: install one of them." >&2; exit 1; }
	@test -x $(VENV)/bin/python || $(UV) venv --quiet --python $$(command -v $(PYTHON)) $(VENV)
	@echo "Installing the packages of requirements.lock"
	@$(UV_PIP) sync --quiet --require-hashes requirements.lock
	@$(UV_PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(TOOLS)/bin/uv:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or 3.12 is needed and not on the PATH: install one of them." >&2; exit 1; }
	@$(PYTHON) -m pip --version >/dev/null 2>&1 || { echo "$(PYTHON) has no pip: install it (on Debian: python3-pip)." >&2; exit 1; }
	@PIP_BREAK_SYSTEM_PACKAGES=1 PIP_ROOT_USER_ACTION=ignore $(PYTHON) -m pip install --quiet --disable-pip-version-check --target $(TOOLS) uv==$(UV_VERSION)
