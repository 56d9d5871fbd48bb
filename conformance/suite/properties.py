"""Collected by `exploring`: replay files first, then every property of generated applications."""
