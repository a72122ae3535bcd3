// Owns the making of links that expire.
// SPDX-License-Identifier: MIT
#include "link/sign.h"

#include "http/target.h"
#include "link/parameters.h"
#include "link/token.h"

namespace reelgate::link {

namespace {

/// Percent-encodes a value: a slash would end the link in front of a path.
std::string encode_value(std::string_view value) {
    std::string out;
    for (const char c : http::encode_path(value))
        if (c == '/') out += "%2F";
        else out += c;
    return out;
}

/// Returns the parameters with their values encoded, in the order of Bunny's signers: what is signed by name stands
/// between token and expires.
std::string encoded(const Parameters& parameters, std::string_view token_name, const std::string& token,
                    const std::string& expires) {
    std::string text = std::string{token_name}.append("=").append(token);
    for (const Parameter parameter : signed_parameters)
        if (const auto& value = parameters[parameter])
            text.append("&").append(name_of(parameter)).append("=").append(encode_value(*value));
    return text.append("&expires=").append(expires);
}

}  // namespace

std::string sign(const Key& key, const Offer& offer) {
    Parameters parameters;
    if (offer.is_download) parameters.set(Parameter::download, "1");
    if (!offer.folder.empty()) parameters.set(Parameter::token_path, std::string{offer.folder});
    const std::string expires = std::to_string(offer.expires), others = parameters.signed_text();
    const Terms terms{offer.folder.empty() ? offer.path : offer.folder, expires, offer.address, others};
    const std::string token = std::string{token_begin}.append(offer.address.empty() ? "" : bound_mark)
                                  .append(signature_of(key.secret, terms));
    const std::string path = http::encode_path(offer.path);
    if (offer.folder.empty()) return path + "?" + encoded(parameters, name_of(Parameter::token), token, expires);
    return "/" + encoded(parameters, token_in_front, token, expires) + path;
}

}  // namespace reelgate::link
