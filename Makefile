# peercert: `make help` lists the targets. V=1 shows the commands.
BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=
CC = gcc
PYTHON ?= /usr/bin/python3
export PYTHONPYCACHEPREFIX ?= $(abspath $(BUILD))/pycache
VERSION = 0.1.0

WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wformat=2 -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wwrite-strings -Wpointer-arith -Wcast-qual -Wundef -Werror
HARDENING = -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection -fPIE
SANITIZE = -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -U_FORTIFY_SOURCE
CPPFLAGS += -D_GNU_SOURCE -DPEERCERT_VERSION='"$(VERSION)"' -Isrc
CFLAGS ?= -O2 -g
CFLAGS_ALL = -std=c17 $(WARNINGS) $(HARDENING) $(CFLAGS) -pthread -MMD -MP
# For the unit tests alone: they are compiled more often than they run long.
TEST_CFLAGS = -O0 -U_FORTIFY_SOURCE
LDFLAGS_ALL = -pie -Wl,-z,relro -Wl,-z,now -Wl,--as-needed $(LDFLAGS) -pthread
LDLIBS = -lfcgi -ljansson -lcrypto

SOURCES = $(wildcard src/*/*.c)
LIB_OBJECTS = $(patsubst src/%.c,$(BUILD)/obj/%.o,$(SOURCES))
TEST_OBJECTS = $(patsubst tests/unit/%.c,$(BUILD)/obj/tests/%.o,$(wildcard tests/unit/*/*.c))
C_FILES = $(wildcard src/*.[ch] src/*/*.[ch] tests/unit/*.[ch] tests/unit/*/*.[ch] tests/rules/*.c tests/mutation/*.c tests/fuzz/*.[ch] tests/bench/*.[ch] tests/integration/*.c)
BENCH_PROGRAMS = $(patsubst %,$(BUILD)/bench/%,load raw empty straight judge cold mint waiting null_authorizer client_certificate.so)
SHELL_FILES = $(wildcard certs/ca certs/lib/*.sh .ci/run tests/*.sh tests/*/*.sh deploy/*.sh deploy/self-test deploy/*/*.sh)
FUZZ_TARGETS = $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
REPLAYS = $(patsubst tests/fuzz/%.c,$(BUILD)/replay/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SECONDS ?= 60
PACKAGES = packages-build packages-demo packages-test packages-browser packages-lint packages-bench packages-coverage
ARGS ?=
Q = $(if $(V),,@)
comma = ,
say = @echo "  $(1) $@"

.PHONY: all check test-on compile_commands build hooked threads sanitized unit unit-sanitized rules conformance coverage mutation integration sanitize-threads kit browser screenshot test lint demo bench bench-gate bench-hostile bench-instructions bench-waits bench-lists fuzz fuzz-replay deb install uninstall clean help $(PACKAGES)
all: build
build: $(BUILD)/peercert $(BUILD)/libpeercert.a ## build the program, build/peercert, and its library
	@:

# Of the objects, not of the library: so two functions of one name are an error.
$(BUILD)/peercert: $(BUILD)/obj/main.o $(LIB_OBJECTS)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LDLIBS)

$(BUILD)/libpeercert.a: $(LIB_OBJECTS)
	$(call say,AR)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(BUILD)/obj/tests/%.o: tests/unit/%.c | $(BUILD)/libraries $(BUILD)/criterion
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) $(TEST_CFLAGS) -Itests -c -o $@ $<

$(BUILD)/obj/%.o: src/%.c | $(BUILD)/libraries
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -c -o $@ $<

# The headers of the libraries are there; otherwise one line says which packages are missing.
$(BUILD)/libraries: HEADERS = openssl/x509.h fcgiapp.h jansson.h uthash.h
$(BUILD)/libraries: PURPOSE = build
$(BUILD)/criterion: HEADERS = criterion/criterion.h
$(BUILD)/criterion: PURPOSE = test
$(BUILD)/libraries $(BUILD)/criterion:
	@mkdir -p $(@D)
	@printf '#include <%s>\n' $(HEADERS) | $(CC) $(CPPFLAGS) -E - >/dev/null 2>&1 || sh tests/install-packages.sh --missing $(PURPOSE)
	@touch $@

# Allocations of the unit tests fail on purpose: tests/unit/base/memory_fault.c. So do lookups of names.
WRAPPED = $(patsubst %,-Wl$(comma)--wrap=%,malloc calloc realloc strdup strndup asprintf __asprintf_chk \
	tsearch rules_arena_get rules_arena_copy getaddrinfo)
# In place of Criterion's own main program, which starts a process anew for each test; empty takes that one.
RUNNER = $(BUILD)/obj/tests/runner.o
$(BUILD)/unit-tests: $(TEST_OBJECTS) $(RUNNER) $(BUILD)/libpeercert.a
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS_ALL) $(WRAPPED) -o $@ $^ $(LDLIBS) -lcriterion

$(BUILD)/rules-judge: $(BUILD)/obj/tests-rules/judge.o $(BUILD)/obj/tests/rules/rules_world.o \
		$(patsubst tests/unit/%.c,$(BUILD)/obj/tests/%.o,$(wildcard tests/unit/pki/*.c)) $(BUILD)/libpeercert.a
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LDLIBS)

$(BUILD)/obj/tests-rules/%.o: tests/rules/%.c
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -Itests -c -o $@ $<

rules: $(BUILD)/rules-judge ## random access rules, certificates and requests beside a second implementation; ARGS='--pairs 100000'
	$(PYTHON) tests/rules/property.py $(ARGS) '$(abspath $(BUILD)/rules-judge)'

hooked: $(BUILD)/hooked/peercert ## build the program with the tests' hook that lets verification wait
	@:

# The files that know of the hook come before the others of the library.
HOOKED_SOURCES = $(shell grep -lE 'TEST_HOOKS|test_hooks' $(SOURCES))
$(BUILD)/hooked/peercert: $(BUILD)/obj/main.o $(patsubst src/%.c,$(BUILD)/obj/%.hooked.o,$(HOOKED_SOURCES)) $(BUILD)/libpeercert.a
	$(call say,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LDLIBS)

$(BUILD)/obj/%.hooked.o: src/%.c | $(BUILD)/libraries
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -DPEERCERT_TEST_HOOKS -c -o $@ $<

unit: $(BUILD)/unit-tests ## run the unit tests alone; ARGS='--filter=verify/*' chooses
	$(BUILD)/unit-tests $(ARGS)

sanitized: ## build the unit tests with AddressSanitizer and UndefinedBehaviorSanitizer
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/sanitized CFLAGS='$(SANITIZE)' HARDENING=-fPIE \
		LDFLAGS='-fsanitize=address,undefined $(LDFLAGS)' $(BUILD)/sanitized/unit-tests

unit-sanitized: sanitized ## run the unit tests under AddressSanitizer and UndefinedBehaviorSanitizer
	$(BUILD)/sanitized/unit-tests $(ARGS)

conformance: build ## run public X.509 test suites (../shared/conformance or CONFORMANCE=DIR) through --check
	BUILD='$(abspath $(BUILD))' $(PYTHON) tests/conformance/run.py $(ARGS) '$(abspath $(BUILD)/peercert)'

coverage: packages-coverage ## list the branches of verify, cache, rules and gate that no unit test takes; fails for new ones
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/coverage CFLAGS='--coverage -O0 -g' HARDENING=-fPIE RUNNER= \
		LDFLAGS='--coverage $(LDFLAGS)' $(BUILD)/coverage/unit-tests
	@find $(BUILD)/coverage -name '*.gcda' -delete
	$(BUILD)/coverage/unit-tests --filter='@(verify|verdict|rules|request|gate|explain)*/*'
	$(PYTHON) tests/coverage/branches.py $(BUILD)/coverage

mutation: ## change verify, cache, rules and gate one comparison or return at a time: do tests notice? ARGS='--sample 50'
	BUILD='$(abspath $(BUILD))' $(PYTHON) tests/mutation/mutate.py $(ARGS)

# Some at a time: they wait for what they have started more than they compute.
PROGRAM = $(BUILD)/peercert
HOOKED = $(BUILD)/hooked/peercert
THREADED = $(BUILD)/threads/peercert
PYTEST = PEERCERT='$(abspath $(PROGRAM))' PEERCERT_HOOKED='$(abspath $(HOOKED))' PEERCERT_THREADED='$(abspath $(THREADED))' \
	BUILD='$(abspath $(BUILD))' $(PYTHON) tests/run_pytest.py -q -rfEs
integration: build hooked threads ## run the integration tests but for the kit's; ARGS='-k word' chooses among all
	$(PYTEST) -n 4 tests/integration $(or $(ARGS),--ignore-glob='*/test_kit*')

kit: build ## run the tests of the CA kit, certs/ca; ARGS='-k word' chooses
	$(PYTEST) -n 3 $(wildcard tests/integration/test_kit*.py) $(ARGS)

THREADS = -O1 -g -fsanitize=thread -fno-omit-frame-pointer -U_FORTIFY_SOURCE -DPEERCERT_TEST_HOOKS
SOCKET_TESTS = $(patsubst %,tests/integration/test_%.py,socket socket_life stops cache live ocsp ocsp_served metrics gate_deadline reload_faults)
threads: ## build the program with ThreadSanitizer, and the hook
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/threads CFLAGS='$(THREADS)' HARDENING=-fPIE \
		LDFLAGS='-fsanitize=thread $(LDFLAGS)' build

sanitize-threads: PROGRAM = $(THREADED)
sanitize-threads: HOOKED = $(THREADED)
sanitize-threads: threads ## run the tests of the socket, and a minute of mixed load, under ThreadSanitizer
	$(PYTEST) --long tests/integration/test_mixed_load.py
	$(PYTEST) $(SOCKET_TESTS) $(ARGS)

# Chromium reads the policy that chooses a certificate in a folder of root: sudo may ask here, not within pytest.
browser: packages-browser ## install what it needs, test the page in Chromium; ARGS='-k word' chooses
	@$(MAKE) --no-print-directory build hooked
	@[ "$$(id -u)" = 0 ] || sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v; } || true
	$(PYTEST) tests/browser $(ARGS)

screenshot: ## take the pictures of the pages for the README again, deploy/report.png and denied.png
	@$(MAKE) --no-print-directory browser ARGS='-k picture_of_the_readme'
	cp $(BUILD)/browser/screenshots/report.png $(BUILD)/browser/screenshots/denied.png deploy/

PART = @$(PYTHON) tests/part.py $(BUILD)/test-times
# The integration tests wait more than they compute: what is idle then computes.
test: packages-browser ## install what tests need, build, run all tests
	@rm -f $(BUILD)/test-times
	$(PART) 'build' $(MAKE) --no-print-directory -j2 build hooked threads $(BUILD)/unit-tests
	$(PART) 'unit tests' $(MAKE) --no-print-directory unit
	$(PART) 'access rules' $(MAKE) --no-print-directory -j2 rules
	$(PART) 'inputs of the fuzz targets' $(MAKE) --no-print-directory -j2 fuzz-replay
	$(PART) 'conformance' $(MAKE) --no-print-directory conformance ARGS=--quick
	$(PART) 'tests of the kit' $(MAKE) --no-print-directory kit
	$(PART) 'integration tests' $(MAKE) --no-print-directory integration \
		--beside 'unit tests, sanitized' env UNIT_FAULT_STEP=5 $(MAKE) --no-print-directory -j2 unit-sanitized
	$(PART) 'browser tests' $(MAKE) --no-print-directory browser
	@$(PYTHON) tests/part.py $(BUILD)/test-times
check: test ## the same as test

test-on: ## demo, test and lint on a bare Debian made for it; SUITE=trixie or bookworm; root only
	sh tests/on-debian.sh '$(SUITE)'

$(BUILD)/bench/%: tests/bench/%.c $(wildcard tests/bench/*.h)
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $(filter %.c %.a,$^) $(LDLIBS)

$(BUILD)/bench/cold: $(BUILD)/libpeercert.a

$(BUILD)/bench/hostile: tests/bench/hostile.c tests/bench/hostile_made.c $(wildcard tests/bench/*.h) $(patsubst tests/unit/%.c,$(BUILD)/obj/tests/%.o,$(wildcard tests/unit/pki/*.c)) $(BUILD)/libpeercert.a
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) $(LDFLAGS_ALL) -Itests -o $@ $(filter %.c %.o %.a,$^) $(LDLIBS)

$(BUILD)/bench/%.so: tests/bench/%.c $(wildcard tests/bench/*.h)
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -fPIC -shared $(LDFLAGS) -o $@ $< -lssl

bench: packages-bench ## install what it needs, measure beside others: tests/bench/results.md, deploy/bench.svg
	@$(MAKE) --no-print-directory build $(BENCH_PROGRAMS)
	BUILD='$(abspath $(BUILD))' $(PYTHON) tests/bench/run

bench-gate: build $(BUILD)/bench/null_authorizer $(BUILD)/bench/client_certificate.so ## measure the gate beside one that says yes to all
	BUILD='$(abspath $(BUILD))' $(PYTHON) tests/bench/gate.py $(ARGS)

bench-hostile: $(BUILD)/bench/hostile ## print the time that hostile inputs take; fails when one takes too long
	$(BUILD)/bench/hostile $(ARGS)

bench-waits: build $(patsubst %,$(BUILD)/bench/%,load mint waiting) ## measure requests that wait for an OCSP responder, and warm ones beside them
	BUILD='$(abspath $(BUILD))' $(PYTHON) tests/bench/waits

bench-instructions: build $(BUILD)/bench/load $(BUILD)/bench/hostile ## count instructions per answer; fails when they grew by a tenth
	BUILD='$(abspath $(BUILD))' $(PYTHON) tests/bench/instructions $(ARGS)

bench-lists: build ## what revocation lists cost, with 1 to 100 CAs and a million entries; fails when it is too much
	BUILD='$(abspath $(BUILD))' $(PYTHON) tests/bench/lists $(ARGS)

demo: packages-demo ## install what it needs, build, show a report over mutual TLS with a demo CA
	@$(MAKE) --no-print-directory build
	@PEERCERT='$(abspath $(BUILD)/peercert)' sh deploy/demo.sh

compile_commands: export COMPILE = $(CC) $(CPPFLAGS) $(CFLAGS_ALL) -Itests -c
compile_commands: ## write compile_commands.json, for editors and clang tools
	@$(PYTHON) -c 'import json, os, sys; json.dump([{"directory": os.getcwd(), "file": name, \
		"command": os.environ["COMPILE"] + " " + name} for name in sys.argv[1:]], sys.stdout, indent=0)' \
		$(filter %.c,$(C_FILES)) >compile_commands.json

lint: packages-lint ## layers and circles of src/, clang-format, clang-tidy, cppcheck, shellcheck, mandoc; compile with clang too
	sh tests/lint/layers.sh
	sh tests/lint/unit-tests.sh
	@sh tests/lint/format.sh $(C_FILES)
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/clang CC=clang build $(BUILD)/clang/unit-tests
	sh tests/lint/circles.sh $(BUILD)/clang/obj
	printf '%s\n' src/main.c $(SOURCES) | xargs -P2 -I{} clang-tidy --quiet {} -- $(CPPFLAGS) -std=c17 2>/dev/null
	cppcheck --quiet --std=c11 --enable=warning,portability,performance --inline-suppr --error-exitcode=1 \
		--suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches -D_GNU_SOURCE -DPEERCERT_VERSION='""' -Isrc src
	shellcheck $(SHELL_FILES)
	mandoc -Tlint -W warning src/peercert.8 certs/peercert-ca.8

# libFuzzer comes with clang.
fuzz: $(FUZZ_TARGETS) ## run each fuzz target for FUZZ_SECONDS (60)
	@for target in $(FUZZ_TARGETS); do \
		mkdir -p $$target.corpus && $$target -max_total_time=$(FUZZ_SECONDS) -max_len=8192 $$target.corpus \
			tests/fuzz/corpus/$${target##*/} || exit 1; done

fuzz-replay: $(REPLAYS) ## give the fuzz targets the inputs of tests/fuzz/corpus, without libFuzzer
	@for target in $(REPLAYS); do $$target tests/fuzz/corpus/$${target##*/}/* || exit 1; done

$(BUILD)/replay/%: tests/fuzz/%.c tests/fuzz/replay.c $(BUILD)/libpeercert.a
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $(filter %.c %.a,$^) $(LDLIBS)

$(BUILD)/fuzz/%: tests/fuzz/%.c $(wildcard src/*/*.[ch])
	$(call say,FUZZ)
	@mkdir -p $(@D)
	$(Q)clang $(CPPFLAGS) -std=c17 -O1 -g -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -o $@ $< \
		$(SOURCES) $(LDLIBS) -pthread

deb: ## build Debian packages of program and kit into build/deb
	@sh tests/install-packages.sh deb
	sh deploy/debian/build.sh '$(abspath $(BUILD))' $(VERSION)

install: build ## install into $(DESTDIR)$(PREFIX)
	install -Dm755 $(BUILD)/peercert $(DESTDIR)$(PREFIX)/bin/peercert
	install -Dm644 src/peercert.8 $(DESTDIR)$(PREFIX)/share/man/man8/peercert.8
	install -Dm644 src/peercert.schema.json $(DESTDIR)$(PREFIX)/share/peercert/peercert.schema.json
	install -Dm755 certs/ca $(DESTDIR)$(PREFIX)/share/peercert/certs/ca
	install -Dm644 certs/openssl.cnf $(DESTDIR)$(PREFIX)/share/peercert/certs/openssl.cnf
	install -Dm644 -t $(DESTDIR)$(PREFIX)/share/peercert/certs/lib certs/lib/*
	install -Dm644 certs/peercert-ca.8 $(DESTDIR)$(PREFIX)/share/man/man8/peercert-ca.8
	ln -sf ../share/peercert/certs/ca $(DESTDIR)$(PREFIX)/bin/peercert-ca
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/zsh/site-functions
	$(BUILD)/peercert --completion bash >$(DESTDIR)$(PREFIX)/share/bash-completion/completions/peercert
	$(BUILD)/peercert --completion zsh >$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_peercert
	certs/ca completion bash >$(DESTDIR)$(PREFIX)/share/bash-completion/completions/peercert-ca
	certs/ca completion zsh >$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_peercert-ca
	cp -R deploy $(DESTDIR)$(PREFIX)/share/peercert/

uninstall: ## remove what make install has put there, and nothing else
	rm -f $(DESTDIR)$(PREFIX)/bin/peercert $(DESTDIR)$(PREFIX)/share/man/man8/peercert.8 \
		$(DESTDIR)$(PREFIX)/share/peercert/peercert.schema.json
	rm -f $(DESTDIR)$(PREFIX)/share/bash-completion/completions/peercert $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_peercert
	rm -f $(DESTDIR)$(PREFIX)/bin/peercert-ca $(DESTDIR)$(PREFIX)/share/man/man8/peercert-ca.8 \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/peercert-ca $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_peercert-ca
	for file in certs/ca certs/openssl.cnf certs/lib/* $$(find deploy -type f); do \
		rm -f "$(DESTDIR)$(PREFIX)/share/peercert/$$file"; done
	find $(DESTDIR)$(PREFIX)/share/peercert -depth -type d -empty -delete

$(PACKAGES): packages-%:
	@sh tests/install-packages.sh $*

clean: ## remove what was built
	rm -rf $(BUILD)

help: ## list the targets
	@sed -n 's/^\([a-z_-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 20

-include $(wildcard $(BUILD)/obj/*.d $(BUILD)/obj/*/*.d $(BUILD)/obj/tests/*/*.d)
