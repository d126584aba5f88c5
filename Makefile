# Two commands matter: `make demo` and `make test`. Both start from a bare clone.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin

.PHONY: demo models test lint check-services fast bench clean

demo: .venv/run
	@$(BIN)/python manage.py demo --port $(PORT)

# A model service without a key for the demo: ANTHROPIC_BASE_URL=http://127.0.0.1:8900 make demo
models: .venv/dev
	@$(BIN)/python -m tests.api_server

test: .venv/dev
	@$(BIN)/python -m tests.run

lint: .venv/dev
	@$(BIN)/python -m tests.run lint

fast: .venv/dev
	@$(BIN)/pytest -q -m "not browser and not faults and not services"

bench: .venv/dev
	@$(BIN)/python -m tests.bench.first_token
	@$(BIN)/python -m tests.bench.token_cost
	@$(BIN)/python -m tests.bench.report
	@$(BIN)/python -m tests.bench.mixed_model

# uv is used where it is installed; plain venv and pip do the same, only slower. Python compiles what it imports by
# itself: leaving that out here saves a third of the time.
.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed; name one: make PYTHON=/path/to/python3.11"; exit 1; }
	@if command -v uv >/dev/null 2>&1; then uv venv -q --python $(PYTHON) .venv; else $(PYTHON) -m venv .venv; fi

.venv/run: requirements.txt | .venv/bin/python
	@echo "Installing what the platform needs (once) ..."
	@if command -v uv >/dev/null 2>&1; then uv pip install -q --python $(BIN)/python -r requirements.txt; \
	else $(BIN)/python -m pip install -q --no-compile --disable-pip-version-check -r requirements.txt; fi
	@touch $@

.venv/dev: requirements-dev.txt | .venv/bin/python
	@echo "Installing what the tests need (once) ..."
	@if command -v uv >/dev/null 2>&1; then uv pip install -q --python $(BIN)/python -r requirements-dev.txt; \
	else $(BIN)/python -m pip install -q --no-compile --disable-pip-version-check -r requirements-dev.txt; fi
	@touch $@ .venv/run

clean:
	rm -rf .venv var staticfiles
