// Owns the parameters of a link: which there are, and how they are read and signed.
// Does not know what they mean.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace reelgate::link {

/// A parameter of a link.
enum class Parameter { token, expires, download, limit, token_ignore_params, token_path };

/// Those that are signed with their names, in their order there.
inline constexpr std::array signed_parameters{Parameter::download, Parameter::limit, Parameter::token_ignore_params,
                                              Parameter::token_path};

/// Returns the name of a parameter, in a query.
std::string_view name_of(Parameter parameter);

/// The name of the token in front of a path.
inline constexpr std::string_view token_in_front = "bcdn_token";

/// The parameters that a request shows, decoded.
class Parameters {
public:
    /// Where parameters stand: in front of the path `token` has another name.
    enum class Place { query, front };

    /// Adds parameters in the form "k=v&k=v", values percent-encoded. Returns whether all of them are known, are there
    /// once, and can be read: a value that held a "&" or a control character could spell other parameters, or the bytes
    /// of an address.
    bool add(std::string_view text, Place place);

    /// Sets one, as it is.
    void set(Parameter parameter, std::string value);

    const std::optional<std::string>& operator[](Parameter parameter) const;

    /// Returns what is signed of them: all but token and expires, as "k=v&k=v", not encoded.
    std::string signed_text() const;

private:
    std::array<std::optional<std::string>, 6> values_;
};

/// Returns whether a query has a token, with any value: what makes it one of a link.
bool has_token(std::string_view query);

}  // namespace reelgate::link
