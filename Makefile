# make run, make test: the two commands. The rest serves those who work on it.

PREFIX ?= /usr/local
STRATEGY ?= foreground
# The Swift runtime is linked in: a file that runs anywhere, in 2 MB less memory.
RELEASE = swift build -c release --static-swift-stdlib
SOURCES = Package.swift Sources Tests strategies

.PHONY: run test build bench lint format install

run: build ## Serves on 127.0.0.1:8080, with an inbox inside
	exec $$($(RELEASE) --show-bin-path)/bgdemo serve --strategy $(STRATEGY)

build:
	./setup
	$(RELEASE) --product bgdemo

test: ## One target after another: they start servers and kill processes. One that fails runs once more, a test at a time
	./setup test
	swift build --build-tests
	for target in $$(ls Tests | grep 'Tests$$'); do \
	    swift test --skip-build --filter "^$$target\." || swift test --skip-build --no-parallel --filter "^$$target\." || exit 1; \
	done

bench: ## Ratios against references that run beside it
	./setup bench
	$(RELEASE) --product bgdemo
	$(RELEASE) --product courier-bench
	$(RELEASE) --product eventr-bench
	$(RELEASE) --product queuebus-bench
	BIN_PATH=$$($(RELEASE) --show-bin-path) python3 Benchmarks/bench.py

lint:
	swift format lint --strict --recursive $(SOURCES)

format:
	swift format --in-place --recursive $(SOURCES)

install: build
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $$($(RELEASE) --show-bin-path)/bgdemo $(DESTDIR)$(PREFIX)/bin/bgdemo
