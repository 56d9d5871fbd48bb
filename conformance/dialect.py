"""Where correct frameworks differ: named options, their values, and what is declared of them.

Owns the vocabulary of dialects. An adapter declares values for its framework (in `hello`); a
check holds the framework to what it declared. What is not declared has the default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Option:
    """One point on which correct frameworks differ. The first value is the default."""

    name: str
    question: str
    values: tuple[str, ...]

    @property
    def default(self) -> str:
        return self.values[0]


OPTIONS: dict[str, Option] = {
    option.name: option
    for option in (
        Option("wrong_method", "What answers a method that the path does not have?",
               ("405", "404", "400")),
        Option("allow_lists", "What does Allow list beside the registered methods?",
               ("head", "nothing", "options", "head+options")),
        Option("known_methods", "Which methods can requests have?",
               ("any", "registered", "usual")),
        Option("head_of_get", "Does HEAD reach a GET route?", ("yes", "no")),
        Option("head_route", "Of which GET routes that match, too, does a HEAD route take HEAD?",
               ("same_path", "all", "later")),
        Option("options_of_get", "What answers OPTIONS of a path that has only GET?",
               ("405", "404", "400", "200", "204")),
        Option("encoded_slash", "What is %2F in a param?", ("decoded", "raw", "404", "separator")),
        Option("param_decoding", "Are paths and params percent-decoded?", ("yes", "raw")),
        Option("invalid_utf8", "What becomes of octets in a path that are not UTF-8?",
               ("replace", "keep", "surrogate", "400", "404", "ignore")),
        Option("precedence", "Which of a literal and an earlier registered param route wins?",
               ("literal", "prefix", "registration")),
        Option("trailing_slash", "What is a path with a slash too many?",
               ("404", "same", "307", "308", "301", "302")),
        Option("double_slash", "What are two slashes where one is registered?",
               ("404", "same", "redirect")),
        Option("encoded_literal", "Does an encoded unreserved letter match a literal?",
               ("yes", "no")),
        Option("encoded_delimiter", "Does an encoded delimiter match a literal, %24 a $?",
               ("yes", "no")),
        Option("duplicate_route", "What becomes of a second route for the same requests?",
               ("refused", "first", "last", "refused_next_to_it")),
        Option("middlewares_on_404", "Do middlewares run when no route matches?", ("yes", "no")),
        Option("middlewares_on_405", "Do middlewares run for a wrong method?", ("yes", "no")),
        Option("errors_reach_middlewares", "What does a middleware get of a handler that raised "
               "the framework's own HTTP error?", ("exception", "response")),
        Option("crashes_reach_middlewares", "What does a middleware get of a handler that crashed?",
               ("exception", "response")),
        Option("no_response_reaches_middlewares", "What does a middleware get of a handler that "
               "returned what is no response?", ("exception", "value", "response", "value_if_any")),
        Option("error_body", "What is the body of an error by default?",
               ("text", "html", "json", "empty")),
        Option("after_500", "What becomes of the connection behind a 500?", ("open", "closed")),
        Option("no_response", "What is a handler's return value that is no response?",
               ("500", "coerced", "empty")),
        Option("bad_header_value", "What is a header value with CR or LF, set by a handler?",
               ("500", "closed", "stripped")),
        Option("body_on_204", "What becomes of a body that a handler gives to a 204?",
               ("stripped", "500")),
        Option("shutdown_order", "In which order do shutdown hooks run?", ("fifo", "lifo")),
        Option("hooks_and_drain", "When do shutdown hooks run?", ("before", "after")),
        Option("exit_status", "With what status does the process end after SIGTERM?",
               ("0", "signal", "1")),
        Option("blank_query_values", "Are blank query values kept?", ("kept", "dropped")),
        Option("repeated_header", "What does a handler see of a repeated header field?",
               ("all", "first", "last", "joined")),
        Option("header_octets", "As what is a header value with octets beyond ASCII decoded?",
               ("latin-1", "utf-8")),
        Option("body_limit_status", "What answers a body beyond the limit?", ("413", "400")),
        Option("body_limit_holds", "For which bodies beyond it does the limit hold?",
               ("read", "read_whole", "announced", "all", "all_but_pieces")),
        Option("invalid_json", "What answers a body that is not JSON when the handler asks for "
               "JSON?", ("400", "500")),
        Option("raised_timeout", "What answers a handler that raises a timeout?", ("500", "504")),
        Option("base_exception", "What becomes of a handler that raises SystemExit?",
               ("500", "closed", "exit")),
        Option("accept_on_500", "What of Accept does the 500 page follow?",
               ("ignored", "html", "all")),
        Option("raised_location", "What becomes of characters in a raised redirect's location "
               "that no URI has?", ("encoded", "as_given")),
        Option("middlewares_wrap", "Is a middleware one thing around what is inside, or does its "
               "part behind the handler run for every answer?", ("yes", "two_parts")),
        Option("replaced_response", "Does the response that a middleware returns instead pass "
               "those outside it?", ("passes", "final")),
        Option("streams_start", "When does the response of a handler that streams go out?",
               ("behind_middlewares", "in_handler", "in_handler_behind_middlewares")),
        Option("repeated_cookie", "Which cookie of a name does a handler see?",
               ("first", "last", "all")),
        Option("several_cookie_fields", "What of several Cookie fields does a handler see?",
               ("all", "first", "last")),
        Option("blank_form_values", "Are blank values of a form kept?", ("kept", "dropped")),
        Option("invalid_form", "What answers a body that is no form when the handler asks for "
               "one?", ("400", "500")),
        Option("content_of_get", "What gets a handler of a body of GET, or of another method whose "
               "content has no meaning?", ("body", "no_form", "nothing")),
        Option("form_of_other_type", "What is a body read as a form that is of another type?",
               ("refused", "empty")),
        Option("empty_json", "What is a body read as JSON that is empty?", ("invalid", "null")),
        Option("failing_shutdown_hook", "What becomes of the other shutdown hooks when one fails?",
               ("others_run", "ends_them")),
        Option("cleanup_behind_failed_startup", "Do cleanup hooks run when a startup hook failed?",
               ("yes", "no")),
        Option("missing_slash", "What is a path without the slash that its route ends in?",
               ("404", "same", "307", "308", "301", "302")),
        Option("secure_cookies", "Is a cookie Secure, and so for HTTPS only, unless its handler "
               "says otherwise?", ("no", "yes")),
    )
}  # fmt: skip


def unknown(declared: Mapping[str, str]) -> list[str]:
    """What is wrong with a declaration, a sentence each."""
    problems = []
    for name, value in declared.items():
        option = OPTIONS.get(name)
        if option is None:
            problems.append(f"there is no dialect option {name!r}")
        elif value not in option.values:
            known = ", ".join(option.values)
            problems.append(f"the dialect option {name} is one of {known}, not {value!r}")
    return problems


def value(declared: Mapping[str, str], name: str) -> str:
    """What is declared for an option, or its default."""
    return declared.get(name, OPTIONS[name].default)
