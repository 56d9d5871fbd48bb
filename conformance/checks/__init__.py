"""The catalogue: a module for each part of it, each with a list CHECKS of literals."""

from . import (
    concurrency,
    connections,
    errors,
    framing,
    hooks,
    middlewares,
    requests,
    responses,
    routing,
    shutdown,
)

MODULES = (
    routing,
    requests,
    responses,
    errors,
    middlewares,
    hooks,
    connections,
    framing,
    concurrency,
    shutdown,
)
