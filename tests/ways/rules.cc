// Owns the way into the rules alone, for the table of HTTP cases: meta-variables in, the planned answer out.
// Does not open anything: the representation is described on the command line.
//
//     rules COMPLETE-LENGTH MTIME NOW < variables, each ended by a NUL
//
// Prints the header block, then one line a piece: "text N" followed by N bytes, or "range FIRST-LAST".
// SPDX-License-Identifier: MIT
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "gateway/header_block.h"
#include "gateway/meta_variables.h"
#include "http/plan.h"

namespace {

using namespace reelgate;

std::vector<std::string> read_variables() {
    std::vector<std::string> variables;
    for (std::string variable; std::getline(std::cin, variable, '\0');) variables.push_back(variable);
    return variables;
}

http::Response answer(const http::Request& request, std::uint64_t complete_length, http::Time mtime, http::Time now) {
    const http::Representation representation{complete_length, http::default_entity_tag(mtime, complete_length), mtime,
                                              "video/mp4", "video.mp4"};
    // As the options have them by default, which the other ways in leave alone.
    const http::Policy policy{.cache_control = "private, no-cache", .max_ranges = 100};
    return http::plan_response(request, representation, policy,
                               {now, [] { return std::string{"0123456789abcdef"}; }});
}

http::Time time_of(const char* seconds) { return http::Time{std::chrono::seconds{std::atoll(seconds)}}; }

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) return EXIT_FAILURE;
    const auto variables = read_variables();
    std::vector<const char*> environment;
    for (const auto& variable : variables) environment.push_back(variable.c_str());
    environment.push_back(nullptr);
    const http::Request request = gateway::request_from(environment.data());
    const http::Response response =
        answer(request, std::strtoull(argv[1], nullptr, 10), time_of(argv[2]), time_of(argv[3]));
    std::cout << gateway::format_header_block(response);
    for (const http::Piece& piece : response.pieces) {
        if (const auto* text = std::get_if<std::string>(&piece))
            std::cout << "text " << text->size() << "\n" << *text;
        else
            std::cout << "range " << std::get<http::ByteRange>(piece).first_pos << "-"
                      << std::get<http::ByteRange>(piece).last_pos << "\n";
    }
}
