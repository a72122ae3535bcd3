# Builds, tests and shows reelgate. GNU make; everything is made in build/.
# SPDX-License-Identifier: MIT

version := 0.2.0

# A variant is a folder: `make san=address,undefined` builds apart from `make`.
comma := ,
san ?=
build := build$(if $(san),/san-$(subst $(comma),-,$(san)))

# Where `make install` puts things, by GNU's names; DESTDIR comes before all of them.
prefix = /usr/local
exec_prefix = $(prefix)
bindir = $(exec_prefix)/bin
sbindir = $(exec_prefix)/sbin
sysconfdir = $(prefix)/etc
datarootdir = $(prefix)/share
mandir = $(datarootdir)/man
docdir = $(datarootdir)/doc/reelgate
unitdir = $(prefix)/lib/systemd/system
sysusersdir = $(prefix)/lib/sysusers.d
places = program='$(build)/reelgate' DESTDIR='$(DESTDIR)' $(foreach name,bindir sbindir sysconfdir mandir docdir \
         unitdir sysusersdir,$(name)='$($(name))')

CXX ?= g++
PYTHON ?= /usr/bin/python3
# The user's CPPFLAGS, CXXFLAGS and LDFLAGS come last, so that they win.
cppflags = -std=c++20 -D_GNU_SOURCE -DREELGATE_VERSION='"$(version)"' -Isrc -I$(build) -MMD -MP $(CPPFLAGS)
optimise = $(if $(san),-O1,-O2)
# Sanitizers say function and line; where variables are would take a compiler as long again as all the rest.
debug    = $(if $(san),-g1,-g)
# A designated initialiser leaves out what has its default: that is no mistake. Sanitized builds leave warnings to the
# plain one: g++ 12 has some without cause about strings whose code is sanitized or precompiled.
warnings = $(if $(san),-w,-Wall -Wextra -Werror -Wno-missing-field-initializers)
cxxflags = $(optimise) $(debug) $(warnings) -pthread \
           $(if $(san),-fsanitize=$(san) -fno-sanitize-recover=all) $(CXXFLAGS)
ldflags  = -pthread -Wl,-z,relro,-z,now $(if $(san),-fsanitize=$(san)) $(LDFLAGS)
libs     = -lfcgi -lsqlite3 -lsodium -lboost_program_options

sources      := $(sort $(wildcard src/*.cc src/*/*.cc))
objects      := $(sources:%.cc=$(build)/%.o)
test_sources := $(sort $(wildcard tests/unit/*.cc))
test_objects := $(test_sources:%.cc=$(build)/%.o)
way_objects  := $(build)/tests/ways/rules.o
table_objects := $(build)/scripts/tables.o
fire_objects := $(build)/tests/program/catalogue_fire.o
bench_programs := $(addprefix $(build)/bench/,floor libfcgi_loop links load look_up rules)
bench_objects  := $(bench_programs:$(build)/bench/%=$(build)/tests/bench/%.o)

# All cores, unless -j says otherwise.
jobs = $(if $(findstring j,$(filter-out --%,$(MAKEFLAGS))),,-j$(shell nproc))

.PHONY: all install uninstall deb unit fire generate bench check check-players fuzz demo clean help
.DELETE_ON_ERROR:

all: $(build)/reelgate  ## builds build/reelgate

$(build)/reelgate: $(objects)
	@echo "link $@"
	@$(CXX) $(ldflags) -o $@ $^ $(libs)

# What tests run besides the program.
test_programs := $(addprefix $(build)/,unit rules tables catalogue_fire)
unit: $(test_programs) build/tests/faults.so  ## builds the unit tests

# Preloaded by tests, where it takes malloc's place: never sanitized, whatever the program is.
build/tests/faults.so: tests/preload/faults.cc
	@mkdir -p $(@D)
	@echo "$(notdir $(CXX)) $@"
	@$(CXX) -std=c++20 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror -shared -fPIC -fno-builtin -pthread -o $@ $<

# The rules by themselves, pure as they are: one of the ways in for the table of HTTP cases, and what bench measures.
rule_objects := $(filter $(build)/src/http/% $(build)/src/gateway/header_block.o \
                $(build)/src/gateway/meta_variables.o,$(objects))
$(build)/rules: $(build)/tests/ways/rules.o $(rule_objects)
$(build)/bench/rules: $(rule_objects)
$(build)/bench/libfcgi_loop: libs := -lfcgi -lsqlite3 -lsodium
$(build)/bench/floor $(build)/bench/load $(build)/rules $(build)/bench/rules: libs :=
$(bench_programs): $(build)/bench/%: $(build)/tests/bench/%.o
$(build)/rules $(bench_programs):
	@mkdir -p $(@D)
	@echo "link $@"
	@$(CXX) $(ldflags) -o $@ $^ $(libs)

fire: $(build)/catalogue_fire  ## builds what shoots at the catalogue

# What the tables of the program say, for the files and manuals that are made from them.
$(build)/tables: $(table_objects) $(filter-out %/main.o,$(objects))
	@echo "link $@"
	@$(CXX) $(ldflags) -o $@ $^ $(libs)

# The reader of the catalogue by itself: among processes that write and are killed, and for bench.
reader_objects := $(filter $(build)/src/catalog/% $(build)/src/crypto/% $(build)/src/http/% $(build)/src/posix/% \
                  $(build)/src/messages/%,\
                  $(objects))
$(build)/bench/look_up: $(reader_objects)
$(build)/bench/look_up: libs := -lsqlite3 -lsodium
$(build)/bench/links: $(filter $(build)/src/link/% $(build)/src/crypto/% $(build)/src/http/% $(build)/src/posix/% \
                      $(build)/src/messages/%,$(objects))
$(build)/bench/links: libs := -lsodium
$(build)/catalogue_fire: $(fire_objects) $(reader_objects)
	@echo "link $@"
	@$(CXX) $(ldflags) -o $@ $^ -lsqlite3 -lsodium

generate: $(build)/tables  ## writes conf/reelgate.conf and the lists in README.md and man/, from the tables
	@REELGATE=$(build)/reelgate scripts/generate

install: all  ## installs program, man pages, examples and systemd units (prefix=/usr/local, DESTDIR=, ...)
	@$(places) scripts/install install

uninstall:  ## removes what install has put there; a changed reelgate.conf stays
	@$(places) scripts/install uninstall

deb:  ## installs what is missing, builds, and makes a Debian package: build/reelgate_VERSION-1_ARCHITECTURE.deb
	scripts/deps deb
	$(MAKE) --no-print-directory $(jobs) all
	@rm -rf '$(build)/deb'
	@$(MAKE) --no-print-directory install DESTDIR='$(CURDIR)/$(build)/deb/tree' prefix=/usr sysconfdir=/etc
	@scripts/deb '$(version)' '$(build)'

# before=PROGRAM has it measured against an older build of reelgate, too.
bench:  ## installs what to compare with, builds, and measures: figures beside their goals in build/bench/report.txt
	scripts/deps bench || true
	$(MAKE) --no-print-directory all $(bench_programs)
	BEFORE='$(before)' ONLY='$(only)' scripts/bench

$(build)/unit: $(test_objects) $(filter-out %/main.o,$(objects))
	@echo "link $@"
	@$(CXX) $(ldflags) -o $@ $^ $(libs) -lboost_unit_test_framework

$(build)/%.o: %.cc
	@mkdir -p $(@D)
	@echo "$(notdir $(CXX)) $<"
	@$(CXX) $(cppflags) $(included) $(cxxflags) -c -o $@ $<

$(build)/tests/%.o: cppflags += -DBOOST_TEST_DYN_LINK
# Boost.Test's headers take a compiler ten times as long to optimise as the tests take to run, but for a million draws.
$(build)/tests/unit/%.o: optimise = -O0
# Nor are they worth the time that it takes to say where their variables are: CXXFLAGS=-g has it said.
$(build)/tests/unit/%.o: debug = -g1
$(build)/tests/unit/http_properties_test.o: optimise = -O1

# So they are compiled once. What includes them first, as tests do and main.cc does not, is given that instead; each
# compiler has its own.
precompiled := $(build)/tests/unit/precompiled-$(lastword $(notdir $(CXX))).h
$(build)/tests/unit/%_test.o: private included = -include $(precompiled)
$(filter %_test.o,$(test_objects)): $(precompiled).gch
$(precompiled).gch: optimise = -O0
$(precompiled).gch: debug = -g1
$(precompiled).gch: headers = boost/test/unit_test.hpp

# So are headers of the standard library, of which most files take half a second and more: for sanitized builds alone.
# The plain one shows that each file includes what it needs.
standard := $(build)/src/precompiled-$(lastword $(notdir $(CXX))).h
$(standard).gch: headers = algorithm array atomic charconv chrono condition_variable functional map memory mutex optional \
    stdexcept string string_view system_error thread unordered_map utility variant vector
ifneq ($(san),)
$(objects): private included = -include $(standard)
$(objects): $(standard).gch
endif

$(precompiled).gch $(standard).gch:
	@mkdir -p $(@D)
	@echo "$(notdir $(CXX)) $@"
	@printf '#include <%s>\n' $(headers) > $(@:.gch=)
	@$(CXX) $(filter-out -MMD -MP,$(cppflags)) $(cxxflags) -x c++-header -o $@ $(@:.gch=)

# `reelgate init` carries the shipped schema in itself.
$(build)/src/catalog/writer.o: $(build)/schema_sql.inc
$(build)/schema_sql.inc: conf/schema.sql
	@mkdir -p $(@D)
	@{ printf 'R"sql('; cat $<; printf ')sql"\n'; } > $@

# The page of the status path.
$(build)/src/engine/status_report.o: $(build)/status_html.inc
$(build)/status_html.inc: src/engine/status.html
	@mkdir -p $(@D)
	@{ printf 'R"html('; cat $<; printf ')html"\n'; } > $@

# The sanitized builds are made while tests run, which mostly wait.
check:  ## installs what is missing, builds, and runs every test (san=address,undefined: all of it sanitized)
	scripts/deps check
	$(MAKE) --no-print-directory $(jobs) san=$(san) all unit
	$(PYTHON) scripts/check --build $(build) $(if $(san),,--sanitized)

check-players:  ## installs players and downloaders, and lets them judge: a table with a verdict a row
	scripts/deps players
	$(MAKE) --no-print-directory $(jobs) all
	scripts/check-players

# Each harness runs for so long, or until make is told otherwise; what it learns stays in build/fuzz.
fuzz_seconds ?= 60
fuzz_programs := $(patsubst tests/fuzz/%.cc,build/fuzz/%,$(sort $(wildcard tests/fuzz/*.cc)))

fuzz:  ## builds the fuzzing harnesses with clang, and runs each for a minute (fuzz_seconds=60)
	scripts/deps fuzz
	$(MAKE) --no-print-directory $(jobs) $(fuzz_programs)
	@for program in $(fuzz_programs); do \
	    mkdir -p $$program.corpus && echo "fuzz $$program" && \
	    $$program -max_total_time=$(fuzz_seconds) -timeout=10 -print_final_stats=1 -artifact_prefix=$$program. \
	        $$program.corpus tests/fixtures 2> $$program.log || { tail -n 50 $$program.log; exit 1; }; \
	    grep executed $$program.log; \
	done

# What reads a file fails with a message.
reading_sources := src/media/bytes.cc src/messages/message.cc
signature_sources := $(wildcard src/media/*signatures.cc) src/media/content_kind.cc src/media/box_header.cc \
                     src/media/ebml.cc
build/fuzz/boxes: src/media/boxes.cc src/media/box_header.cc $(reading_sources)
build/fuzz/content_kind: $(signature_sources) $(reading_sources)
build/fuzz/duration: src/media/duration.cc src/media/box_header.cc src/media/ebml.cc $(reading_sources)
build/fuzz/file_grammar: src/options/file_grammar.cc
build/fuzz/links: $(filter-out src/link/keys.cc,$(wildcard src/link/*.cc)) src/crypto/digest.cc src/http/target.cc
build/fuzz/links: fuzz_libs = -lsodium -lcrypto
build/fuzz/range: src/http/range.cc
build/fuzz/records: src/gateway/record_reader.cc src/gateway/record.cc
build/fuzz/%: tests/fuzz/%.cc $(wildcard src/*/*.h)
	@mkdir -p $(@D)
	@echo "clang++ $@"
	@clang++ $(filter-out -MMD -MP,$(cppflags)) -O1 -g -Wall -Wextra -Werror -fsanitize=fuzzer,address,undefined \
	    -fno-sanitize-recover=all -o $@ $(filter %.cc,$^) $(fuzz_libs)

demo:  ## installs what is missing, builds, and starts a page with a player (films=DIR: with the *.mp4 there, too)
	scripts/deps demo
	$(MAKE) --no-print-directory $(jobs) all
	scripts/demo $(films)

clean:  ## removes build/
	rm -rf build

help:  ## lists the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

-include $(patsubst %.o,%.d,$(objects) $(test_objects) $(way_objects) $(table_objects) $(fire_objects) \
         $(bench_objects))
