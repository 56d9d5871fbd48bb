"""What a handler sees of the query of its request.

Owns the category query. Literals only; nothing here opens a socket.
"""

from __future__ import annotations

from ..check import SHOULD, Check, Source, practice, rfc
from ..expect import by_dialect, echoes, either, status
from ..steps import Read, Send, get, raw
from .param_octets import DECODED_ONCE, NO_CRASH, SPLIT_FIRST
from .routing import ITEM

FORM_PLUS = Source("WHATWG URL", "5.1", "Replace any 0x2B (+) in name and value with 0x20 (SP).")
FORM_SPLIT = Source(
    "WHATWG URL",
    "5.1",
    "Let sequences be the result of splitting input on 0x26 (&).",
)

QUERY = [
    Check(
        id="query/pairs",
        title="The handler sees the names and values of the query, and none where there are none",
        source=FORM_SPLIT,
        steps=[get("/?a=1&b=2&c=three"), get("/?", name="empty"), get("/", name="none")],
        expect=[
            echoes(query=[["a", "1"], ["b", "2"], ["c", "three"]]),
            echoes(of="empty", query=[]),
            echoes(of="none", query=[]),
        ],
        faults=("query-is-part-of-path",),
    ),
    Check(
        id="query/repeated-names-in-order",
        title="The values of a repeated name all arrive, in their order",
        source=practice("all eight frameworks that were measured"),
        steps=[get("/?b=1&a=2&b=3&b=1")],
        expect=[
            # Some group the values of a name; the order within a name is what matters.
            either(
                echoes(query=[["b", "1"], ["a", "2"], ["b", "3"], ["b", "1"]]),
                echoes(query=[["b", "1"], ["b", "3"], ["b", "1"], ["a", "2"]]),
            )
        ],
        faults=("keeps-last-query-value",),
    ),
    Check(
        id="query/plus-is-a-space",
        title="A plus in a query is a space, and %2B a plus",
        source=FORM_PLUS,
        steps=[get("/?q=a+b%2Bc")],
        expect=[echoes(query=[["q", "a b+c"]])],
        faults=("plus-in-query-stays", "decodes-query-before-splitting"),
    ),
    Check(
        id="query/percent-decoded",
        title="Names and values are percent-decoded and then read as UTF-8",
        source=Source(
            "WHATWG URL",
            "5.1",
            "Let nameString and valueString be the result of running UTF-8 decode without BOM on "
            "the percent-decoding of name and value, respectively.",
        ),
        steps=[get("/?%C3%BC=%E2%82%AC%20%31")],
        expect=[echoes(query=[["ü", "€ 1"]])],
        faults=("query-is-raw",),
    ),
    Check(
        id="query/decoded-once",
        title="A value is decoded once: %2526 becomes %26",
        source=DECODED_ONCE,
        steps=[get("/?q=%2526")],
        expect=[echoes(query=[["q", "%26"]])],
        faults=("decodes-twice",),
    ),
    Check(
        id="query/delimiters-encoded",
        title="An encoded & or = is data, and separates nothing",
        source=SPLIT_FIRST,
        steps=[get("/?q=a%26b%3Dc&r=d")],
        expect=[echoes(query=[["q", "a&b=c"], ["r", "d"]])],
        faults=("decodes-query-before-splitting", "query-is-raw"),
    ),
    Check(
        id="query/first-equals-sign-separates",
        title="The first = ends the name; further ones belong to the value",
        source=Source(
            "WHATWG URL",
            "5.1",
            "If bytes contains a 0x3D (=), then let name be the bytes from the start of bytes up "
            "to but excluding its first 0x3D (=)",
        ),
        steps=[get("/?q=a=b==")],
        expect=[echoes(query=[["q", "a=b=="]])],
        faults=("splits-at-every-equals-sign",),
    ),
    Check(
        id="query/semicolon-separates-nothing",
        title="A semicolon is part of a value",
        source=FORM_SPLIT,
        steps=[get("/?a=1;b=2")],
        expect=[echoes(query=[["a", "1;b=2"]])],
        faults=("semicolon-separates-pairs", "cuts-path-at-semicolon"),
    ),
    Check(
        id="query/slash-and-question-mark",
        title="A slash and a further question mark in a query are data",
        source=rfc(
            3986,
            "3.4",
            'The characters slash ("/") and question mark ("?") may represent data within the '
            "query component.",
        ),
        steps=[get("/?q=a/b?c=d")],
        expect=[echoes(query=[["q", "a/b?c=d"]])],
        faults=("splits-at-every-equals-sign",),
    ),
    Check(
        id="query/blank-values",
        title="A name with a blank value is kept or dropped as declared",
        source=practice("most keep it; what parse_qs does by default has spread too"),
        steps=[get("/?a=&b=1")],
        expect=[
            by_dialect(
                "blank_query_values",
                kept=echoes(query=[["a", ""], ["b", "1"]]),
                dropped=echoes(query=[["b", "1"]]),
            )
        ],
        faults=("drops-blank-values",),
    ),
    Check(
        id="query/invalid-utf-8",
        title="Octets in a query that are not UTF-8 are no failure of the server's",
        source=practice("what a client sends never is the server's failure"),
        steps=[get("/?q=%FF&%=%zz")],
        expect=[NO_CRASH],
        faults=("invalid-utf-8-crashes", "malformed-percent-crashes"),
    ),
    Check(
        id="query/empty-pairs",
        title="What is empty between two separators, or behind the last, is no pair",
        source=Source("WHATWG URL", "5.1", "If bytes is the empty byte sequence, then continue."),
        steps=[get("/?&a=1&&b=2&")],
        expect=[echoes(query=[["a", "1"], ["b", "2"]])],
        faults=("empty-pairs-are-pairs",),
    ),
    Check(
        id="query/empty-name",
        title="A pair without a name has an empty one",
        source=Source(
            "WHATWG URL",
            "5.1",
            "If 0x3D (=) is the first byte, then name will be the empty byte sequence.",
        ),
        level=SHOULD,
        steps=[get("/?=v&b=1")],
        expect=[echoes(query=[["", "v"], ["b", "1"]])],
        faults=("drops-pairs-without-name",),
    ),
    Check(
        id="query/name-alone",
        title="A name without an equals sign has a blank value, and is kept or dropped like one",
        source=Source(
            "WHATWG URL",
            "5.1",
            "Otherwise, let name have the value of bytes and let value be the empty byte sequence.",
        ),
        steps=[get("/?flag&b=1&other")],
        expect=[
            by_dialect(
                "blank_query_values",
                kept=echoes(query=[["flag", ""], ["b", "1"], ["other", ""]]),
                dropped=echoes(query=[["b", "1"]]),
            )
        ],
        faults=("drops-names-alone", "drops-blank-values"),
    ),
    Check(
        id="query/plus-in-names",
        title="A plus in a name is a space as it is in a value, and %2B a plus",
        source=FORM_PLUS,
        steps=[get("/?a+b=1&c%2Bd=2")],
        expect=[echoes(query=[["a b", "1"], ["c+d", "2"]])],
        faults=("plus-in-names-stays", "plus-in-query-stays"),
    ),
    Check(
        id="query/escapes-in-any-case",
        title="An escape in a query is decoded whatever the case of its digits",
        source=rfc(
            3986,
            "2.1",
            "The uppercase hexadecimal digits 'A' through 'F' are equivalent to the lowercase "
            "digits 'a' through 'f', respectively.",
        ),
        steps=[get("/?q=%c3%bC%2f%2F")],
        expect=[echoes(query=[["q", "ü//"]])],
        faults=("escapes-in-upper-case-only",),
    ),
    Check(
        id="query/begins-at-the-first-question-mark",
        title="Of several question marks at the beginning of a query all but the first are data",
        source=rfc(
            3986,
            "3.4",
            'The query component is indicated by the first question mark ("?") character',
        ),
        steps=[get("/??a=1", name="two"), get("/???", name="three")],
        expect=[
            echoes(of="two", query=[["?a", "1"]]),
            by_dialect(
                "blank_query_values",
                kept=echoes(of="three", query=[["??", ""]]),
                dropped=echoes(of="three", query=[]),
            ),
        ],
        faults=("strips-question-marks",),
    ),
    Check(
        id="query/brackets-and-commas",
        title="Brackets in names and commas in values are data, and make no lists",
        source=practice("the pairs are what a query has; what they mean the application says"),
        steps=[get("/?a%5B%5D=1&a%5Bb%5D=2&c=3,4")],
        expect=[echoes(query=[["a[]", "1"], ["a[b]", "2"], ["c", "3,4"]])],
        faults=("brackets-and-commas-make-lists",),
    ),
    Check(
        id="query/names-have-case",
        title="Names that differ in case are different names",
        source=practice("nothing says that they are compared in another way than as they are"),
        steps=[get("/?Name=1&name=2")],
        expect=[echoes(query=[["Name", "1"], ["name", "2"]])],
        faults=("query-names-in-lower-case",),
    ),
    Check(
        id="query/beside-params",
        title="A name in the query does not take the place of the param of that name",
        source=practice("where a value came from decides what may be trusted in it"),
        app=ITEM,
        steps=[get("/items/one?name=two")],
        expect=[echoes(route="item", params={"name": "one"}, query=[["name", "two"]])],
        faults=("query-overrides-params",),
    ),
    Check(
        id="query/many-pairs",
        title="A thousand pairs all arrive, in their order",
        source=practice("a line of 8000 octets holds them; to drop some in silence loses data"),
        steps=[get("/?" + "&".join(f"{number}=x" for number in range(1000)))],
        expect=[echoes(query=[[str(number), "x"] for number in range(1000)])],
        faults=("few-query-pairs",),
    ),
    Check(
        id="query/long-value",
        title="A value of 7000 octets arrives whole",
        source=rfc(
            9112,
            "3",
            "It is RECOMMENDED that all HTTP senders and recipients support, at a minimum, "
            "request-line lengths of 8000 octets.",
        ),
        level=SHOULD,
        steps=[get("/?q=" + "%20a" * 1750 + "&r=1")],
        expect=[echoes(query=[["q", " a" * 1750], ["r", "1"]])],
        faults=("cuts-long-query-values", "short-request-lines"),
    ),
    Check(
        id="query/nul",
        title="An encoded NUL is data or refused, and ends no value",
        source=practice("a value is whole, or the request is refused"),
        steps=[get("/?q=a%00b&r=1")],
        expect=[either(echoes(query=[["q", "a\0b"], ["r", "1"]]), status(400))],
        faults=("query-value-ends-at-nul",),
    ),
    Check(
        id="query/line-ends",
        title="Encoded line ends are data or refused, and are not dropped",
        source=practice("a value is whole, or the request is refused"),
        steps=[get("/?q=a%0D%0Ab%09c&r=1")],
        expect=[either(echoes(query=[["q", "a\r\nb\tc"], ["r", "1"]]), status(400))],
        faults=("query-loses-line-ends",),
    ),
    Check(
        id="query/raw-octets",
        title="Octets beyond ASCII that are not encoded are UTF-8, kept out, or refused",
        source=practice("a URI has none of them; to guess another charset makes other text"),
        steps=[Send(raw("GET /?q=\xc3\xbc")), Read()],
        expect=[either(status(400), echoes(query=[["q", "ü"]]))],
        faults=("raw-octets-are-latin-1",),
    ),
]

CHECKS: list[Check] = QUERY
