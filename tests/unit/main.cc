// Owns the test module: Boost.Test's main function, and what holds for every test.
// Does not contain tests.
// SPDX-License-Identifier: MIT
#define BOOST_TEST_MODULE reelgate
#include <boost/test/unit_test.hpp>

#include <csignal>

namespace reelgate {
namespace {

/// A peer that has gone has to show as EPIPE, not end all tests.
struct WithoutSigpipe {
    WithoutSigpipe() { std::signal(SIGPIPE, SIG_IGN); }
};

BOOST_TEST_GLOBAL_FIXTURE(WithoutSigpipe);

}  // namespace
}  // namespace reelgate
