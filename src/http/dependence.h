// Owns what an answer depends on besides its target, as caches must know it.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace reelgate::http {

/// What decides who may watch. None of it: the answer is the same for all.
struct Dependence {
    bool is_personal = false;          ///< the answer is for one viewer alone
    std::vector<std::string> fields;   ///< request fields that it depends on, for Vary (RFC 9110 §12.5.5)

    /// Adds a field, once.
    void add(std::string_view field) {
        for (const std::string& known : fields)
            if (known == field) return;
        fields.emplace_back(field);
    }
};

}  // namespace reelgate::http
