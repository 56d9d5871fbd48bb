# Every target sets itself up: a machine with Python 3.11, git and make is enough.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.PHONY: help venv test lint types unit coverage demo bench clean

help:
	@echo "make venv      .venv with the project (editable) and all that its tests need"
	@echo "make test      lint, types, tests, branch coverage of reference/"
	@echo "make demo      start the sample application, ask it, stop it"
	@echo "make bench     throughput, memory, start-up and routing beside other servers"
	@echo "make clean     remove .venv and caches"

venv: $(STAMP)

$(STAMP): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "trueline needs Python 3.11 or later: make PYTHON=/path/to/python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[speed]' --group dev
	touch $@

test: lint types coverage

lint: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: venv
	$(BIN)/mypy

unit: venv
	$(BIN)/pytest

coverage: venv
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

demo: venv
	$(BIN)/python -m reference.examples.demo

bench: $(VENV)/.peers
	$(BIN)/python -m benchmarks.throughput --pairs reference:bare,reference:aiohttp \
	    --scenario plaintext,json --json benchmarks/results/throughput-asyncio.json
	$(BIN)/python -m benchmarks.throughput --pairs reference:sanic,reference:starlette,reference:blacksheep \
	    --json benchmarks/results/throughput-others.json
	$(BIN)/python -m benchmarks.throughput --pairs reference:socketify,reference:bare --loop uvloop \
	    --json benchmarks/results/throughput-uvloop.json
	$(BIN)/python -m benchmarks.throughput --pairs reference:aiohttp --scenario param,pipelined16 \
	    --json benchmarks/results/throughput-param-pipelined.json
	$(BIN)/python -m benchmarks.memory idle reference aiohttp
	$(BIN)/python -m benchmarks.memory stream reference aiohttp
	$(BIN)/python -m benchmarks.startup
	$(BIN)/python -m benchmarks.routing

$(VENV)/.peers: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check aiohttp sanic starlette uvicorn blacksheep socketify
	touch $@

clean:
	rm -rf $(VENV) .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis .benchmarks
