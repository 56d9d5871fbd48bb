"""What the miniature does wrong where things meet: two params, three fields, the request before.

No check of the catalogue is for these. Each shows on few applications with few requests, and
generated ones are to find it.
"""

FAULTS: dict[str, str] = {
    # Route tables
    "allow-leaves-out-overlapping-params": "leaves param routes out of an Allow if a literal "
    "route has the path, too",
    "first-literal-excludes-params": "gives up routes that begin with a param where another "
    "begins with the literal",
    "later-routes-are-patterns": "takes the literals of all routes but the first for regular "
    "expressions",
    "literals-win-in-the-first-segment-only": "prefers literals to params in the first segment, "
    "else the route that was registered first",
    "longer-literal-hides-shorter": "does not find /a/b when /a/bc is registered before it",
    "params-of-other-methods": "gives a handler the params of the other routes that match, too",
    "tree-keeps-first-param-name": "calls a param as the first route that has one in its place",
    # Params
    "dot-segments-are-no-params": "has no route for a path of several segments with one of dots",
    "plus-in-second-param-is-space": "reads + as a space in every param but the first",
    "slashes-of-params-separate": "lets an encoded slash in a param separate it from the next",
    "two-params-decoded-twice": "decodes params twice when there are two",
    # Queries
    "blank-pair-in-the-middle-is-lost": "loses a blank query value that is not first or last",
    "encoded-names-behind-the-first": "decodes the name of the first pair of a query only",
    "middle-of-three-values-is-lost": "loses the second of three query values of a name",
    "same-pair-again-is-lost": "takes a query pair that comes again for one",
    # Header fields
    "blank-line-of-repeated-field-is-lost": "loses an empty field line if its name comes again",
    "same-name-in-other-case-is-lost": "loses a field whose name was there in another case",
    "three-fields-of-a-name-lose-order": "reverses fields of a name when there are three of them",
    # Cookies
    "cookies-stay": "adds the cookies of the request before on the connection",
    "second-cookie-field-comes-first": "reads the last of several Cookie fields first",
    "set-header-loses-cookies": "loses the cookies of an answer when a middleware sets a header",
    # Bodies
    "body-stays": "gives an empty body those octets that the one before on the connection had",
    "characters-end-with-their-piece": "drops the part of a character at the end of a piece",
    "third-chunk-is-lost": "loses the third chunk of a body",
    "too-large-twice": "refuses every body behind one that was too large",
    "unread-body-behind-short-circuit": "takes a body for the next request when a middleware "
    "answered in place of the handler",
    # The request before on the connection
    "content-type-stays": "reads a body without a type as one of the type that the last one had",
    "head-behind-post-has-content": "answers HEAD with content behind a POST",
    "headers-stay-for-errors": "gives an error the header fields of the answer before",
    "params-stay": "keeps the params of the request before beside those of this one",
    "query-stays": "gives a request without a query that of the one before to the same path",
    # Pipelining
    "pipelined-behind-post-overtakes": "answers what is pipelined behind a POST before the POST",
    "pipelined-inherits-fields": "adds the fields of the request that it is pipelined behind",
    # Segmentation
    "field-in-front-of-a-cut-comes-twice": "adds a field twice when the segment ends behind it",
    "segments-lose-leading-space": "drops white space at the beginning of a segment",
    # Middlewares
    "caught-answer-loses-headers": "sends an answer made of an exception without its headers",
    "crash-ends-innermost-middleware": "skips the innermost of several middlewares behind a 500 "
    "on the connection",
    "head-skips-second-middleware": "skips the second middleware for HEAD",
    "no-route-skips-second-middleware": "skips the second middleware when no route matches",
    "own-answers-pass-the-next": "drops what a middleware does to an answer that the one inside "
    "it has made itself",
    "set-header-has-case": "keeps a header beside one of its name in another case that is set",
    "streams-lose-an-end": "drops the last piece of a stream when a middleware sets a header",
    "third-short-circuit-leaves-at-once": "lets an answer that the third middleware gives instead "
    "of the handler pass those outside it",
    # Errors
    "error-text-stays": "gives an error without a text that of the error before",
    "redirect-takes-query": "adds the query of the request to a raised redirect's location",
    "second-crash-tells": "shows the message of an exception when the answer before was a 500",
    "timeout-within-middlewares-is-504": "answers a timeout with 504 if there are middlewares",
    # Hooks
    "failed-startup-runs-shutdown": "runs the shutdown hooks when the second startup hook or a "
    "later one fails",
    "first-store-wins": "keeps what a startup hook stored when a later one stores it again",
    "hook-behind-failed-one-twice": "runs the hook behind one that failed twice",
    "late-failure-skips-cleanup": "skips the cleanup hooks when the second shutdown hook fails",
    "unwinds-as-far-as-started": "runs as many cleanup hooks as startup hooks have succeeded",
}
