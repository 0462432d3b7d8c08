# Python 3.11 or newer (with venv) and make are all that is needed: each target sets up what it uses.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: train test test-all check format clean

train: $(INSTALLED) ## set up, then train the default network on all of MNIST
	$(BIN)/chainrule train

test: $(INSTALLED)-test check ## set up, check style and types, run the tests
	$(BIN)/python -m pytest -n auto --dist loadfile

test-all: test ## everything `make test` runs, and the heavier suites
	$(BIN)/python -m pytest -n auto --dist loadfile -m heavy

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
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(INSTALLED)-test: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable ".[test]"
	touch $@ $(INSTALLED)
