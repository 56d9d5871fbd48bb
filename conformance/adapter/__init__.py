"""The kit that adapters written in Python are made with: fill in `Adapter`, call `main()`.

It runs inside the environment of the framework under test, so it uses the standard library only,
imports nothing else of this project, and works on Python 3.8 and later.

    class MyAdapter(Adapter):
        name = "myframework"
        ...

    if __name__ == "__main__":
        MyAdapter().main()

Adapter          for frameworks that can serve several applications in one event loop
ForkingAdapter   for those with a blocking entry point only: a process for each application
AsgiAdapter      for ASGI applications, served by uvicorn (in `conformance.adapter.asgi`)
Unsupported      raise it for what the framework has no way to express

Every adapter takes `--loop asyncio` or `--loop uvloop` on its command line; `loops.parser` is for
those with arguments of their own. For applications that are measured, `Adapter.params`,
`responder` and `respond_json` may be filled in with what the framework's users write.

docs/adapter-protocol.md describes what goes over the wire, for adapters in other languages.
"""

from .base import Adapter, Saw
from .forking import ForkingAdapter
from .needs import Unsupported
from .running import Running

__all__ = ["Adapter", "ForkingAdapter", "Running", "Saw", "Unsupported"]
