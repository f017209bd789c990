# Two commands on a fresh machine: `make demo` and `make test`. Everything else is for developers.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: demo test check bench soak mutants interop browser clickhouse lock supply release-check clean

demo: $(VENV)/.ready
	@$(BIN)/edgedns-mcp demo

test: $(VENV)/.dev
	@sh scripts/terminal.sh
	$(BIN)/python -m pytest -q -n 2 --dist worksteal --ignore tests/interop --ignore tests/deploy --ignore tests/soak --ignore tests/clickhouse

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/python -m pytest -q tests/test_architecture.py

bench: $(VENV)/.dev
	sh scripts/node.sh
	$(BIN)/python benchmarks/run.py

AT_LENGTH := $(addprefix tests/,fuzz faults/test_every_byte.py trust/test_full_disk.py trust/test_full_disk_servers.py \
	trust/test_damaged_files.py store/test_together.py store/test_in_any_order.py remote/test_tenants_apart.py)
# What goes on for long, or is drawn by lot; SOAK_SEED=... draws the same lots again.
soak: KILLS ?= 1000
soak: SECONDS ?= 60
soak: LOAD ?= 600
soak: FAULTS ?= 1000
soak: SWEEPS ?= 1
soak: FUZZ ?= 600
soak: READERS ?= 100
soak: RUNS ?= 1000
soak: $(VENV)/.dev
	SOAK_KILLS=$(KILLS) SOAK_SECONDS=$(SECONDS) TOGETHER_SECONDS=$(SECONDS) SOAK_LOAD_SECONDS=$(LOAD) SOAK_FAULTS=$(FAULTS) \
	SOAK_SWEEPS=$(SWEEPS) FUZZ_SECONDS=$(FUZZ) SOAK_READERS=$(READERS) SOAK_RUNS=$(RUNS) SOAK_STEPS=30 TENANTS_REQUESTS=10000 \
		$(BIN)/python -m pytest -q -rA -n 2 --dist worksteal tests/soak $(if $(SWEEPS),$(AT_LENGTH))

# The arithmetic, changed in thousands of small ways: which changes does no test notice? All of them take half an hour; MUTANTS="700 1" draws 700.
mutants: .envs/mutants/.ready
	nice -n 19 .envs/mutants/bin/python scripts/mutants.py $(MUTANTS)

.envs/mutants/.ready: pyproject.toml
	@sh scripts/venv.sh $(PYTHON) .envs/mutants
	@.envs/mutants/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]' 'mutmut==3.8.1'
	@touch $@

interop: $(VENV)/.dev
	sh scripts/node.sh
	sh scripts/node.sh assistants
	sh scripts/proxies.sh
	$(BIN)/python -m pytest -q -m interop tests/interop tests/deploy

# A real ClickHouse engine in the tests' own process, 555 MB of library, so in an environment of its own.
clickhouse: .envs/clickhouse/.ready
	.envs/clickhouse/bin/python -m pytest -q -n 2 --dist worksteal tests/clickhouse

.envs/clickhouse/.ready: pyproject.toml
	@sh scripts/venv.sh $(PYTHON) .envs/clickhouse
	@.envs/clickhouse/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,clickhouse-test]'
	@touch $@

# The page in a real browser, inside a real host. Without a browser nothing looks at it, which fails in CI alone.
browser: $(VENV)/.dev
	@sh scripts/browser.sh
	@if [ -s .envs/browser/path ]; then \
		.envs/node24/bin/node --test --test-concurrency=1 --test-timeout=300000 tests/browser/*.test.mjs && \
		.envs/node24/bin/node benchmarks/rendering.mjs; \
	else echo "No browser can be had here, so nothing looked at the page."; test -z "$$CI"; fi

# The versions that a release is tried with and the container is built of, with the digests of their files.
lock: .envs/supply/.ready
	.envs/supply/bin/uv pip compile pyproject.toml --extra import --extra endpoint --extra clickhouse --extra telemetry \
		--universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock" -q -o requirements.lock

supply: .envs/supply/.ready
	@sh scripts/supply.sh

# What must hold before a version is handed out, and what a person does then.
release-check: $(VENV)/.dev
	$(BIN)/python scripts/release_check.py

.envs/supply/.ready:
	@sh scripts/venv.sh $(PYTHON) .envs/supply
	@.envs/supply/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9' 'cyclonedx-bom>=7' 'pip-audit>=2.9'
	@touch $@

$(VENV)/.ready: pyproject.toml
	@sh scripts/venv.sh $(PYTHON) $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.ready
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) .envs mutants node_modules
