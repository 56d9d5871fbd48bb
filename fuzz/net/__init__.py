"""Octets to a server over real connections, and what came back.

    client     many connections at once, one input each
    server     the subject: an adapter's process, or a URL; started again when it ends
    health     what a subject takes over time: memory, descriptors, threads, log
    cuts       where an input is cut into segments
    expected   what the rules let come back for an input
    outcomes   what came back, normalised
    echoes     what handlers tell of requests, against what was sent
    judging    what came back against what may come
    playing    the target that plays inputs on servers: `socket` and `differential` are such

Knows servers only by their adapters and addresses.
"""
