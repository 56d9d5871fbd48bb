# Every target sets itself up: a machine with Python 3.11, git and make is enough.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.PHONY: help venv test lint types unit coverage harness frameworks demo sample docs kill-matrix stability mutation oracle planted fuzz fuzz-smoke fuzz-frameworks bench bench-peers bench-aa clean

help:
	@echo "make venv      .venv with the project (editable) and all that its tests need"
	@echo "make test      lint, types, tests, branch coverage of reference/"
	@echo "make frameworks   released frameworks in an environment of their own, for tests"
	@echo "make demo      judge the reference, aiohttp, Sanic and Starlette, and compare them"
	@echo "make sample    start the reference's sample application, ask it, stop it"
	@echo "make docs      write the generated documents again"
	@echo "make kill-matrix  every check against every miniature, into docs/ (some minutes)"
	@echo "make stability    the catalogue 20 times alone and 20 times beside a load, into docs/"
	@echo "make mutation  the checks against 300 mutants of reference/, into docs/ (half an hour)"
	@echo "make oracle    2,000 generated applications, the reference against itself, into docs/"
	@echo "make planted   what generated applications find of what is planted, into docs/"
	@echo "make fuzz-smoke  whether the fuzzer finds what is planted in the parser, server and router"
	@echo "make fuzz      an hour over all targets and engines on the reference, into docs/"
	@echo "make fuzz-frameworks  ten minutes each on seven released servers, into docs/"
	@echo "make bench     the reference beside other servers, into benchmarks/results (an hour)"
	@echo "make bench-aa  what this machine can tell apart, and whether it gives false alarms"
	@echo "make clean     remove .venv and caches"

venv: $(STAMP)

$(STAMP): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "trueline needs Python 3.11 or later: make PYTHON=/path/to/python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[speed,fuzz]' --group dev
	touch $@

test: lint types coverage harness

lint: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: venv
	$(BIN)/mypy

unit: venv
	$(BIN)/pytest

coverage: venv
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n 2 --dist loadfile reference
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

harness: venv frameworks
	$(BIN)/pytest -n 2 --dist loadfile conformance fuzz benchmarks

frameworks: .venv-frameworks/.installed

# Without trueline, and with an aiohttp that is older than the harness's own.
.venv-frameworks/.installed: $(STAMP)
	$(PYTHON) -m venv .venv-frameworks
	.venv-frameworks/bin/python -m pip install --quiet --disable-pip-version-check \
	    'aiohttp<3.14' sanic starlette 'uvicorn[standard]' python-multipart hypercorn tornado granian
	touch $@

demo: $(VENV)/.frameworks
	$(BIN)/trueline matrix reference aiohttp sanic starlette --html build/demo/index.html

sample: venv
	$(BIN)/python -m reference.examples.demo

docs: venv
	$(BIN)/python -m conformance.docs docs
	$(BIN)/python -m benchmarks.report.schema docs

kill-matrix: venv
	$(BIN)/python -m conformance.kill docs

stability: venv
	$(BIN)/python -m conformance.stability docs --runs 20

mutation: venv
	$(BIN)/python -m conformance.mutants docs --sample 300 --seed 1 --jobs 2

oracle: venv
	$(BIN)/python -m conformance.generate.itself docs --apps 2000

planted: venv
	$(BIN)/python -m conformance.generate.planted docs

fuzz-smoke: venv
	$(BIN)/python -m fuzz.plants.smoke --write docs

fuzz: venv
	$(BIN)/python -m fuzz.longrun reference docs --minutes 60 --seed 1

fuzz-frameworks: .venv-fuzz/.installed
	$(BIN)/python -m fuzz.longrun frameworks docs --minutes 70 --seed 1 --python .venv-fuzz

.venv-fuzz/.installed: $(STAMP)
	$(PYTHON) -m venv .venv-fuzz
	.venv-fuzz/bin/python -m pip install --quiet --disable-pip-version-check \
	    aiohttp sanic 'uvicorn[standard]' h11 hypercorn tornado granian
	touch $@

BENCH   = $(BIN)/trueline bench
RESULTS = benchmarks/results
WITH_ADAPTERS = aiohttp sanic starlette
# A comparison that ended with a verdict, whichever it is.
MEASURED = { status=$$?; test $$status -eq 1 -o $$status -eq 3; }
# The scenarios in which aiohttp stands for all.
OTHERS  = params-5,routes-10,routes-1000,routes-10000,middlewares-1,middlewares-10,echo,echo-1mib,$\
    stream,pipelined,not-found,exception,plaintext-idle,plaintext+new

bench: $(VENV)/.frameworks bench-peers
	$(BENCH) compare reference $(WITH_ADAPTERS) peer:blacksheep peer:granian --seconds 20 \
	    --json $(RESULTS)/asyncio.json --chart $(RESULTS)/asyncio.svg || $(MEASURED)
	$(BENCH) compare reference $(WITH_ADAPTERS) peer:blacksheep peer:granian peer:robyn \
	    peer:socketify --loop uvloop --seconds 20 \
	    --json $(RESULTS)/uvloop.json --chart $(RESULTS)/uvloop.svg || $(MEASURED)
	$(BENCH) compare reference aiohttp --scenario $(OTHERS) --seconds 20 \
	    --json $(RESULTS)/aiohttp.json || $(MEASURED)
	$(BENCH) compare peer:bare peer:reference --scenario plaintext --seconds 20 \
	    --json $(RESULTS)/bare.json || $(MEASURED)
	$(BENCH) memory reference aiohttp --connections 5000 --json $(RESULTS)/memory.json
	$(BENCH) startup reference aiohttp --json $(RESULTS)/startup.json
	$(BENCH) latency reference aiohttp --scenario plaintext --json $(RESULTS)/latency.json

bench-aa: venv
	$(BIN)/python -m benchmarks.believing $(RESULTS)

bench-peers: .venv-peers/.installed

# The servers that have no adapter, in an environment of their own.
.venv-peers/.installed: $(STAMP)
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check \
	    socketify robyn granian blacksheep uvicorn uvloop httptools
	touch $@

$(VENV)/.frameworks: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[frameworks]'
	touch $@

clean:
	rm -rf $(VENV) .venv-frameworks .venv-fuzz .venv-peers build .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis .benchmarks
