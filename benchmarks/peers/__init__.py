"""Small servers of other frameworks, where there is no adapter, or to see what an adapter costs.

Owns their list. Each is started as `python -m benchmarks.peers.NAME --port N --loop L` and reads
from standard input the application that adapters get, as JSON (docs/adapter-protocol.md); it says
which part of one it cannot serve. They run in the environment of their framework: they import that
and the standard library, of this project nothing but `application`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Peer:
    """What a peer needs.

    module       what it imports
    packages     what is installed for it, first that which its version is of
    has_choice   whether it can be told its event loop
    """

    module: str
    packages: tuple[str, ...]
    has_choice: bool = True


PEERS = {
    "aiohttp": Peer("aiohttp", ("aiohttp",)),
    "bare": Peer("httptools", ("httptools",)),
    "blacksheep": Peer("blacksheep", ("blacksheep", "uvicorn", "httptools")),
    "granian": Peer("granian", ("granian",)),
    "reference": Peer("reference", ("trueline",)),
    "robyn": Peer("robyn", ("robyn", "uvloop"), has_choice=False),
    "sanic": Peer("sanic", ("sanic", "httptools")),
    "socketify": Peer("socketify", ("socketify",), has_choice=False),
    "starlette": Peer("starlette", ("starlette", "uvicorn", "httptools")),
}
