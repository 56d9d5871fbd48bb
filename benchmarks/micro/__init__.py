"""Micro benchmarks: one part of a framework at a time, beside the same part of its peers.

    pytest benchmarks/micro                                  # all of them
    pytest benchmarks/micro --benchmark-save=before          # then, after a change:
    pytest benchmarks/micro --benchmark-compare --benchmark-compare-fail=min:8%

What is compared does the same work in the same group, and what it yields is compared with what is
expected before it is measured. `parsers` and `routers` say how each peer is asked.
"""
