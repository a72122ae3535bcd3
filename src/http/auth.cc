// Owns the question of a server that asks before it serves: which address it means; and the form of the answer.
// SPDX-License-Identifier: MIT
#include "http/auth.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "http/ascii.h"
#include "http/link_front.h"
#include "http/target.h"

namespace reelgate::http {

namespace {

/// What names an address: a target, and the link that stood in front of its path.
struct Address {
    std::string front, target;

    bool operator==(const Address& other) const {
        const auto path = decoded_path(target);
        return front == other.front && path && path == decoded_path(other.target) &&
               raw_query(target) == raw_query(other.target);
    }
};

/// Returns whether a text is one address. Lines of one field are joined by commas, the client's first: such a text
/// would be the client's address with a strange end.
bool is_one_address(std::string_view text) {
    const bool has_strange_byte =
        std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; });
    if (has_strange_byte || raw_path(text).empty()) return false;
    for (auto comma = text.find(','); comma != std::string_view::npos; comma = text.find(',', comma + 1)) {
        const std::string_view rest = text.substr(comma + 1);
        if (rest.starts_with('/') || rest.find("://") != std::string_view::npos) return false;
    }
    return true;
}

Address address_of(std::string_view text) {
    const Fronted fronted = take_front(text);
    return {std::string{fronted.front}, std::string{fronted.rest}};
}

/// Adds the address that a query names, if it does.
void add_of_query(std::vector<std::string>& texts, std::string_view query) {
    if (query.starts_with('/')) {
        texts.emplace_back(query);
        return;
    }
    constexpr std::string_view name = "uri=";
    while (!query.empty()) {
        const std::string_view parameter = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(parameter.size() + 1, query.size()));
        // One that cannot be decoded is no address, and not nothing.
        if (parameter.starts_with(name)) texts.push_back(percent_decode(parameter.substr(name.size())).value_or(""));
    }
}

/// Returns the target with the path for questions; nullptr if there is none.
const std::string* asking_target(const Request& request, std::string_view auth_path) {
    const auto asks = [auth_path](const std::string& target) { return raw_path(target) == auth_path; };
    // With a link in front it would get around what the web server says of this path.
    if (asks(request.target)) return request.link_front.empty() ? &request.target : nullptr;
    const auto found = std::find_if(request.rewritten.begin(), request.rewritten.end(), asks);
    return found == request.rewritten.end() ? nullptr : &*found;
}

}  // namespace

AuthQuestion auth_question(const Request& request, std::string_view auth_path) {
    if (auth_path.empty()) return NoQuestion{};
    const std::string* const asking = asking_target(request, auth_path);
    if (!asking) return NoQuestion{};

    std::vector<std::string> texts;
    if (request.variables)
        for (const std::string_view field : {"HTTP_X_ORIGINAL_URI", "HTTP_X_FORWARDED_URI"})
            if (const auto text = request.variables->find(field)) texts.emplace_back(trim_ows(*text));
    add_of_query(texts, raw_query(*asking));

    std::vector<Address> addresses;
    if (asking != &request.target) addresses.push_back({request.link_front, request.target});
    for (const std::string& text : texts) {
        if (!is_one_address(text)) return DisputedQuestion{};
        addresses.push_back(address_of(text));
        if (!(addresses.back() == addresses.front())) return DisputedQuestion{};
    }

    Request about = request;
    about.method = request.method == "OPTIONS" ? request.method : "GET";
    about.rewritten.clear();
    about.link_front = addresses.empty() ? "" : addresses.front().front;
    about.target = addresses.empty() ? "" : addresses.front().target;
    return about;
}

Response auth_answer(const Refusal* refusal, const Policy& policy) {
    if (!refusal) return {204, {{"Cache-Control", "no-store"}}, {}};
    Response response = refusal_response(*refusal, policy);
    std::erase_if(response.fields, [](const Field& field) {
        return field.name == "Content-Type" || field.name == "Content-Length";
    });
    response.pieces.clear();
    seal(response);
    return response;
}

}  // namespace reelgate::http
