# Builds, tests and shows reelgate. GNU make; everything is made in build/.
# SPDX-License-Identifier: MIT

version := 0.1.0

# A variant is a folder: `make san=address,undefined` builds apart from `make`.
comma := ,
san ?=
build := build$(if $(san),/san-$(subst $(comma),-,$(san)))

CXX ?= g++
PYTHON ?= /usr/bin/python3
# The user's CPPFLAGS, CXXFLAGS and LDFLAGS come last, so that they win.
cppflags = -std=c++20 -D_GNU_SOURCE -DREELGATE_VERSION='"$(version)"' -Isrc -I$(build) -MMD -MP $(CPPFLAGS)
optimise = $(if $(san),-O1,-O2)
# A designated initialiser leaves out what has its default: that is no mistake.
cxxflags = $(optimise) -g -Wall -Wextra -Werror -Wno-missing-field-initializers -pthread \
           $(if $(san),-fsanitize=$(san) -fno-sanitize-recover=all) $(CXXFLAGS)
ldflags  = -pthread $(if $(san),-fsanitize=$(san)) $(LDFLAGS)
libs     = -lfcgi -lsqlite3 -lboost_program_options

sources      := $(sort $(wildcard src/*.cc src/*/*.cc))
objects      := $(sources:%.cc=$(build)/%.o)
test_sources := $(sort $(wildcard tests/unit/*.cc))
test_objects := $(test_sources:%.cc=$(build)/%.o)
way_objects  := $(build)/tests/ways/rules.o
bench_programs := $(addprefix $(build)/bench/,floor libfcgi_loop load rules)
bench_objects  := $(bench_programs:$(build)/bench/%=$(build)/tests/bench/%.o)

# All cores for who did not say otherwise: a fresh clone is built three times before its tests run.
jobs = $(if $(findstring j,$(filter-out --%,$(MAKEFLAGS))),,-j$(shell nproc))

.PHONY: all unit bench check demo clean help
.DELETE_ON_ERROR:

all: $(build)/reelgate  ## builds build/reelgate

$(build)/reelgate: $(objects)
	@echo "link $@"
	@$(CXX) $(ldflags) -o $@ $^ $(libs)

unit: $(build)/unit $(build)/rules  ## builds the unit tests

# The rules by themselves, pure as they are: one of the ways in for the table of HTTP cases, and what bench measures.
rule_objects := $(filter $(build)/src/http/% $(build)/src/gateway/header_block.o \
                $(build)/src/gateway/meta_variables.o,$(objects))
$(build)/rules: $(build)/tests/ways/rules.o $(rule_objects)
$(build)/bench/rules: $(rule_objects)
$(build)/bench/libfcgi_loop: libs := -lfcgi -lsqlite3
$(build)/bench/floor $(build)/bench/load $(build)/rules $(build)/bench/rules: libs :=
$(bench_programs): $(build)/bench/%: $(build)/tests/bench/%.o
$(build)/rules $(bench_programs):
	@mkdir -p $(@D)
	@echo "link $@"
	@$(CXX) $(ldflags) -o $@ $^ $(libs)

bench:  ## installs what to compare with, builds, and measures: figures beside their goals in build/bench/report.txt
	scripts/deps bench || true
	$(MAKE) --no-print-directory all $(bench_programs)
	scripts/bench

$(build)/unit: $(test_objects) $(filter-out %/main.o,$(objects))
	@echo "link $@"
	@$(CXX) $(ldflags) -o $@ $^ $(libs) -lboost_unit_test_framework

$(build)/%.o: %.cc
	@mkdir -p $(@D)
	@echo "$(notdir $(CXX)) $<"
	@$(CXX) $(cppflags) $(cxxflags) -c -o $@ $<

$(build)/tests/%.o: cppflags += -DBOOST_TEST_DYN_LINK
# Boost.Test's headers take a compiler ten times as long to optimise as the tests take to run.
$(build)/tests/unit/%.o: optimise = -O0

# `reelgate init` carries the shipped schema in itself.
$(build)/src/media/catalog.o: $(build)/schema_sql.inc
$(build)/schema_sql.inc: conf/schema.sql
	@mkdir -p $(@D)
	@{ printf 'R"sql('; cat $<; printf ')sql"\n'; } > $@

check:  ## installs what is missing, builds, and runs every test (san=address,undefined: all of it sanitized)
	scripts/deps check
	$(MAKE) --no-print-directory $(jobs) san=$(san) all unit
	$(if $(san),,$(MAKE) --no-print-directory $(jobs) san=address$(comma)undefined unit)
	$(PYTHON) scripts/check --build $(build)

demo:  ## installs what is missing, builds, and starts a page with a player (films=DIR: with the *.mp4 there, too)
	scripts/deps demo
	$(MAKE) --no-print-directory $(jobs) all
	scripts/demo $(films)

clean:  ## removes build/
	rm -rf build

help:  ## lists the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

-include $(patsubst %.o,%.d,$(objects) $(test_objects) $(way_objects) $(bench_objects))
