# Everything here needs only Python 3.11 or newer (with venv) and make; each target sets up what it uses.
#   make demo    clean the seed articles and say what was removed and why
#   make test    format, lint, types, doctests, tests, figures, and the wheel in an environment of its own (six minutes)
#   make test-rest   what needs frameworks or a cluster: adapters and spark
#   make adapters    the adapters, tested with the frameworks that they are for, in an environment of their own
#   make spark   the Spark engine on PySpark 4, through Spark Connect, and on PySpark 3.5 (needs Java)
#   make faults  the long tests of the Spark engine, in no other target: executors and a worker killed in every kind of stage
#   make bench   the benchmarks, small
#   make clean   remove all that the targets above made
# Another Python: make test PYTHON=python3.12

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WHEEL_VENV := .venv-wheel
ADAPTERS_VENV := .venv-adapters
SPARK4_VENV := .venv-spark4
SPARK3_VENV := .venv-spark3
REST_VENVS = $(ADAPTERS_VENV)/installed
EXTRAS := arrow,datasets,datatrove,haystack,langchain,llama-index,scrapy,sklearn
PIP := -m pip --disable-pip-version-check --quiet
BUILD_FILES := pyproject.toml setup.py $(wildcard src/dedupe/core/native/*.c src/dedupe/core/native/*.h)
SOURCES := $(BUILD_FILES) README.md LICENSE $(shell find src/dedupe -name '*.py' -o -name '*.bin' -o -name '*.json')

# The stamps of environments carry the interpreter's name and version, so that PYTHON=... rebuilds.
PYTHON_ID := $(shell $(PYTHON) -c 'import sys; print(sys.implementation.cache_tag, sys.base_prefix)' | tr -c 'A-Za-z0-9.\n' '-')
ifeq ($(PYTHON_ID),)
$(error no Python found as '$(PYTHON)'; install Python 3.11 or newer, or name one: make $(or $(MAKECMDGOALS),demo) PYTHON=python3.12)
endif

# Two targets side by side, each with its output in one piece where make can do that.
TWO_AT_ONCE := --no-print-directory -j2 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

.PHONY: demo test test-rest lint types tests numpy fuzz figures wheel adapters spark faults bench clean
.DELETE_ON_ERROR:

demo: $(VENV)/installed
	@$(BIN)/dedupe --version
	@$(BIN)/dedupe clean seeds/*.txt -o .demo/cleaned --explain

test: $(VENV)/dev
	@$(MAKE) $(TWO_AT_ONCE) lint tests types wheel numpy figures fuzz
	@echo "make test: all is well; make test-rest tests the adapters and the Spark engine"

# The environments one behind the other: each install builds in src/.
test-rest: $(VENV)/python-$(PYTHON_ID)
	@$(MAKE) --no-print-directory $(REST_VENVS)
	@$(MAKE) $(TWO_AT_ONCE) spark adapters
	@echo "make test-rest: all is well"

lint: $(VENV)/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/dev
	$(BIN)/mypy

tests: $(VENV)/dev
	$(BIN)/python -m pytest

# The NumPy core does everything by itself; large hostile texts take it minutes, so they are left to the compiled one.
numpy: $(VENV)/dev
	DEDUPE_BACKEND=numpy $(BIN)/python -m pytest -m "not slow" -k "not hostile" tests/core tests/test_find.py tests/test_compare.py

# The same inputs on every run; docs/native.md says how to let coverage choose them.
fuzz: $(VENV)/dev
	$(BIN)/python tests/fuzz/fuzz_native.py 2000

# Quality and counts of work must not fall below the baseline; times are not looked at.
figures: $(VENV)/dev
	$(BIN)/python -m benchmarks --check benchmarks/baseline.json

# Where there is a C compiler, a wheel without the compiled core is a failure; $(VENV)/build.log says why.
wheel: $(WHEEL_VENV)/installed
	$(WHEEL_VENV)/bin/python -I tests/smoke.py seeds $(if $(shell command -v $(CC)),native)

# The frameworks live together; the options leave out what pyproject.toml sets for an environment without them.
adapters: $(ADAPTERS_VENV)/installed
	HF_HUB_OFFLINE=1 $(ADAPTERS_VENV)/bin/python -m pytest -o addopts= -o filterwarnings=default --import-mode=importlib \
		--doctest-modules -ra tests/integrations src/dedupe/integrations

# A cluster of processes on this machine, with executors and drivers that are killed; and side by side, through Spark
# Connect and on the older major version, one test of each way of working. `make faults` kills in every kind of stage.
ifeq ($(shell command -v java),)
spark faults:
	@echo "make $@: no Java here, so the Spark engine is not tested; install a Java 17 runtime"
else
REST_VENVS += $(SPARK4_VENV)/installed $(SPARK3_VENV)/installed
SPARK_PYTEST := -m pytest -o addopts= -o filterwarnings=default --import-mode=importlib -ra
SPARK_SOME := -m "everywhere and not slow" tests/engines/spark
spark: $(SPARK4_VENV)/installed $(SPARK3_VENV)/installed
	$(SPARK4_VENV)/bin/python $(SPARK_PYTEST) -m "not slow and not everywhere" tests/engines/spark tests/engines/test_arrow.py
	SPARK_CONNECT=1 $(SPARK4_VENV)/bin/python $(SPARK_PYTEST) $(SPARK_SOME) > $(SPARK4_VENV)/connect.log 2>&1 & \
	$(SPARK3_VENV)/bin/python $(SPARK_PYTEST) $(SPARK_SOME); is_well=$$?; \
	wait $$! && is_connect_well=0 || is_connect_well=1; cat $(SPARK4_VENV)/connect.log; \
	test $$is_well$$is_connect_well = 00

faults: $(SPARK4_VENV)/installed
	$(SPARK4_VENV)/bin/python $(SPARK_PYTEST) -s -m slow tests/engines/spark
endif

bench: $(VENV)/bench
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) $(WHEEL_VENV) $(ADAPTERS_VENV) $(SPARK4_VENV) $(SPARK3_VENV) .demo build dist src/*.egg-info src/dedupe/core/native/_native*.so \
		.pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/python-$(PYTHON_ID):
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version)'
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python $(PIP) install --upgrade pip -c constraints-dev.txt
	touch $@

# Editable, so a change in a Python file needs no new install; a change in C does.
$(VENV)/installed: $(VENV)/python-$(PYTHON_ID) $(BUILD_FILES) constraints-dev.txt
	$(BIN)/python $(PIP) install --editable . -c constraints-dev.txt
	touch $@

$(VENV)/dev: $(VENV)/installed
	$(BIN)/python $(PIP) install --group dev -c constraints-dev.txt
	touch $@

$(VENV)/bench: $(VENV)/dev
	$(BIN)/python $(PIP) install --group bench -c constraints-dev.txt
	touch $@

$(ADAPTERS_VENV)/installed: $(VENV)/python-$(PYTHON_ID) $(BUILD_FILES) constraints-adapters.txt
	rm -rf $(ADAPTERS_VENV)
	$(PYTHON) -m venv $(ADAPTERS_VENV)
	$(ADAPTERS_VENV)/bin/python $(PIP) install --upgrade pip -c constraints-adapters.txt
	$(ADAPTERS_VENV)/bin/python $(PIP) install --editable '.[$(EXTRAS)]' --group adapters -c constraints-adapters.txt
	touch $@

$(SPARK4_VENV)/installed: constraints-spark4.txt
$(SPARK3_VENV)/installed: constraints-spark3.txt
$(SPARK4_VENV)/installed $(SPARK3_VENV)/installed: .venv-%/installed: $(VENV)/python-$(PYTHON_ID) $(BUILD_FILES)
	rm -rf $(@D)
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python $(PIP) install --upgrade pip -c constraints-$*.txt
	$(@D)/bin/python $(PIP) install --editable '.[spark]' --group spark -c constraints-$*.txt
	touch $@

# The wheel is built from the source distribution, so a file missing there shows here.
dist/built: $(VENV)/dev $(SOURCES)
	rm -rf dist build
	$(BIN)/python -m build --outdir dist . > $(VENV)/build.log 2>&1 || { cat $(VENV)/build.log; exit 1; }
	touch $@

# Unpinned on purpose: what a user gets today.
$(WHEEL_VENV)/installed: dist/built
	rm -rf $(WHEEL_VENV)
	$(PYTHON) -m venv $(WHEEL_VENV)
	$(WHEEL_VENV)/bin/python $(PIP) install dist/*.whl
	touch $@
