# Everything there is to do with this repository. `make` alone lists it.
# Go and Node are enough for all but e2e (a Chromium) and the complete checks.

GO      ?= go
NPM     ?= npm
BIN     := bin/kept
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)

# Compiled once per version, never part of the program.
STATICCHECK := $(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2

FUZZTIME ?= 30s
MAILS    ?= 400
KILLS    ?= 8
SOAK     ?= 10
CONVERSATIONS ?= 5000

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo build test check eval fuzz soak chaos bench e2e size notices clean tools go-tests ui-tests vet formats go-vet staticcheck ui-vet budgets notices-check

help: ## List what can be done
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: build ## Build everything and start a desk of invented people to look around in
	$(BIN) demo $(ARGS)

build: tools bin/.ui ## Build bin/kept with the browser workspace inside
	$(GO) build -tags ui -trimpath -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/kept

test: go-tests ui-tests ## Run all tests that need nothing but Go and Node

check: vet budgets notices-check test ## Vet, linters, formats, types, budgets, licences, then make test

eval: ## Measure against the real data in the folder KEPT_EVAL_DATA
	$(GO) test -count=1 -v -run '^TestEval' ./internal/...

fuzz: ## Run every fuzz target for FUZZTIME (30s) each
	@set -e; for file in $$(grep -rl --include='*_test.go' '^func Fuzz' internal ui); do \
	  for name in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/p' $$file); do \
	    echo "== $$(dirname $$file) $$name"; \
	    $(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) -parallel 1 ./$$(dirname $$file); \
	  done; done

soak: build ## Pour mail into the real program for SOAK minutes (10), killed now and then
	KEPT_BIN=$(abspath $(BIN)) $(GO) test -tags chaos -count=1 -v -timeout 24h ./e2e/chaos -run Killed -args -mails $$(( $(SOAK) * 1500 )) -kills $$(( $(SOAK) * 2 ))

chaos: build ## Kill the program, take its database and its disk away while mail pours in (MAILS=400 KILLS=8)
	KEPT_BIN=$(abspath $(BIN)) $(GO) test -tags chaos -count=1 -v -timeout 2h ./e2e/chaos -args -mails $(MAILS) -kills $(KILLS)

e2e: build e2e/node_modules/.installed ## Tell the desk's stories in a real browser (needs a Chromium)
	cd e2e && $(NPM) run --silent check && KEPT_BIN=$(abspath $(BIN)) npx playwright test $(ARGS)

bench: build ## Measure the hot paths: mail in, inbox, parsers
	$(GO) test -run '^$$' -bench . -benchmem ./internal/...
	@desk=$$(mktemp -d); trap 'rm -rf "$$desk"' EXIT; \
	$(BIN) seed --data "$$desk" --conversations $(CONVERSATIONS) --messages $$(( $(CONVERSATIONS) * 4 )) --seed 1 && $(BIN) bench all --data "$$desk"

size: build ## Print what is downloaded and what is installed, against the budgets
	cd ui && $(NPM) run --silent size
	@$(GO) run ./internal/tools/budgets | grep -E '^(budget|binary)'

notices: tools ui/node_modules/.installed ## Write down what the program is made of, and under which licences
	$(GO) run ./internal/tools/notices

clean: ## Remove everything that was built
	rm -rf bin ui/dist ui/node_modules e2e/node_modules e2e/results

# ── parts of the above ──────────────────────────────────────────────────────

tools:
	@command -v $(GO) >/dev/null || { echo "Kept is written in Go: install Go 1.26 or newer (https://go.dev/dl/) and run this again."; exit 1; }
	@command -v node >/dev/null || { echo "The browser workspace is built with Node: install Node 20.19 or newer (https://nodejs.org/) and run this again."; exit 1; }
	@node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' || { echo "Node $$(node --version) is too old: install Node 20.19 or newer (https://nodejs.org/) and run this again."; exit 1; }

go-tests:
	$(GO) test ./...

ui-tests: tools ui/node_modules/.installed
	cd ui && $(NPM) test

vet: formats go-vet staticcheck ui-vet

formats:
	@unformatted=$$(gofmt -l cmd internal e2e/chaos ui/*.go *.go); test -z "$$unformatted" || { echo "These files want gofmt -w:"; echo "$$unformatted"; exit 1; }

go-vet:
	$(GO) vet ./...
	$(GO) vet -tags chaos ./e2e/...

staticcheck:
	$(STATICCHECK) ./...

ui-vet: tools ui/node_modules/.installed
	cd ui && $(NPM) run --silent check

notices-check: ui/node_modules/.installed
	@$(GO) run ./internal/tools/notices -check

budgets:
	@$(GO) run ./internal/tools/budgets

e2e/node_modules/.installed: e2e/package.json e2e/package-lock.json
	cd e2e && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 $(NPM) ci --no-fund --no-audit
	@touch $@

ui/node_modules/.installed: ui/package.json ui/package-lock.json
	cd ui && $(NPM) ci --no-fund --no-audit
	@touch $@

# The built workspace; its stamp lies outside, for what is in ui/dist is embedded.
bin/.ui: ui/node_modules/.installed $(shell find ui -type f -not -path 'ui/node_modules/*' -not -path 'ui/dist/*' -not -name '*.go' 2>/dev/null)
	cd ui && $(NPM) run build
	@mkdir -p bin && touch $@
