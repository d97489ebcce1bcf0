# make run               serve the page on 127.0.0.1:8080
# make quick             the tests that any user can run, offline, in seconds
# make test              everything: installs what is missing, lints, runs all tests with nothing left out
# make soak              the longest decks and loads: run before something is called done
# make bench             the benchmarks, side by side with what they are held against; writes BENCHMARKS.md
# make site              the page without a server, in dist/site: models in the browser, recorded kernel runs
# make release-snapshot  archives, packages and checksums in dist/, of what is checked out

GO     ?= go
SYSTEMS = darwin freebsd windows

# What make test sets, so that a test knows that it may take minutes and must not be skipped.
ALL = FOURWAVE_LONG=1 FOURWAVE_NOSKIP=1

# Other kernels to test on, as packages, where the machines that were saved of them stay, and their first
# process, which is made once for all packages' tests.
GUESTS = FOURWAVE_GUEST_DEBS=$$(.ci/kernels) FOURWAVE_GUEST_CACHE=$(CURDIR)/.cache/guests FOURWAVE_GUEST_INIT=$(CURDIR)/.cache/fourwave

# A module of its own that holds fsm's speed against gVisor's; what it needs the product does not.
NETSTACK = fsm/bench/netstack

.PHONY: run quick test soak guest tools programs lint contract netstack bench site release-snapshot

run:
	$(GO) run .

quick:
	$(GO) test ./...

# Explorations and the long count of random scripts run without the race detector, which would slow
# them down tenfold; what it looks for they do with small bounds under it.
RACELESS = 'fsm Explore' 'lab Differential'

test: tools guest lint contract netstack
	$(ALL) $(GUESTS) GO=$(GO) .ci/lanes -race $(RACELESS)

soak: tools guest
	$(ALL) $(subst kernels,kernels all,$(GUESTS)) FOURWAVE_SOAK=1 GO=$(GO) .ci/lanes

# Without the commit in it: then the saved machines are good for as long as the code is the same.
guest:
	CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -o .cache/fourwave .

tools: clients/ts/node_modules web/testdata/node_modules .ci/contract/node_modules quiz/export/testdata/node_modules class/testdata/node_modules

lint:
	@bad=$$(gofmt -l $$($(GO) list -f '{{.Dir}}' ./...)); test -z "$$bad" || { echo "not as gofmt writes it: $$bad"; exit 1; }
	$(GO) mod tidy -diff
	cd $(NETSTACK) && $(GO) mod tidy -diff
	$(GO) vet ./...
	@for os in $(SYSTEMS); do echo "GOOS=$$os go vet ./..."; GOOS=$$os CGO_ENABLED=0 $(GO) vet ./... || exit 1; done
	$(GO) tool staticcheck ./...

contract: tools
	cd .ci/contract && REDOCLY_TELEMETRY=off npx --no-install redocly lint --extends recommended-strict ../../openapi.yaml
	cd .ci/contract && npx --no-install spectral lint --fail-severity warn --ruleset .spectral.yaml ../../openapi.yaml

# Some twenty seconds on a fresh machine: without it the benchmark would fall behind the model unseen.
netstack:
	cd $(NETSTACK) && $(GO) vet ./... && $(GO) test ./...

# Those that compare, five turns each and a package at a time: some eight minutes on two quiet cores.
# The table at ten million entries takes longer than all of them: FOURWAVE_LONG=1, see CONTRIBUTING.md.
COMPARED = ModelLabs|Listeners|Edge|ManyConnections|Fork|Cycle|Crowd|Transition|Trials|Restart|Wire|Reading|Walk|Answer

bench:
	@{ $(GO) test -p 1 -run '^$$' -bench '$(COMPARED)' -benchtime 5x -count 5 -benchmem \
		./fsm ./lab ./api ./population ./realsock ./doctor; \
	cd $(NETSTACK) && $(GO) test -run '^$$' -bench . -count 5 -cpu 1; } | $(GO) run ./.ci/bench > BENCHMARKS.new
	@mv BENCHMARKS.new BENCHMARKS.md

# Some ten minutes: every experiment of the library really waits in the kernel once.
site:
	rm -rf dist/site
	$(GO) run ./site -out dist/site

release-snapshot:
	cd .ci/release && $(GO) build -o ../../.cache/goreleaser github.com/goreleaser/goreleaser/v2
	.cache/goreleaser release --snapshot --clean

# Packages that only the tests need, as their lock files have them.
%/node_modules: %/package-lock.json | programs
	cd $* && npm ci --ignore-scripts --no-audit --no-fund && touch node_modules

programs:
	.ci/programs
