"""Fuzzing of the parser, the router and whole servers."""
