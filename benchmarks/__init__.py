"""Throughput, memory, start-up and routing comparisons of `reference` with its peers.

Owns the measuring: scenarios, load, statistics, reports. Nothing in the project imports it.
"""
