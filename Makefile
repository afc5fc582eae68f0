# peercert: `make help` lists the targets.
BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=
CC = gcc
PYTHON ?= /usr/bin/python3
VERSION = 0.1.0

WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wformat=2 -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wwrite-strings -Wpointer-arith -Wcast-qual -Wundef -Werror
HARDENING = -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection -fPIE
CPPFLAGS += -D_GNU_SOURCE -DPEERCERT_VERSION='"$(VERSION)"' -Isrc
CFLAGS ?= -O2 -g
CFLAGS_ALL = -std=c17 $(WARNINGS) $(HARDENING) $(CFLAGS) -pthread -MMD -MP
LDFLAGS_ALL = -pie -Wl,-z,relro -Wl,-z,now -Wl,--as-needed $(LDFLAGS) -pthread
LDLIBS = -lfcgi -ljansson -lcrypto

LIB_OBJECTS = $(patsubst src/%.c,$(BUILD)/obj/%.o,$(filter-out src/main.c,$(wildcard src/*.c)))
TEST_OBJECTS = $(patsubst tests/unit/%.c,$(BUILD)/obj/tests/%.o,$(wildcard tests/unit/*.c))
C_FILES = $(wildcard src/*.[ch] tests/unit/*.[ch] tests/fuzz/*.[ch] tests/bench/*.[ch])
SHELL_FILES = $(wildcard certs/ca .ci/run tests/*.sh tests/*/*.sh deploy/*/*.sh)
ARGS ?=

.PHONY: all build unit
all: build
build: $(BUILD)/peercert ## build the program (build/peercert) and its library

# Commands are shown with V=1.
Q = $(if $(V),,@)
say = @echo "  $(1) $@"

$(BUILD)/peercert: $(BUILD)/obj/main.o $(BUILD)/libpeercert.a
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LDLIBS)

$(BUILD)/libpeercert.a: $(LIB_OBJECTS)
	$(call say,AR)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(BUILD)/obj/tests/%.o: tests/unit/%.c
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -c -o $@ $<

$(BUILD)/obj/%.o: src/%.c
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -c -o $@ $<

$(BUILD)/unit-tests: $(TEST_OBJECTS) $(BUILD)/libpeercert.a
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LDLIBS) -lcriterion

unit: $(BUILD)/unit-tests ## run the unit tests alone
	$(BUILD)/unit-tests $(ARGS)

SANITIZE = -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -U_FORTIFY_SOURCE
unit-sanitized: ## run the unit tests under AddressSanitizer and UndefinedBehaviorSanitizer
	$(MAKE) BUILD=$(BUILD)/sanitized CFLAGS='$(SANITIZE)' HARDENING=-fPIE unit

-include $(wildcard $(BUILD)/obj/*.d $(BUILD)/obj/tests/*.d)
