// Owns the tests of meta-variables: which request an environment describes.
// SPDX-License-Identifier: MIT
#include "gateway/meta_variables.h"

#include <boost/test/unit_test.hpp>
#include <vector>

namespace reelgate::gateway {
namespace {

struct VariablesRow {
    std::string_view name;
    std::vector<const char*> variables;
    std::string_view method = "";
    std::string_view target = "";
    std::string_view range = "(absent)";
    std::string_view rewritten = "";  ///< each with a blank behind it
};

std::string list_of(const std::vector<std::string>& targets) {
    std::string list;
    for (const std::string& target : targets) list += target + " ";
    return list;
}

void check(const VariablesRow& row) {
    BOOST_TEST_CONTEXT(row.name) {
        std::vector<const char*> variables = row.variables;
        variables.push_back(nullptr);
        const http::Request request = request_from(variables.data());
        BOOST_TEST(request.method == row.method);
        BOOST_TEST(request.target == row.target);
        BOOST_TEST(request.range.value_or("(absent)") == row.range);
        BOOST_TEST(list_of(request.rewritten) == row.rewritten);
    }
}

BOOST_AUTO_TEST_SUITE(gateway_meta_variables)

// RFC 3875 §4.1: what an array of "NAME=value" is

const VariablesRow arrays[] = {
    {.name = "none", .variables = {}},
    {.name = "ordinary_request",
     .variables = {"REQUEST_METHOD=GET", "REQUEST_URI=/api/stream/abc", "HTTP_RANGE=bytes=0-9"},
     .method = "GET", .target = "/api/stream/abc", .range = "bytes=0-9"},
    {.name = "another_order",
     .variables = {"HTTP_RANGE=bytes=0-9", "PATH=/bin", "REQUEST_URI=/api/stream/abc", "REQUEST_METHOD=HEAD"},
     .method = "HEAD", .target = "/api/stream/abc", .range = "bytes=0-9"},
    {.name = "variables_without_equals", .variables = {"REQUEST_METHOD", "", "HTTP_RANGE", "REQUEST_URI=/x"},
     .target = "/x"},
    {.name = "variable_without_a_name", .variables = {"=REQUEST_METHOD=GET", "REQUEST_URI=/x"}, .target = "/x"},
    {.name = "names_are_case_sensitive", .variables = {"request_method=GET", "Request_Uri=/x", "http_range=bytes=0-9"}},
    {.name = "longer_and_shorter_names",
     .variables = {"REQUEST_METHODS=GET", "REQUEST_UR=/x", "HTTP_RANGES=bytes=0-9", "XHTTP_RANGE=bytes=0-9"}},
    {.name = "method_as_it_came", .variables = {"REQUEST_METHOD=get ", "REQUEST_URI=/x"}, .method = "get ",
     .target = "/x"},
};

BOOST_AUTO_TEST_CASE(array_of_names_and_values) {
    for (const VariablesRow& row : arrays) check(row);
}

// RFC 3875 §4.1.5, §4.1.7, §4.1.13: the target

const VariablesRow targets[] = {
    {.name = "request_uri_is_not_decoded", .variables = {"REQUEST_URI=/api/stream/a%20b?x=%26"},
     .target = "/api/stream/a%20b?x=%26"},
    {.name = "request_uri_with_equals", .variables = {"REQUEST_URI=/api/stream/abc?download=1"},
     .target = "/api/stream/abc?download=1"},
    {.name = "request_uri_in_absolute_form", .variables = {"REQUEST_URI=http://example.org/api/stream/abc"},
     .target = "http://example.org/api/stream/abc"},
    {.name = "request_uri_before_script_name",
     .variables = {"SCRIPT_NAME=/cgi", "PATH_INFO=/def", "QUERY_STRING=q", "REQUEST_URI=/api/stream/abc"},
     .target = "/api/stream/abc", .rewritten = "/cgi/def?q "},
    {.name = "script_name_and_path_info", .variables = {"SCRIPT_NAME=/api/stream", "PATH_INFO=/abc"},
     .target = "/api/stream/abc"},
    {.name = "path_info_before_script_name", .variables = {"PATH_INFO=/abc", "SCRIPT_NAME=/api/stream"},
     .target = "/api/stream/abc"},
    {.name = "script_name_alone", .variables = {"SCRIPT_NAME=/api/stream/abc"}, .target = "/api/stream/abc"},
    {.name = "path_info_alone", .variables = {"SCRIPT_NAME=", "PATH_INFO=/api/stream/abc"},
     .target = "/api/stream/abc"},
    {.name = "decoded_parts_are_encoded_again", .variables = {"SCRIPT_NAME=/api/stream", "PATH_INFO=/a b?c%61"},
     .target = "/api/stream/a%20b%3Fc%2561"},
    {.name = "query_string", .variables = {"SCRIPT_NAME=/s", "PATH_INFO=/abc", "QUERY_STRING=download=1&t=%26"},
     .target = "/s/abc?download=1&t=%26"},
    {.name = "empty_query_string", .variables = {"SCRIPT_NAME=/s", "QUERY_STRING="}, .target = "/s"},
    {.name = "empty_request_uri", .variables = {"REQUEST_URI=", "SCRIPT_NAME=/s", "PATH_INFO=/abc"},
     .target = "/s/abc"},
};

BOOST_AUTO_TEST_CASE(target_is_request_uri_or_its_parts) {
    for (const VariablesRow& row : targets) check(row);
}

// What web servers send when they have changed the path, and when they have not

const VariablesRow rewritten[] = {
    {.name = "nginx", .variables = {"QUERY_STRING=x=1", "SCRIPT_NAME=/api/stream/abc", "REQUEST_URI=/f/abc?x=1"},
     .target = "/f/abc?x=1", .rewritten = "/api/stream/abc?x=1 "},
    {.name = "nginx_unchanged", .variables = {"QUERY_STRING=x=1", "SCRIPT_NAME=/s/abc", "REQUEST_URI=/s/abc?x=1"},
     .target = "/s/abc?x=1"},
    {.name = "caddy", .variables = {"SCRIPT_NAME=", "PATH_INFO=/s/abc", "REQUEST_URI=/f/abc"}, .target = "/f/abc",
     .rewritten = "/s/abc "},
    {.name = "caddy_unchanged", .variables = {"SCRIPT_NAME=", "PATH_INFO=/s/abc", "REQUEST_URI=/s/abc"},
     .target = "/s/abc"},
    {.name = "plain_cgi_unchanged", .variables = {"SCRIPT_NAME=/s", "PATH_INFO=/abc", "REQUEST_URI=/s/abc?x"},
     .target = "/s/abc?x"},
    {.name = "apache",
     .variables = {"SCRIPT_FILENAME=proxy:fcgi://rg/s/abc", "QUERY_STRING=x", "REQUEST_URI=/f/abc?x", "SCRIPT_NAME=/f/abc"},
     .target = "/f/abc?x", .rewritten = "/s/abc?x "},
    {.name = "apache_unchanged",
     .variables = {"SCRIPT_FILENAME=proxy:fcgi://rg/s/abc", "REQUEST_URI=/s/abc", "SCRIPT_NAME=/s/abc"},
     .target = "/s/abc"},
    {.name = "apache_with_a_query_in_the_name",
     .variables = {"SCRIPT_FILENAME=proxy:fcgi://rg/s/abc?x", "QUERY_STRING=x", "REQUEST_URI=/f/abc?x"},
     .target = "/f/abc?x", .rewritten = "/s/abc?x "},
    {.name = "apache_with_an_address", .variables = {"SCRIPT_FILENAME=proxy:fcgi://[::1]:9000/s/abc", "REQUEST_URI=/f"},
     .target = "/f", .rewritten = "/s/abc "},
    {.name = "apache_without_a_path", .variables = {"SCRIPT_FILENAME=proxy:fcgi://rg", "REQUEST_URI=/f"}, .target = "/f",
     .rewritten = "/ "},
    {.name = "apache_alone", .variables = {"SCRIPT_FILENAME=proxy:fcgi://rg/s/abc"}, .target = "/s/abc"},
    {.name = "both",
     .variables = {"SCRIPT_FILENAME=proxy:fcgi://rg/a", "PATH_INFO=/c", "SCRIPT_NAME=/b", "REQUEST_URI=/f"},
     .target = "/f", .rewritten = "/b/c /a "},
    {.name = "both_without_request_uri",
     .variables = {"SCRIPT_FILENAME=proxy:fcgi://rg/a", "PATH_INFO=/c", "SCRIPT_NAME=/b"}, .target = "/b/c",
     .rewritten = "/a "},
    {.name = "file_is_no_path", .variables = {"SCRIPT_FILENAME=/api/stream/abc", "REQUEST_URI=/f"}, .target = "/f"},
    {.name = "path_info_alone_is_none", .variables = {"PATH_INFO=/s/abc", "SCRIPT_NAME=/f", "REQUEST_URI=/f/s/abc"},
     .target = "/f/s/abc"},
    {.name = "changed_query_counts", .variables = {"QUERY_STRING=download=1&x", "SCRIPT_NAME=/s", "REQUEST_URI=/f?x"},
     .target = "/f?x", .rewritten = "/s?download=1&x "},
    {.name = "lost_query_is_the_clients", .variables = {"QUERY_STRING=", "SCRIPT_NAME=/s", "REQUEST_URI=/f?x"},
     .target = "/f?x", .rewritten = "/s?x "},
    {.name = "decoded_parts_are_encoded_again",
     .variables = {"REQUEST_URI=/f/a%2562", "SCRIPT_NAME=/s", "PATH_INFO=/a%62?"}, .target = "/f/a%2562",
     .rewritten = "/s/a%2562%3F "},
    {.name = "encoded_already_by_apache",
     .variables = {"REQUEST_URI=/f/a%2562", "SCRIPT_FILENAME=proxy:fcgi://rg/s/a%2562"}, .target = "/f/a%2562",
     .rewritten = "/s/a%2562 "},
    {.name = "same_path_decoded", .variables = {"REQUEST_URI=/s/a%20b", "SCRIPT_NAME=/s", "PATH_INFO=/a b"},
     .target = "/s/a%20b"},
    {.name = "absolute_form_unchanged", .variables = {"REQUEST_URI=http://h/s/abc", "SCRIPT_NAME=/s/abc"},
     .target = "http://h/s/abc"},
};

BOOST_AUTO_TEST_CASE(path_that_the_web_server_has_changed) {
    for (const VariablesRow& row : rewritten) check(row);
}

// RFC 3875 §4.1.18, RFC 9110 §5.3: Range

const VariablesRow ranges[] = {
    {.name = "absent", .variables = {"REQUEST_URI=/x"}, .target = "/x", .range = "(absent)"},
    {.name = "empty", .variables = {"HTTP_RANGE="}, .range = ""},
    {.name = "with_equals_and_commas", .variables = {"HTTP_RANGE=bytes=0-9, 20-29"}, .range = "bytes=0-9, 20-29"},
    {.name = "repeated", .variables = {"HTTP_RANGE=bytes=0-9", "REQUEST_URI=/x", "HTTP_RANGE=20-29"}, .target = "/x",
     .range = "bytes=0-9, 20-29"},
    {.name = "three_times", .variables = {"HTTP_RANGE=bytes=0-9", "HTTP_RANGE=20-29", "HTTP_RANGE=-1"},
     .range = "bytes=0-9, 20-29, -1"},
    {.name = "empty_and_repeated", .variables = {"HTTP_RANGE=", "HTTP_RANGE=bytes=0-9"}, .range = ", bytes=0-9"},
    {.name = "request_range_is_another_field", .variables = {"HTTP_REQUEST_RANGE=bytes=0-9"}, .range = "(absent)"},
};

BOOST_AUTO_TEST_CASE(range_is_absent_empty_or_joined) {
    for (const VariablesRow& row : ranges) check(row);
}

// RFC 3875 §4.1.18: each other field has its own variable

struct FieldRow {
    std::string_view name;
    const char* variable;
    std::optional<std::string> http::Request::*field;
};

constexpr FieldRow fields[] = {
    {.name = "range", .variable = "HTTP_RANGE=x", .field = &http::Request::range},
    {.name = "if_range", .variable = "HTTP_IF_RANGE=x", .field = &http::Request::if_range},
    {.name = "if_match", .variable = "HTTP_IF_MATCH=x", .field = &http::Request::if_match},
    {.name = "if_none_match", .variable = "HTTP_IF_NONE_MATCH=x", .field = &http::Request::if_none_match},
    {.name = "if_modified_since", .variable = "HTTP_IF_MODIFIED_SINCE=x", .field = &http::Request::if_modified_since},
    {.name = "if_unmodified_since", .variable = "HTTP_IF_UNMODIFIED_SINCE=x",
     .field = &http::Request::if_unmodified_since},
    {.name = "origin", .variable = "HTTP_ORIGIN=x", .field = &http::Request::origin},
};

BOOST_AUTO_TEST_CASE(variable_is_one_field_and_no_other) {
    for (const FieldRow& row : fields) {
        const char* const variables[] = {row.variable, nullptr};
        const http::Request request = request_from(variables);
        for (const FieldRow& other : fields) {
            BOOST_TEST_CONTEXT(row.variable << ": " << other.name) {
                BOOST_TEST((request.*other.field).value_or("(absent)") == (other.name == row.name ? "x" : "(absent)"));
            }
        }
    }
}

// RFC 3875 §4.1.11: who has logged in

struct UserRow {
    std::string_view name;
    std::vector<const char*> variables;
    std::string_view user = "(absent)";
};

const UserRow users[] = {
    {.name = "logged_in", .variables = {"REMOTE_USER=ada"}, .user = "ada"},
    {.name = "nobody", .variables = {"REMOTE_USER="}},
    {.name = "claimed_with_a_password_that_nobody_checks",
     .variables = {"HTTP_AUTHORIZATION=Basic YWRhOg==", "REMOTE_USER=ada"}},
    {.name = "claimed_in_another_order", .variables = {"REMOTE_USER=ada", "HTTP_AUTHORIZATION= bAsIc YWRhOg=="}},
    {.name = "with_an_empty_kind",
     .variables = {"REMOTE_USER=ada", "AUTH_TYPE=", "HTTP_AUTHORIZATION=Basic YWRhOg=="}},
    {.name = "checked", .variables = {"REMOTE_USER=ada", "HTTP_AUTHORIZATION=Basic YWRhOg==", "AUTH_TYPE=Basic"},
     .user = "ada"},
    {.name = "other_scheme", .variables = {"REMOTE_USER=ada", "HTTP_AUTHORIZATION=Bearer x"}, .user = "ada"},
    {.name = "claimed_in_a_field_that_the_configuration_hides",
     .variables = {"REMOTE_USER=ada", "HTTP_AUTHORIZATION="}},
    {.name = "twice", .variables = {"REMOTE_USER=ada", "REMOTE_USER=bob"}},
};

BOOST_AUTO_TEST_CASE(user_is_one_whose_password_was_checked) {
    for (const UserRow& row : users) {
        std::vector<const char*> variables = row.variables;
        variables.push_back(nullptr);
        const http::Request request = request_from(variables.data(), Keep::all);
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST(request.variables->find("REMOTE_USER").value_or("(absent)") == row.user);
        }
    }
}

// A link in front of the path is no part of any target

struct FrontRow {
    std::string_view name;
    std::vector<const char*> variables;
    std::string_view target;
    std::string_view front = "bcdn_token=T&expires=1";
    std::string_view rewritten = "";
};

const FrontRow fronts[] = {
    {.name = "of_the_client", .variables = {"REQUEST_URI=/bcdn_token=T&expires=1/v/a?b"}, .target = "/v/a?b"},
    {.name = "of_the_client_and_in_the_web_servers_words",
     .variables = {"REQUEST_URI=/bcdn_token=T&expires=1/v/a", "SCRIPT_NAME=/bcdn_token=T&expires=1/v/a"},
     .target = "/v/a"},
    {.name = "that_the_web_server_has_taken_off",
     .variables = {"REQUEST_URI=/bcdn_token=T&expires=1/v/a", "SCRIPT_NAME=/v/a"}, .target = "/v/a",
     .rewritten = "/v/a "},
    {.name = "that_only_apache_says",
     .variables = {"REQUEST_URI=/films/a", "SCRIPT_FILENAME=proxy:fcgi://x/bcdn_token=T&expires=1/v/a"},
     .target = "/films/a", .rewritten = "/v/a "},
    {.name = "none", .variables = {"REQUEST_URI=/v/bcdn_token=T/a"}, .target = "/v/bcdn_token=T/a", .front = ""},
};

BOOST_AUTO_TEST_CASE(link_in_front_is_taken_off_every_target) {
    for (const FrontRow& row : fronts) {
        BOOST_TEST_CONTEXT(row.name) {
            std::vector<const char*> variables = row.variables;
            variables.push_back(nullptr);
            const http::Request request = request_from(variables.data());
            BOOST_TEST(request.target == row.target);
            BOOST_TEST(request.link_front == row.front);
            BOOST_TEST(list_of(request.rewritten) == row.rewritten);
        }
    }
}

BOOST_AUTO_TEST_CASE(variables_are_kept_where_somebody_asks_them) {
    const char* const variables[] = {"REMOTE_ADDR=192.0.2.1", "REMOTE_USER=ada", "HTTP_COOKIE=a=b", nullptr};
    const http::Request kept = request_from(variables, Keep::all);
    BOOST_TEST_REQUIRE(kept.variables.has_value());
    BOOST_TEST(kept.variables->find("REMOTE_USER").value_or("(absent)") == "ada");
    BOOST_TEST(kept.variables->find("HTTP_COOKIE").value_or("(absent)") == "a=b");
    BOOST_TEST(kept.remote_addr == "192.0.2.1");
    const char* const twice[] = {"REMOTE_ADDR=192.0.2.1", "REMOTE_ADDR=192.0.2.2", nullptr};
    BOOST_TEST(request_from(twice).remote_addr == "-");
    const http::Request not_kept = request_from(variables);
    BOOST_TEST(!not_kept.variables.has_value());
    BOOST_TEST(not_kept.remote_addr == "192.0.2.1");
}

BOOST_AUTO_TEST_CASE(repeated_field_is_joined) {
    const char* const variables[] = {"HTTP_IF_NONE_MATCH=\"a\"", "HTTP_IF_NONE_MATCH=W/\"b\"", nullptr};
    BOOST_TEST(request_from(variables).if_none_match.value_or("(absent)") == R"("a", W/"b")");
}

// RFC 9110 §5.5: white space around a field value is no part of it

const VariablesRow white_space[] = {
    {.name = "before_and_behind", .variables = {"HTTP_RANGE= \t bytes=0-9\t \t"}, .range = "bytes=0-9"},
    {.name = "inside_stays", .variables = {"HTTP_RANGE= bytes=0-9 ,\t20-29 "}, .range = "bytes=0-9 ,\t20-29"},
    {.name = "nothing_else", .variables = {"HTTP_RANGE= \t "}, .range = ""},
    {.name = "of_each_line", .variables = {"HTTP_RANGE= bytes=0-9 ", "HTTP_RANGE=\t20-29\t"},
     .range = "bytes=0-9, 20-29"},
    {.name = "other_characters_stay", .variables = {"HTTP_RANGE=\vbytes=0-9\n"}, .range = "\vbytes=0-9\n"},
    {.name = "target_keeps_its_own", .variables = {"REQUEST_URI= /x "}, .target = " /x "},
};

BOOST_AUTO_TEST_CASE(white_space_around_a_field_value) {
    for (const VariablesRow& row : white_space) check(row);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::gateway
