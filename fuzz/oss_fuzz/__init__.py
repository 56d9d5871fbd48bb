"""The targets as OSS-Fuzz and ClusterFuzzLite build and run them.

project.yaml, Dockerfile, build.sh    what OSS-Fuzz takes; `.clusterfuzzlite` has the same for a
                                      repository that is fuzzed by its own workflows
fuzz_parser, fuzz_server, fuzz_router the programs
harness                               what they have in common
seeds                                 seed corpora and dictionaries
"""
