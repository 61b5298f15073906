# make run and make test are the two commands. The others are for development.

PREFIX ?= /usr/local
STRATEGY ?= foreground
VERSION = $(shell sed -n 's/.*static let version = "\(.*\)"/\1/p' Sources/CommandLine/Bgdemo.swift)
# Printed by --version. A new commit compiles one C file and links again. Set it from outside where there is no git.
BGDEMO_COMMIT ?= $(shell git describe --always --dirty --exclude '*' 2>/dev/null)
# C's __FILE__ without the folder of the build, or a package from another folder would have another hash.
MAPPED = -Xcc -ffile-prefix-map=$(CURDIR)=. -Xcxx -ffile-prefix-map=$(CURDIR)=.
# With the Swift runtime linked in, the program needs no Swift and 2 MB less memory.
RELEASE = BGDEMO_COMMIT=$(BGDEMO_COMMIT) swift build -c release --static-swift-stdlib $(MAPPED)
SOURCES = Package.swift Sources Tests strategies Fuzz

STAGE = .build/dist/bgdemo-$(VERSION)-$(shell uname -s | tr A-Z a-z)-$(shell uname -m)
MAN = $(STAGE)/share/man/man1

.PHONY: run test build graph bench bench-peers docs lint format install dist fuzz fuzz-keep sanitize

# A build for debugging, without TLS (see Package.swift): it takes half the time of the release build, and is in a folder of its own.
RUN = BGDEMO_TLS=no swift build --scratch-path .build/run -Xswiftc -gnone

run: ## Serves on 127.0.0.1:8080, with an inbox
	./setup run
	$(RUN) --product bgdemo
	@echo "This is a build for debugging, without TLS (rediss://, STARTTLS in the inbox). make build makes the one for real."
	exec $$($(RUN) --show-bin-path)/bgdemo serve --strategy $(STRATEGY)

build: ## The release build: .build/release/bgdemo
	./setup
	$(RELEASE) --product bgdemo

test: ## One target after another, and whole programs one by one: they start servers, kill processes and measure milliseconds
	./setup test
	swift build --build-tests
	for target in $$(ls Tests | grep 'Tests$$'); do \
	    parallel=--parallel; [ $$target != BgdemoTests ] || parallel=--no-parallel; \
	    swift test --skip-build $$parallel --filter "^$$target\." || exit 1; \
	done

containers: ## docker-compose.yml for real: .ci/containers says what it needs
	.ci/containers

graph: ## Draws the modules of Package.swift into ARCHITECTURE.md
	docs/graph

bench: ## Ratios against references that run beside it
	./setup bench
	$(RELEASE) --product bgdemo
	$(RELEASE) --product bgdemo-http-bench
	$(RELEASE) --product bgdemo-smtp-client-bench
	$(RELEASE) --product bgdemo-eventr-bench
	$(RELEASE) --product bgdemo-queuebus-bench
	BIN_PATH=$$($(RELEASE) --show-bin-path) python3 Benchmarks/bench.py

bench-peers: ## make bench-peers PEERS=folder: Ruby's Resque, node-resque and Sidekiq, as you have installed them, beside ours
	./setup bench
	$(RELEASE) --product bgdemo
	BIN_PATH=$$($(RELEASE) --show-bin-path) PEERS="$(PEERS)" python3 Benchmarks/peers.py

docs: ## The libraries' DocC archives in .build/docs. A warning fails, except undocumented parameters
	swift package dump-symbol-graph --minimum-access-level public
	for library in Resque Eventr QueueBus; do \
	    rm -rf .build/docs/$$library*; install -d .build/docs/$$library; \
	    cp .build/*/symbolgraph/$$library.symbols.json .build/docs/$$library; \
	    docc convert Sources/$$library/$$library.docc --additional-symbol-graph-dir .build/docs/$$library \
	        --output-dir .build/docs/$$library.doccarchive --fallback-display-name $$library \
	        --fallback-bundle-identifier bgdemo.$$library >.build/docs/$$library.log 2>&1 || exit 1; \
	    ! grep -E -A2 '^(warning|error)' .build/docs/$$library.log | grep -v 'missing documentation' | \
	        grep -E -A2 '^(warning|error)' || exit 1; \
	done

# Each reader of bytes from outside under libFuzzer (https://llvm.org/docs/LibFuzzer.html), for so many seconds.
FUZZ_S ?= 60
# They have a build of their own, in which every module is instrumented: it takes as long as the first build.
FUZZ_BUILD = .build/fuzz
# Both sanitizers in one flag: of two flags swiftc takes the coverage of the last.
FUZZ = BGDEMO_FUZZ=1 swift build --scratch-path $(FUZZ_BUILD) --product bgdemo-fuzz --sanitize fuzzer --sanitize address \
    -Xswiftc -sanitize=fuzzer,address -Xswiftc -O

# At the end of a process LeakSanitizer takes what a static let holds for a leak.
ASAN = detect_leaks=0

fuzz: ## FUZZ_S=600 make fuzz: ten minutes each. FUZZ_TARGETS="json http": these only. What ends a reader is left in .build/fuzz
	./setup fuzz
	$(FUZZ)
	export ASAN_OPTIONS=$(ASAN); bin=$$($(FUZZ) --show-bin-path)/bgdemo-fuzz && for target in $${FUZZ_TARGETS:-$$(ls Fuzz/corpus)}; do \
	    echo "== $$target"; mkdir -p $(FUZZ_BUILD)/corpus/$$target; \
	    FUZZ_TARGET=$$target $$bin -max_total_time=$(FUZZ_S) -timeout=10 -rss_limit_mb=2048 -detect_leaks=0 -verbosity=0 \
	        -print_final_stats=1 -artifact_prefix=$(FUZZ_BUILD)/$$target- $(FUZZ_BUILD)/corpus/$$target Fuzz/corpus/$$target || exit 1; \
	done

fuzz-keep: ## Keeps the inputs that reach other code than those in Fuzz/corpus
	export ASAN_OPTIONS=$(ASAN); bin=$$($(FUZZ) --show-bin-path)/bgdemo-fuzz && for target in $$(ls $(FUZZ_BUILD)/corpus); do \
	    FUZZ_TARGET=$$target $$bin -merge=1 -max_len=512 Fuzz/corpus/$$target $(FUZZ_BUILD)/corpus/$$target || exit 1; \
	done

sanitize: ## All tests once under Address Sanitizer
	./setup test
	swift build --build-tests --scratch-path .build/sanitize --sanitize address
	export ASAN_OPTIONS=$(ASAN); for target in $$(ls Tests | grep 'Tests$$'); do \
	    swift test --skip-build --scratch-path .build/sanitize --sanitize address --no-parallel --filter "^$$target\." || exit 1; \
	done

lint:
	swift format lint --strict --recursive $(SOURCES)

format:
	swift format --in-place --recursive $(SOURCES)

dist: build ## The stripped program, its manual, completions and units: a tree for /usr/local, its tarball, the list of what is in it (SPDX) and, on Debian, a package
	$(RELEASE) --product generate-manual
	rm -rf $(STAGE)
	install -d $(STAGE)/bin $(MAN) $(STAGE)/lib/systemd/system $(STAGE)/share/doc/bgdemo \
	    $(STAGE)/share/bash-completion/completions $(STAGE)/share/zsh/site-functions \
	    $(STAGE)/share/fish/vendor_completions.d
	bin=$$($(RELEASE) --show-bin-path) && install -s -m 755 $$bin/bgdemo $(STAGE)/bin/bgdemo && \
	    packaging/reproducible $(STAGE)/bin/bgdemo && \
	    packaging/manual $(STAGE)/bin/bgdemo $$bin/generate-manual $(MAN)
	$(STAGE)/bin/bgdemo --generate-completion-script bash >$(STAGE)/share/bash-completion/completions/bgdemo
	$(STAGE)/bin/bgdemo --generate-completion-script zsh >$(STAGE)/share/zsh/site-functions/_bgdemo
	$(STAGE)/bin/bgdemo --generate-completion-script fish >$(STAGE)/share/fish/vendor_completions.d/bgdemo.fish
	install -m 644 packaging/systemd/* $(STAGE)/lib/systemd/system
	install -m 644 README.md CHANGELOG.md LICENSE packaging/bgdemo.env $(STAGE)/share/doc/bgdemo
	rm -f .build/dist/*.deb
	packaging/sbom $(VERSION) >$(STAGE).spdx.json
	packaging/tarball $(STAGE)
	! command -v dpkg-deb >/dev/null || packaging/deb $(STAGE) $(VERSION) .build/dist
	cd .build/dist && files=$$(ls | grep -E '\.(tar\.gz|deb|json)$$') && { sha256sum $$files 2>/dev/null || shasum -a 256 $$files; } >SHA256SUMS
	ls -l .build/dist

install: ## What dist has made: make dist && sudo make install, or make install DESTDIR=/tmp/package PREFIX=/usr
	@[ -d $(STAGE) ] || { echo "make dist comes first" >&2; exit 1; }
	install -d $(DESTDIR)$(PREFIX)
	cp -R $(STAGE)/. $(DESTDIR)$(PREFIX)
	for unit in $(STAGE)/lib/systemd/system/*; do \
	    sed 's,/usr/local/bin,$(PREFIX)/bin,' $$unit >$(DESTDIR)$(PREFIX)/lib/systemd/system/$${unit##*/}; done
