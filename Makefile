# make            build/phigate and build/phigate-agent
# make test       everything that CI runs; make unit, make lint, make e2e, make fuzz, make bench: the parts
# make demo       the whole story in a minute, on this machine
# B=DIR builds elsewhere, SAN=1 with AddressSanitizer and UBSan, CC=clang with clang
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

B ?= build
comma := ,
VERSION := 0.1.0
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

# ---- what Debian and npm bring; each target installs what it needs and what is missing ------------------------------------
BUILD_DEPS := gcc libc6-dev pkg-config libssl-dev libcurl4-openssl-dev libssh2-1-dev libvectorscan-dev libpcre2-dev libutf8proc-dev \
	libcjson-dev libyaml-dev libsqlite3-dev tzdata zlib1g-dev libqrencode-dev node-llhttp openssh-server
LIBS_PC := libssl libcrypto libcurl libssh2 libhs libpcre2-8 libutf8proc libcjson yaml-0.1 sqlite3 zlib libqrencode
DEMO_DEPS := age curl jq openssh-client util-linux procps passwd
UNIT_DEPS := age libcmocka-dev openssh-client openssl
TEST_DEPS := $(DEMO_DEPS) $(UNIT_DEPS) clang libclang-rt-dev lld llvm bats mandoc
FUZZ_DEPS := clang libclang-rt-dev llvm
BENCH_DEPS := $(DEMO_DEPS) nginx-light wrk
have_node := command -v node >/dev/null && command -v npm >/dev/null || echo nodejs npm

lacking = $$(for p in $(1); do dpkg-query -W -f '$${db:Status-Status}' $$p 2>/dev/null | grep -qx installed || echo $$p; done)
# Packages that bring services do not start them: what is built and tested here starts its own.
install = missing="$(call lacking,$(1)) $(2)"; missing=$$(echo $$missing); if [ -n "$$missing" ]; then \
	echo "installing $$missing"; rc=0; held=/usr/sbin/policy-rc.d; \
	if [ -e $$held ]; then held=; else $(SUDO) sh -c 'printf "\#!/bin/sh\nexit 101\n" > /usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d'; fi; \
	{ $(SUDO) apt-get update -qq && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq \
		--no-install-recommends $$missing; } > $(B)/apt.log 2>&1 || rc=1; \
	[ -z "$$held" ] || $(SUDO) rm -f $$held; [ $$rc = 0 ] || { tail -n 20 $(B)/apt.log; exit 1; }; fi

.PHONY: all deps clean unit unit-programs test-objects faults test lint e2e fuzz fuzz-programs bench bench-programs demo accuracy completions
$(B)/deps.ok: Makefile
	@mkdir -p $(B)
	@$(call install,$(BUILD_DEPS))
	@touch $@
$(B)/deps.%.ok: Makefile
	@mkdir -p $(B)
	@$(call install,$($*_DEPS),$(if $(filter UNIT FUZZ,$*),,$$($(have_node))))
	@touch $@
# npm ci writes beside the lock file only; nothing of it runs at installation
tests/node_modules/.package-lock.json: tests/package-lock.json tests/package.json | $(B)/deps.DEMO.ok
	@echo "installing npm packages of the tests"
	@cd tests && npm ci --ignore-scripts --no-progress --loglevel=error > /dev/null
	@touch $@
deps: $(B)/deps.ok $(B)/deps.TEST.ok $(B)/deps.BENCH.ok tests/node_modules/.package-lock.json

# ---- flags, probed once ----------------------------------------------------------------------------------------------
ifeq ($(origin CC),default)
CC := gcc
endif
# strings put together over lines stand in many tables of tests; clang takes each for a comma forgotten
WARN := -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes \
	-Wswitch-enum -Wvla -Wno-string-concatenation -Werror
HARDEN := -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
HARDEN_LD := -pie -Wl,--as-needed -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack
ifdef SAN
HARDEN := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -fPIE
HARDEN_LD := -fsanitize=address,undefined -pie
endif
OPT := $(if $(SAN),-O1,-O2) -g

$(B)/flags.mk: $(B)/deps.ok Makefile
	@{ echo "PC_CFLAGS := $$(pkg-config --cflags $(LIBS_PC))"; \
	echo "PC_LIBS := $$(pkg-config --libs $(LIBS_PC))"; \
	echo "LD_TESTS := $$(command -v ld.lld > /dev/null && echo -fuse-ld=lld)"; \
	for f in $(HARDEN); do echo 'int main(void){return 0;}' | $(CC) -Werror -O1 $$f -x c - -o /dev/null 2>/dev/null && \
		echo "PROBED += $$f"; done; \
	if pkg-config --exists libllhttp; then \
		echo "LLHTTP_SRC :="; echo "LLHTTP_CFLAGS := $$(pkg-config --cflags libllhttp)"; echo "PC_LIBS += $$(pkg-config --libs libllhttp)"; \
	else echo "LLHTTP_SRC := /usr/share/llhttp"; echo "LLHTTP_CFLAGS := -isystem /usr/share/include/llhttp -DLLHTTP_STRICT_MODE=1"; fi; } > $@
ifeq ($(filter clean,$(MAKECMDGOALS)),)
-include $(B)/flags.mk
endif

CFLAGS_ALL = -std=c11 -D_GNU_SOURCE $(OPT) $(WARN) $(PROBED) $(PC_CFLAGS) -iquote common -DPHIGATE_VERSION='"$(VERSION)"' \
	-pthread -MMD -MP $(CFLAGS)
LDFLAGS_ALL = $(HARDEN_LD) -pthread $(LDFLAGS)

# ---- programs --------------------------------------------------------------------------------------------------------
COMMON_OBJ := $(patsubst %.c,$(B)/%.o,$(sort $(wildcard common/*.c)))
MASK_OBJ := $(patsubst %.c,$(B)/%.o,$(sort $(wildcard agent/mask/*.c agent/mask/detect/*.c)))
ANSWER_OBJ := $(patsubst %.c,$(B)/%.o,$(sort $(wildcard agent/answer/*.c)))
AGENT_DIRS := agent $(addprefix agent/,archive control dialect exchange gate hold identity ledger net pack policy record session sink)
AGENT_OBJ := $(patsubst %.c,$(B)/%.o,$(sort $(filter-out agent/main.c,$(wildcard $(addsuffix /*.c,$(AGENT_DIRS))))))
CLI_OBJ := $(patsubst %.c,$(B)/%.o,$(sort $(filter-out cli/main.c,$(wildcard cli/*.c))))
LLHTTP_OBJ = $(if $(LLHTTP_SRC),$(addprefix $(B)/llhttp/,api.o http.o llhttp.o))
ARCHIVES := $(B)/libcli.a $(B)/libagent.a $(B)/libmask.a $(B)/libcommon.a
PROGRAMS := $(if $(wildcard cli/main.c),$(B)/phigate) $(if $(wildcard agent/main.c),$(B)/phigate-agent)

all: $(PROGRAMS)

$(B)/%.o: %.c $(B)/flags.mk
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) $(CFLAGS_$(firstword $(subst /, ,$<))) -c -o $@ $<

CFLAGS_agent = $(LLHTTP_CFLAGS) $(addprefix -iquote ,$(AGENT_DIRS) agent/mask agent/mask/detect) -DPHIGATE_BUILD_DIR='"$(B)"'
CFLAGS_cli = -iquote agent/mask
CFLAGS_tests = $(LLHTTP_CFLAGS) $(addprefix -iquote ,$(AGENT_DIRS) agent/answer agent/mask agent/mask/detect cli)
$(B)/llhttp/%.o: $(LLHTTP_SRC)/%.c $(B)/flags.mk
	@mkdir -p $(@D)
	$(CC) $(OPT) $(PROBED) $(LLHTTP_CFLAGS) -w -c -o $@ $<

$(B)/libcommon.a: $(COMMON_OBJ)
$(B)/libmask.a: $(MASK_OBJ) $(ANSWER_OBJ)
$(B)/libagent.a: $(AGENT_OBJ) $(LLHTTP_OBJ)
$(B)/libcli.a: $(CLI_OBJ)
$(ARCHIVES):
	@rm -f $@
	ar rcs $@ $^

# the dialects that are built in are read when their embedding file is compiled
$(B)/agent/dialect/dialect_builtin.o: $(wildcard config/dialects/*.yaml)
$(B)/agent/init.o: config/policies/hipaa.yaml

# the dictionaries of masking, as one table that is embedded
$(B)/dictionary-make: agent/mask/detect/make/dictionary.c agent/mask/detect/dictionary.h agent/mask/hash.h $(B)/flags.mk
	@mkdir -p $(@D)
	$(CC) -std=c11 -O1 $(WARN) -iquote agent/mask -o $@ $<
$(B)/dictionary.bin: $(B)/dictionary-make $(wildcard config/dictionaries/*)
	$< config/dictionaries > $@
$(B)/agent/mask/detect/dictionary.o: $(B)/dictionary.bin

# what masking has learnt of the words around names and numbers, likewise: the engine reads the notes of agent/mask/train and the marked
# documents of tests/accuracy, and the trainer plays the part of model.c
$(B)/model-train: agent/mask/train/train.c $(filter-out %/model.o,$(MASK_OBJ)) $(B)/libcommon.a $(B)/flags.mk
	$(CC) -std=c11 -D_GNU_SOURCE -O2 -ffp-contract=off $(WARN) $(PC_CFLAGS) -iquote common -iquote agent/mask -iquote agent/mask/detect $(LDFLAGS_ALL) \
		-Wl,-z,muldefs -o $@ $(filter %.c %.o %.a,$^) $(PC_LIBS) -lm
# LEAVE_OUT=third: without that set of documents, so that it can be scored (in a B of its own)
$(B)/model.bin: $(B)/model-train $(wildcard agent/mask/train/*.txt tests/accuracy/*.txt tests/accuracy/unseen/*.txt)
	$< agent/mask/train config/dictionaries tests/accuracy $(LEAVE_OUT) > $@
$(B)/agent/mask/detect/model.o: $(B)/model.bin

$(B)/phigate: $(B)/cli/main.o $(B)/libcli.a $(B)/libmask.a $(B)/libcommon.a
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PC_LIBS) -lm
$(B)/phigate-agent: $(B)/agent/main.o $(B)/libagent.a $(B)/libmask.a $(B)/libcommon.a
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PC_LIBS) -lm

# ---- tests -----------------------------------------------------------------------------------------------------------
UNIT := $(patsubst tests/unit/%.c,$(B)/unit/%,$(sort $(wildcard tests/unit/test_*.c)))
UNIT_OBJ := $(patsubst $(B)/unit/%,$(B)/tests/unit/%.o,$(UNIT))
$(UNIT_OBJ): | $(B)/deps.UNIT.ok
# tests are quicker built than run; what a sanitizer says needs lines, no more
ifdef SAN
$(UNIT_OBJ): OPT := -O0 -g1
endif
# The linker of tests, where it is there, is the one that takes a third of the time: a hundred programs are linked.
# A test may play a neighbour of what it tests: what it defines itself comes first
$(B)/unit/%: $(B)/tests/unit/%.o $(ARCHIVES)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS_ALL) $(LD_TESTS) -Wl,-z,muldefs -o $@ $< -Wl,--start-group $(ARCHIVES) -Wl,--end-group $(PC_LIBS) -lcmocka -lm
# where memory runs out in a test, whoever asks for it asks that test, as GNU ld does it
$(B)/unit/test_memory $(B)/unit/test_exchange_memory: private LDFLAGS_ALL += $(addprefix -Wl$(comma)--wrap=,malloc calloc realloc strdup strndup opendir fdopendir pthread_create)
$(B)/unit/test_memory $(B)/unit/test_exchange_memory: private LD_TESTS :=
# make unit runs all; make unit/test_buf runs one
unit-programs: $(UNIT)
test-objects: $(UNIT_OBJ) $(patsubst tests/bench/%.c,$(B)/tests/bench/%.o,$(sort $(wildcard tests/bench/*.c)))
unit: $(UNIT)
	@rc=0; for t in $^; do $$t || rc=1; done; exit $$rc
unit/%: $(B)/unit/%
	$<
# recordings on a disk that fails at any step, power failures behind any, and no memory at any: all steps, where make unit tries some of each kind
faults: $(addprefix $(B)/unit/,test_faults test_attest_faults test_memory test_exchange_memory)
	@rc=0; for t in $^; do FAULTS=all $$t || rc=1; done; exit $$rc

# make test FUZZ_S=60 JOBS=4: longer, wider
test: $(B)/deps.ok $(B)/deps.TEST.ok tests/node_modules/.package-lock.json
	@tests/run.sh
lint: $(B)/deps.TEST.ok all
	@tests/run.sh lint
# make e2e, or make e2e T=03 for the scenarios whose file begins so; B=build/san SAN=1 drives sanitized programs
e2e: $(B)/deps.TEST.ok tests/node_modules/.package-lock.json all
	@E2E_BUILD=$(B) tests/run.sh e2e

# make fuzz runs all targets by turns until it is stopped, or FUZZ_S seconds each; make fuzz T=jwt only that one
FUZZ := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
$(B)/fuzz/%: tests/fuzz/%.c $(ARCHIVES)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) $(CFLAGS_tests) $(LD_TESTS) -fsanitize=fuzzer,address,undefined -o $@ $< \
		-Wl,--start-group $(ARCHIVES) -Wl,--end-group $(PC_LIBS) -lm
fuzz-programs: $(FUZZ)
fuzz: $(B)/deps.ok $(B)/deps.FUZZ.ok
	@tests/run.sh fuzz

demo: $(B)/deps.ok $(B)/deps.DEMO.ok tests/node_modules/.package-lock.json all
	@B=$(B) KEEP='$(KEEP)' UPSTREAM='$(UPSTREAM)' DIALECT='$(DIALECT)' tests/demo/demo.sh

# ---- bench -----------------------------------------------------------------------------------------------------------
BENCH := $(patsubst tests/bench/%.c,$(B)/bench/%,$(sort $(wildcard tests/bench/*.c)))
$(B)/bench/%: $(B)/tests/bench/%.o $(ARCHIVES)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS_ALL) -o $@ $< -Wl,--start-group $(ARCHIVES) -Wl,--end-group $(PC_LIBS) -lm
bench-programs: $(BENCH)
bench: $(B)/deps.BENCH.ok tests/node_modules/.package-lock.json all $(BENCH)
	@B=$(B) tests/bench/bench.sh

# how much of the identifiers is found, how much else is masked; WORST=20 shows what was missed and what was wrong
accuracy: $(B)/deps.DEMO.ok $(B)/phigate
	@node tests/accuracy/score.mjs $(B)/phigate $(if $(WORST),--worst $(WORST)) $(if $(ONLY),--only $(ONLY))

# completions come from the command records; a check says when they are not current
completions: $(B)/phigate
	@mkdir -p completions; for s in bash zsh fish; do $< completion $$s > completions/phigate.$$s; done

clean:
	rm -rf $(B)

.SECONDARY:
-include $(patsubst %.o,%.d,$(COMMON_OBJ) $(MASK_OBJ) $(ANSWER_OBJ) $(AGENT_OBJ) $(CLI_OBJ)) $(wildcard $(B)/tests/*/*.d)
