"""Adapter of uvicorn with the parser h11, made with the kit, `conformance.adapter`."""

from __future__ import annotations

from importlib.metadata import version

import h11
import uvicorn

from .uvicorn_httptools import UvicornAdapter


class UvicornOnH11Adapter(UvicornAdapter):
    http = "h11"
    name = "uvicorn with h11"
    version = f"{uvicorn.__version__} (h11 {version(h11.__name__)})"


if __name__ == "__main__":
    UvicornOnH11Adapter().main()
