# contactflow: `make help` lists the targets. Each sets up what it needs, again only when its inputs changed.
PYTHON ?= python3.11
VENV := .venv
PY := $(VENV)/bin/python
JAVA_SOURCES := $(shell find pipelines/java/src pipelines/java/pom.xml -type f 2>/dev/null)
JAR := pipelines/java/target/contactflow-flink.jar
BROKER := deploy/broker/target/.built
ENGINE_TESTS := tests/test_scenarios.py tests/transforms tests/schemas tests/golden
.DEFAULT_GOAL := help
.PHONY: help setup run broker test coverage lint format bench latency chaos lock clean docs prerequisites

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  \1\t/' | expand -t 16

prerequisites:
	@PYTHON="$(PYTHON)" sh deploy/prerequisites.sh

$(VENV)/.installed: requirements.lock setup.py | prerequisites
	@echo "Installing the Python environment (.venv) ..."
	@[ -x $(PY) ] || "$$(sh deploy/prerequisites.sh --python)" -m venv $(VENV)
	@$(PY) -m pip install -q --disable-pip-version-check "setuptools<81" wheel
	@$(PY) -m pip install -q --disable-pip-version-check -r requirements.lock
	@$(PY) -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e . --config-settings editable_mode=compat
	@touch $@

$(JAR): $(JAVA_SOURCES) | prerequisites
	@echo "Building the Flink operator (Maven) ..."
	@mvn -q -B -f pipelines/java/pom.xml package -DskipTests
	@touch $@

setup: $(VENV)/.installed $(JAR) ## make .venv (with .venv/bin/contactflow) and build the jar

run: setup ## run the example shop's workflows over a year of real purchases through Flink, and show what happened
	@$(PY) examples/run.py

$(BROKER): deploy/broker/pom.xml | prerequisites
	@echo "Fetching the Kafka broker (Maven) ..."
	@mvn -q -B -f deploy/broker/pom.xml package
	@touch $@

broker: $(VENV)/.installed $(BROKER) ## a Kafka broker on this machine, until Ctrl-C (its data stay in out/broker)
	@$(PY) deploy/broker/start.py

test: setup $(BROKER) lint coverage ## everything: lint, types, Java and Python tests
	@mvn -q -B -f pipelines/java/pom.xml test
	@$(PY) -m pytest $(ENGINE_TESTS:%=--ignore=%)

coverage: $(VENV)/.installed ## the tests of the engine, which must reach every line and branch of it
	@$(PY) -m pytest $(ENGINE_TESTS) -n 2 --cov=transforms --cov=schemas --cov-branch --cov-fail-under=100 \
		--cov-report=term-missing:skip-covered

lint: $(VENV)/.installed ## format, lint, types, import directions
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports

format: $(VENV)/.installed ## put the code in the project's format
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/ruff check --fix .

docs: $(VENV)/.installed ## write docs/reference anew from the vocabulary and the shapes of definitions
	@$(PY) -m docs.generator

bench: setup ## measure throughput side by side (minutes; see docs/performance.md)
	@$(PY) bench/throughput.py

latency: setup $(BROKER) ## measure how long it takes from an event to its action (minutes)
	@$(PY) -m bench.latency

chaos: setup $(BROKER) ## kill and restart everything under a live job, and compare with simulate (minutes)
	@PYTHONPATH=tests/pipelines:. $(PY) tests/pipelines/chaos.py

lock: ## resolve requirements.in into requirements.lock
	@rm -rf build/lock && $(PYTHON) -m venv build/lock && build/lock/bin/pip install -q -r requirements.in && build/lock/bin/pip freeze > requirements.lock

clean: ## remove what was built (keeps .venv)
	@rm -rf build out pipelines/java/target .pytest_cache .mypy_cache .ruff_cache
