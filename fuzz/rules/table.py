"""The rules, as literals: what a message can break, where that stands, what a server may do then.

Owns the table. Reads nothing. The words are those that the checks quote, where they quote them.
"""

from __future__ import annotations

from conformance.check import Source, rfc
from conformance.checks.desync import FOLD, SPACE_BEFORE_COLON
from conformance.checks.desync_heads import BARE_CR, CR_OR_LF_IN_VALUE
from conformance.checks.framing import (
    CHUNKED_NOT_LAST,
    GRAMMAR,
    INVALID_LENGTH,
    LENGTH_AND_CHUNKED,
)
from conformance.checks.heads import HOST
from conformance.checks.start_lines import INVALID_LINE
from conformance.generate.violations import CASE_OF_VERSION, SPACE_IN_FRONT
from conformance.generate.violations_of_framing import CHUNKED_TWICE, CODING_OF_HTTP10

from .rule import Meaning, Rule, Verdict

BARE_LF = rfc(
    9112,
    "2.2",
    "Although the line terminator for the start-line and fields is the sequence CRLF, a recipient "
    "MAY recognize a single LF as a line terminator and ignore any preceding CR.",
)
EMPTY_LINE = rfc(
    9112,
    "2.2",
    "In the interest of robustness, a server that is expecting to receive and parse a request-line "
    "SHOULD ignore at least one empty line (CRLF) received prior to the request-line.",
)
LOOSE_LINE = rfc(
    9112,
    "3",
    "recipients MAY instead parse on whitespace-delimited word boundaries and, aside from the CRLF "
    "terminator, treat any form of whitespace as the SP separator while ignoring preceding or "
    "trailing whitespace",
)
VERSION = rfc(9112, "2.3", 'HTTP-version  = HTTP-name "/" DIGIT "." DIGIT')
MAJOR = rfc(
    9110,
    "6.2",
    "A server can send a 505 (HTTP Version Not Supported) response if it wishes, for any reason, "
    "to refuse service of the client's major protocol version.",
)
ABSOLUTE_FORM = rfc(9112, "3.2.2", "absolute-form  = absolute-URI")
ASTERISK = rfc(
    9112,
    "3.2.4",
    'The "asterisk-form" of request-target is only used for a server-wide OPTIONS request',
)
AUTHORITY = rfc(
    9112, "3.2.3", 'The "authority-form" of request-target is only used for CONNECT requests'
)
NO_PORT = rfc(
    9110,
    "9.3.6",
    "A server MUST reject a CONNECT request that targets an empty or invalid port number, "
    "typically by responding with a 400 (Bad Request) status code.",
)
EMPTY_HOST_OF_TARGET = rfc(
    9110,
    "4.2.1",
    'A sender MUST NOT generate an "http" URI with an empty host identifier. A recipient that '
    "processes such a URI reference MUST reject it as invalid.",
)
USERINFO = rfc(
    9110,
    "4.2.4",
    'Before making use of an "http" or "https" URI reference received from an untrusted source, a '
    "recipient SHOULD parse for userinfo and treat its presence as an error",
)
EMPTY_HOST = rfc(
    9112,
    "3.3",
    "If the target URI's authority component is empty and its URI scheme requires a non-empty "
    'authority (as is the case for "http" and "https"), the server can reject the request or '
    "determine whether a configured default applies that is consistent with the incoming "
    "connection's context.",
)
IGNORES_HOST = rfc(
    9112,
    "3.2.2",
    "When an origin server receives a request with an absolute-form of request-target, the origin "
    "server MUST ignore the received Host header field (if any) and instead use the host "
    "information of the request-target.",
)
OTHER_CONTROLS = rfc(
    9110,
    "5.5",
    "Field values containing other CTL characters are also invalid; however, recipients MAY retain "
    "such characters for the sake of robustness when they appear within a safe context",
)
FIELD_NAME = rfc(9110, "5.1", "field-name     = token")
FIELD_LINE = rfc(9112, "5", 'field-line   = field-name ":" OWS field-value OWS')
EMPTY_MEMBERS = rfc(
    9110,
    "5.6.1.2",
    "A recipient MUST parse and ignore a reasonable number of empty list elements",
)
UNKNOWN_CODING = rfc(
    9112,
    "6.1",
    "A server that receives a request message with a transfer coding it does not understand SHOULD "
    "respond with 501 (Not Implemented).",
)
PARAMETERS = rfc(
    9112,
    "7.1",
    "The chunked coding does not define any parameters. Their presence SHOULD be treated as an "
    "error.",
)
SAME_LENGTHS = rfc(
    9110,
    "8.6",
    "a recipient of a Content-Length header field value consisting of the same decimal value "
    'repeated as a comma-separated list (e.g, "Content-Length: 42, 42") MAY either reject the '
    "message as invalid or replace that invalid field value with a single instance of the decimal "
    "value",
)
HOST_AND_PORT = rfc(9110, "7.2", 'Host = uri-host [ ":" port ]')
LENGTH_OF_POST = rfc(
    1945, "8.3", "A valid Content-Length is required on all HTTP/1.0 POST requests."
)
CHUNK = rfc(9112, "7.1", "chunk          = chunk-size [ chunk-ext ] CRLF chunk-data CRLF")
CHUNK_SIZE = rfc(9112, "7.1", "chunk-size     = 1*HEXDIG")
CHUNK_EXTENSION = rfc(
    9112,
    "7.1.1",
    'chunk-ext      = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )',
)
RULES: dict[str, Rule] = {}
"""By their ids."""


def _rule(
    name: str,
    source: Source,
    verdict: Verdict,
    meaning: Meaning = Meaning.OPEN,
    *,
    closes: bool = False,
    status: int = 400,
) -> Rule:
    rule = RULES[name] = Rule(name, source, verdict, meaning, closes, status)
    return rule


_MAY, _SHOULD, _MUST = Verdict
_OPEN, _FRAMED, _DEFINED = Meaning

# -- Lines ----------------------------------------------------------------------------------------

LINE_ENDS_IN_LF = _rule("line-ends-in-lf", BARE_LF, _MAY)
EMPTY_LINE_IN_FRONT = _rule("empty-line-in-front", EMPTY_LINE, _MAY, _DEFINED)

# -- The request line -----------------------------------------------------------------------------

WHITE_SPACE_IN_LINE = _rule("white-space-in-request-line", LOOSE_LINE, _MAY, _DEFINED)
SPACE_IN_TARGET = _rule("space-in-target", INVALID_LINE, _SHOULD)
NO_VERSION = _rule("no-version", INVALID_LINE, _SHOULD)
METHOD_NO_TOKEN = _rule("method-no-token", GRAMMAR, _SHOULD)
MALFORMED_VERSION = _rule("malformed-version", VERSION, _SHOULD)
VERSION_IN_LOWER_CASE = _rule("version-in-lower-case", CASE_OF_VERSION, _SHOULD)
OTHER_MAJOR_VERSION = _rule("other-major-version", MAJOR, _MAY, status=505)
CONTROL_IN_TARGET = _rule("control-in-target", INVALID_LINE, _SHOULD, _FRAMED)
OCTET_IN_TARGET = _rule("octet-beyond-ascii-in-target", INVALID_LINE, _SHOULD, _FRAMED)
CHARACTER_IN_TARGET = _rule("character-in-target", INVALID_LINE, _SHOULD, _FRAMED)
PERCENT_IN_TARGET = _rule("malformed-percent-in-target", INVALID_LINE, _SHOULD, _FRAMED)
FRAGMENT_IN_TARGET = _rule("fragment-in-target", INVALID_LINE, _SHOULD, _FRAMED)
TARGET_IN_NO_FORM = _rule("target-in-no-form", INVALID_LINE, _SHOULD, _FRAMED)
ASTERISK_WITHOUT_OPTIONS = _rule("asterisk-without-options", ASTERISK, _SHOULD, _FRAMED)
CONNECT_WITHOUT_AUTHORITY = _rule("connect-without-authority", AUTHORITY, _SHOULD)
CONNECT_TO_NO_PORT = _rule("connect-to-no-port", NO_PORT, _MUST)
OTHER_SCHEME = _rule("other-scheme", ABSOLUTE_FORM, _MAY, _FRAMED)
TARGET_WITHOUT_HOST = _rule("target-without-host", EMPTY_HOST_OF_TARGET, _MUST, _FRAMED)
USERINFO_IN_TARGET = _rule("userinfo-in-target", USERINFO, _SHOULD, _FRAMED)

# -- Fields ---------------------------------------------------------------------------------------

SPACE_IN_FRONT_OF_FIELDS = _rule("white-space-before-fields", SPACE_IN_FRONT, _MAY, _DEFINED)
FOLDED_LINE = _rule("folded-line", FOLD, _MAY, _DEFINED)
SPACE_BEFORE_THE_COLON = _rule("space-before-colon", SPACE_BEFORE_COLON, _MUST)
SPACE_BEFORE_COLON_OF_TRAILER = _rule("space-before-colon-of-trailer", FIELD_NAME, _SHOULD)
LINE_WITHOUT_COLON = _rule("line-without-colon", FIELD_LINE, _SHOULD)
NAME_NO_TOKEN = _rule("name-no-token", FIELD_NAME, _SHOULD)
NUL_IN_VALUE = _rule("nul-in-value", CR_OR_LF_IN_VALUE, _MAY, _DEFINED)
CR_IN_VALUE = _rule("bare-cr-in-value", BARE_CR, _MAY, _DEFINED)
CONTROL_IN_VALUE = _rule("control-in-value", OTHER_CONTROLS, _MAY, _DEFINED)

NO_HOST = _rule("no-host", HOST, _MUST, _FRAMED)
TWO_HOSTS = _rule("two-hosts", HOST, _MUST, _FRAMED)
MALFORMED_HOST = _rule("malformed-host", HOST, _MUST, _FRAMED)
MALFORMED_HOST_IGNORED = _rule("malformed-host-beside-absolute-form", IGNORES_HOST, _MAY, _FRAMED)
HOST_IS_EMPTY = _rule("empty-host", EMPTY_HOST, _MAY, _DEFINED)
PORT_BEYOND_RANGE = _rule("port-beyond-range", HOST_AND_PORT, _MAY, _DEFINED)
MALFORMED_CONNECTION = _rule("malformed-connection", GRAMMAR, _MAY, _DEFINED)

# -- Where the request ends -----------------------------------------------------------------------

MALFORMED_LENGTH = _rule("malformed-length", INVALID_LENGTH, _MUST, closes=True)
LENGTHS_THAT_DIFFER = _rule("lengths-that-differ", INVALID_LENGTH, _MUST, closes=True)
LENGTH_REPEATED = _rule("length-repeated", SAME_LENGTHS, _MAY, _DEFINED)
POST_WITHOUT_LENGTH = _rule(
    "http-1.0-post-without-length", LENGTH_OF_POST, _MAY, _DEFINED, status=411
)
LENGTH_AND_CODING = _rule("length-and-coding", LENGTH_AND_CHUNKED, _MAY, _DEFINED, closes=True)
CODING_IN_HTTP10 = _rule("coding-in-http-1.0", CODING_OF_HTTP10, _MAY, closes=True)
CHUNKED_IS_NOT_LAST = _rule("chunked-not-last", CHUNKED_NOT_LAST, _MUST, closes=True)
CHUNKED_REPEATED = _rule("chunked-twice", CHUNKED_TWICE, _SHOULD, _FRAMED)
CODING_UNKNOWN = _rule("other-coding-before-chunked", UNKNOWN_CODING, _SHOULD, _FRAMED, status=501)
CHUNKED_WITH_PARAMETER = _rule("chunked-with-parameter", PARAMETERS, _SHOULD, _FRAMED)
EMPTY_CODING = _rule("empty-member-among-codings", EMPTY_MEMBERS, _MAY, _DEFINED)
MALFORMED_CODING = _rule("malformed-coding", GRAMMAR, _SHOULD)

# -- Chunks ---------------------------------------------------------------------------------------

SIZE_NOT_HEXADECIMAL = _rule("chunk-size-not-hexadecimal", CHUNK_SIZE, _SHOULD)
SPACE_AROUND_SIZE = _rule("white-space-around-chunk-size", CHUNK, _SHOULD)
SIZE_ENDS_IN_LF = _rule("chunk-size-ends-in-lf", CHUNK, _SHOULD)
CR_IN_CHUNK_LINE = _rule("bare-cr-in-chunk-line", BARE_CR, _SHOULD)
MALFORMED_EXTENSION = _rule("malformed-chunk-extension", CHUNK_EXTENSION, _SHOULD)
DATA_WITHOUT_CRLF = _rule("chunk-data-without-crlf", CHUNK, _SHOULD)

FRAMING_FIELDS = frozenset({b"content-length", b"transfer-encoding", b"host", b"connection"})
"""A broken octet in one of these may decide how the connection goes on."""
