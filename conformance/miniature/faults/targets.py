"""What the miniature does wrong with params and the query."""

FAULTS: dict[str, str] = {
    "decodes-query-before-splitting": "decodes a query before it is split into pairs",
    "decodes-twice": "decodes params and query values twice",
    "drops-blank-values": "drops the pairs of a query whose value is blank",
    "invalid-utf-8-crashes": "crashes on octets in a target that are not UTF-8",
    "keeps-last-query-value": "keeps the last value only of a name in a query",
    "malformed-percent-crashes": "crashes on a percent sign without two digits behind it",
    "params-are-kept": "gives a handler the params of earlier requests, too",
    "params-are-raw": "does not decode params",
    "params-are-word-characters": "lets a param have letters, digits and underscores only",
    "params-in-reverse": "gives the values of several params to the wrong names",
    "params-may-be-empty": "lets a param be empty",
    "params-span-segments": "lets a param take in slashes",
    "plus-in-path-is-space": "takes a plus in a path for a space",
    "plus-in-query-stays": "leaves a plus in a query as it is",
    "query-is-raw": "does not decode a query",
    "semicolon-separates-pairs": "splits a query at semicolons, too",
    "splits-at-every-equals-sign": "cuts a query value at its first equals sign",
}
