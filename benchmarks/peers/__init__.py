"""One small server per framework, each started as ``python -m benchmarks.peers.NAME``.

Every peer answers the same five routes (see ``benchmarks/README.md``) and imports only its
framework and the standard library, so that it can run under another interpreter than the harness.
That is why the few lines of argument parsing are repeated in each of them.
"""
