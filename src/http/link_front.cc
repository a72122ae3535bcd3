// Owns the form of a link in front of the path.
// SPDX-License-Identifier: MIT
#include "http/link_front.h"

#include "http/target.h"

namespace reelgate::http {

Fronted take_front(std::string_view target) {
    constexpr std::string_view begin = "/bcdn_token=";
    const std::string_view path = raw_path(target);
    if (!path.starts_with(begin)) return {{}, target};
    const auto end = path.find('/', 1);
    if (end == std::string_view::npos) return {path.substr(1), {}};
    // With its query, which follows the path in the target.
    const std::size_t offset = static_cast<std::size_t>(path.data() - target.data());
    return {path.substr(1, end - 1), target.substr(offset + end)};
}

}  // namespace reelgate::http
