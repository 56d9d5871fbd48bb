"""What the miniature does wrong with the header fields and cookies of requests."""

FAULTS: dict[str, str] = {
    "collapses-header-whitespace": "makes one space of all whitespace in a header value",
    "cuts-long-headers": "cuts header values behind 1024 characters",
    "decodes-header-values": "percent-decodes header values",
    "drops-empty-headers": "drops headers with an empty value",
    "few-headers": "refuses more than 32 headers",
    "header-beyond-ascii-crashes": "answers a header value that is not ASCII with 500",
    "header-names-have-case": "knows header names in their usual case only",
    "keeps-header-whitespace": "strips one octet only from in front of a header value",
    "keeps-last-header": "keeps the last line only of a repeated header",
    "lowers-header-values": "turns header values to lower case",
    "needs-head-in-one-segment": "refuses a head that does not come at once",
    "reverses-repeated-headers": "gives a handler the headers in the opposite order",
    "splits-cookies": "makes a header of each pair in Cookie",
    "splits-header-at-last-colon": "splits a field line at its last colon",
}
