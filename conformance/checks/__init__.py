"""The catalogue: a module for each part of it, each with a list CHECKS of literals."""

from . import (
    bodies,
    concurrency,
    connections,
    errors,
    framing,
    heads,
    hooks,
    middlewares,
    params,
    requests,
    responses,
    routing,
    shutdown,
)

MODULES = (
    routing,
    params,
    requests,
    responses,
    errors,
    middlewares,
    hooks,
    connections,
    framing,
    bodies,
    heads,
    concurrency,
    shutdown,
)
