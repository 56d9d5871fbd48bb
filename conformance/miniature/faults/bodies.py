"""What the miniature does wrong with the bodies of requests."""

FAULTS: dict[str, str] = {
    "body-ends-at-nul": "ends a request body at its first NUL",
    "body-is-empty": "gives a handler an empty body whatever came",
    "body-is-null-when-empty": "gives a handler no body instead of an empty one",
    "body-is-one-segment": "takes the first part of a body that comes for all of it",
    "body-is-text": "decodes a body as UTF-8 and encodes it again",
    "body-length-counts-characters": "gives a handler as many octets as a body has characters",
    "body-limit-by-length-only": "holds chunked bodies to no limit",
    "body-limit-crashes": "raises no HTTP error for a body beyond the limit",
    "drains-only-what-has-come": "drops of an unread body what has come, not what comes later",
    "first-piece-only": "ends a body that is read in pieces behind the first one",
    "get-has-no-body": "takes the body of a GET for the next request",
    "invalid-json-is-null": "gives a handler null for a body that is not JSON",
    "last-body-chunk-wins": "keeps the last part only of a body that comes in several",
    "limit-is-tenfold-too-small": "refuses bodies beyond a tenth of the limit",
    "no-body-limit": "reads bodies of any size",
    "no-chunked-requests": "refuses chunked requests with 411",
    "no-json": "answers whoever asks for JSON with 415",
    "unread-body-is-next-request": "takes a body that nobody read for the next request",
    "unread-body-of-404-is-next-request": "does so with the body of a request without a route",
    "waits-for-a-body": "waits for a body where there is none",
}
