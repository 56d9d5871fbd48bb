"""The miniature: a small web framework, right by default, that can be told to do one thing wrong.

    faults       what can be told to go wrong, by name
    wire, body   requests from bytes: the rules of RFC 9112, each a step of its own
    targets      paths and queries: split, then decoded
    router       which route a path takes
    overlaps     what is told to go wrong where routes meet
    request, response   what handlers get and what they make of it
    middlewares, pages  what is around a handler, and what becomes of its errors
    lifecycle    the hooks
    application  all of that together: a request to its response
    framing, streaming  responses to bytes
    receiver, connection   the requests of one client, one behind the other
    server, process   listening, draining, signals

It proves that every check can fail. Each fault is asked for at the one place where it goes wrong;
without any, every check passes. It shares no code with the harness that judges it.
"""
