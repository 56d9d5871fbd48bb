"""What readers make of the octets of one connection, and where they disagree.

    of_reference   the reference's parser: whole, in segments, paused        -> Transcript, Reading
    of_httptools   llhttp by httptools, as uvicorn drives it                 -> Reading
    of_h11         h11, answering each request                               -> Reading
    comparing      two readings                                              -> Disagreement or None
    quirks         the disagreements that are declared, quirks.toml          -> Quirks
    probing        what is not declared yet, found by drawing inputs         -> Bucket

Readers judge nothing: what is right stands in `rules`.
"""
