# Python 3.11 or newer (with venv) and make are all that is needed: each target sets up what it uses.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
LOWEST := .venv-lowest
ARM := .venv-arm
DOCS := .venv-docs

SSE_AND_FMA := +sse,+sse2,+sse3,+ssse3,+sse4.1,+sse4.2,+popcnt,+avx,+fma
AVX2 := $(SSE_AND_FMA),+avx2,+bmi,+bmi2,+lzcnt
PARALLEL := -n auto --dist loadfile --durations 20
ENGINE := -m "not heavy" $(PARALLEL) tests/engine tests/kernels
SAME_BITS := tests/test_same_bits.py -k "not lecture and not mnist"
HASWELL := NUMBA_CPU_NAME=haswell NUMBA_CPU_FEATURES

# Tests start hundreds of processes, each of which would compile all of its modules again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: train test units test-all test-rest test-arm test-lowest docs torture page pictures check format clean

train: $(INSTALLED) ## set up, then train the default network on all of MNIST
	$(BIN)/chainrule train

test: $(INSTALLED)-test ## set up, check style and types, run the quicker tests
	$(MAKE) --jobs=2 check units

units: $(INSTALLED)-test
	$(BIN)/python -m pytest $(PARALLEL)

test-all: $(ARM)/.installed test test-rest ## everything `make test` runs, and the rest; on Debian, with qemu-user

test-rest: $(INSTALLED)-test ## what takes minutes; pages, in a browser; the engine for other processors, with bounds checked
	$(MAKE) --jobs=2 test-arm docs
	$(BIN)/python -m pytest -m heavy tests/browser
	$(BIN)/python -m pytest -m "heavy or kernel" $(PARALLEL) --ignore tests/browser
	CHAINRULE_BOUNDSCHECK=1 $(BIN)/python -m pytest $(ENGINE)
	$(HASWELL)=$(AVX2) $(BIN)/python -m pytest $(ENGINE)
	$(HASWELL)=$(AVX2) $(BIN)/python -m pytest -m "heavy or not heavy" tests/test_same_bits.py
	$(HASWELL)=$(SSE_AND_FMA) $(BIN)/python -m pytest $(SAME_BITS)

# One process, emulated: kernels take minutes to compile, and are kept.
test-arm: $(ARM)/.installed ## the same bits on an emulated ARM processor
	$(BIN)/python tests/arm $(ARM) -m pytest -o faulthandler_timeout=3600 tests/engine/test_simd.py $(SAME_BITS)

# Old libraries warn of what newer ones, that they call, have given up; `make test` hears of what we call.
test-lowest: $(LOWEST)/.installed ## the tests with the oldest versions that pyproject.toml allows, instead of the newest
	$(LOWEST)/bin/python -m pytest $(PARALLEL) -W ignore::DeprecationWarning

docs: $(DOCS)/.installed ## the lecture as notebooks and, with an API reference, as a site, in build/docs
	$(DOCS)/bin/python -m docs.site.build

torture: $(INSTALLED)-torture ## hours: tries to break it, with the figures of docs/reliability.md
	$(BIN)/python -m torture

page: web/node_modules/.package-lock.json ## the page of `chainrule explain`, from web/; with Node 20 or newer
	cd web && npm run lint && npm run types && npm run test && npm run build

pictures: $(INSTALLED)-test web/node_modules/.package-lock.json ## docs/images of the page, with Chromium
	CHAINRULE_PICTURES=1 $(BIN)/python -m pytest -m heavy tests/browser/test_pictures.py

check: $(INSTALLED)-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python

format: $(INSTALLED)-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) $(LOWEST) $(ARM) $(DOCS) web/node_modules build dist

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci
	touch $@

$(INSTALLED): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable ".[plots]"
	touch $@

$(INSTALLED)-test: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-compile --editable ".[test]" # most of it is never imported
	touch $@ $(INSTALLED)

$(INSTALLED)-torture: $(INSTALLED)-test
	$(BIN)/python -m pip install --quiet --editable ".[torture]"
	touch $@

$(ARM)/.installed: pyproject.toml tests/arm/set_up.py $(INSTALLED)-test
	$(BIN)/python tests/arm/set_up.py $(ARM)
	touch $@

$(DOCS)/.installed: pyproject.toml
	$(PYTHON) -m venv $(DOCS)
	$(DOCS)/bin/python -m pip install --quiet --editable ".[docs]"
	touch $@

$(LOWEST)/.installed: pyproject.toml
	$(PYTHON) -m venv --clear $(LOWEST)
	$(LOWEST)/bin/python -m pip install --quiet uv
	$(LOWEST)/bin/uv pip compile --quiet --resolution lowest-direct --extra test --python $(LOWEST)/bin/python \
		--output-file $(LOWEST)/versions.txt pyproject.toml
	$(LOWEST)/bin/python -m pip install --quiet --constraint $(LOWEST)/versions.txt --editable ".[test]"
	touch $@
