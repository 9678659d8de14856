# `make run` starts a site, `make test` runs all tests. Both need Python 3.11 or later and a network.
PYTHON ?= python3
BIN := .venv/bin
SYSTEM := scripts/system-packages
# Keep compiled modules, even if the environment forbids it: the tests start hundreds of processes.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run test check format pins words screenshots docs clean

run: .venv/run.stamp
	@$(BIN)/annotator document ship
	@$(BIN)/annotator serve

# Three processes on two cores, because tests wait for servers and browsers. Each starts with tests
# of the same files, which share fixtures. What fails (status 1) runs a second time, alone: browsers
# and servers are slow on a busy machine. Both runs are printed, and the second one counts.
test: .venv/dev.stamp node_modules/.stamp
	@$(SYSTEM) chromium-headless-shell postgresql pandoc nginx default-jre-headless maven firefox-esr
	$(BIN)/pytest -n 3 --dist worksteal || { [ $$? -eq 1 ] && $(BIN)/pytest --last-failed; }

check: .venv/dev.stamp node_modules/.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@if [ -x node_modules/.bin/tsc ]; then echo node_modules/.bin/tsc --noEmit; node_modules/.bin/tsc --noEmit; \
	else echo "tsc: skipped, npm is not installed"; fi

format: .venv/dev.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.venv/bin/python:
	@$(PYTHON) -m venv .venv 2>/dev/null || { $(SYSTEM) python3-venv && $(PYTHON) -m venv .venv; }

.venv/run.stamp: .venv/bin/python requirements/run.txt pyproject.toml
	$(BIN)/pip install --quiet --require-hashes -r requirements/run.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q annotator  # pip does this, but not for an editable package
	@touch $@

.venv/dev.stamp: .venv/run.stamp requirements/dev.txt
	$(BIN)/pip install --quiet --require-hashes -r requirements/dev.txt
	@touch $@

node_modules/.stamp: package.json package-lock.json
	@command -v npm >/dev/null || $(SYSTEM) npm
	@if command -v npm >/dev/null; then npm ci --silent; else mkdir -p node_modules; fi
	@touch $@

# Pin all requirements again, for all platforms and Python versions, without index addresses.
pins: .venv/dev.stamp
	$(BIN)/pip install --quiet uv
	for name in run hosts dev; do \
	  $(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header \
	    --no-emit-index-url --no-emit-find-links requirements/$$name.in -o requirements/$$name.txt; \
	done

# Collect all messages for translators in annotator/locale/annotator.pot.
words: .venv/dev.stamp
	$(BIN)/python -m scripts.words

# Take screenshots of the main pages, wide and narrow, light and dark, with few and many comments,
# in screenshots/, and the pictures of the documentation.
screenshots: .venv/dev.stamp
	@$(SYSTEM) chromium-headless-shell
	$(BIN)/python -m tests.browser.pictures
	$(BIN)/python -m tests.browser.pictures --docs

# Build the documentation as one site, build/docs/index.html, and the manual page of the command.
docs: .venv/dev.stamp
	$(BIN)/sphinx-build -q -W --keep-going -b html docs build/docs
	$(BIN)/sphinx-build -q -W --keep-going -b man docs build/docs/man
	@echo "Built build/docs/index.html and build/docs/man/annotator.1."

clean:
	rm -rf .venv node_modules .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info
