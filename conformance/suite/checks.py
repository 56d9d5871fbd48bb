"""Collected by `plugin`: every check of the catalogue, by category."""
