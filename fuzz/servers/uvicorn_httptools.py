"""Adapter of uvicorn with the parser httptools."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import httptools
import uvicorn

from conformance.adapter import Running
from conformance.adapter.asgi import AsgiAdapter

from .asgi import RawAsgiAdapter


class UvicornAdapter(RawAsgiAdapter, AsgiAdapter):
    """`http` is uvicorn's name of the parser."""

    http = "httptools"
    name = "uvicorn with httptools"
    version = f"{uvicorn.__version__} (httptools {version(httptools.__name__)})"
    homepage = "https://uvicorn.dev"

    def options(self, app: Running) -> dict[str, Any]:
        return {**super().options(app), "http": self.http}


if __name__ == "__main__":
    UvicornAdapter().main()
