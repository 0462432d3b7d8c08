# Python 3.11 or newer (with venv) and make are all that is needed: each target sets up what it uses.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

AVX2 := +sse,+sse2,+sse3,+ssse3,+sse4.1,+sse4.2,+popcnt,+avx,+avx2,+fma,+bmi,+bmi2,+lzcnt

.PHONY: train test test-all torture check format clean

train: $(INSTALLED) ## set up, then train the default network on all of MNIST
	$(BIN)/chainrule train

test: $(INSTALLED)-test check ## set up, check style and types, run the tests
	$(BIN)/python -m pytest -n auto --dist loadfile

test-all: test ## everything `make test` runs; trained accuracy; the engine with bounds checked, and compiled for AVX2
	$(BIN)/python -m pytest -m heavy
	CHAINRULE_BOUNDSCHECK=1 $(BIN)/python -m pytest -n auto --dist loadfile tests/engine
	NUMBA_CPU_NAME=haswell NUMBA_CPU_FEATURES=$(AVX2) $(BIN)/python -m pytest -n auto --dist loadfile tests/engine

torture: $(INSTALLED)-torture ## hours: tries to break it, with the figures of docs/reliability.md
	$(BIN)/python -m torture

check: $(INSTALLED)-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python

format: $(INSTALLED)-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) build dist

$(INSTALLED): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable ".[plots]"
	touch $@

$(INSTALLED)-test: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable ".[test]"
	touch $@ $(INSTALLED)

$(INSTALLED)-torture: $(INSTALLED)-test
	$(BIN)/python -m pip install --quiet --editable ".[torture]"
	touch $@
