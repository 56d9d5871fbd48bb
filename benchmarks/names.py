"""What the command line and its help name: quick to import, as every command of `trueline` does."""

LOOPS = ("asyncio", "uvloop")

SCENARIO_NAMES = (
    "plaintext", "json", "param", "params-5", "routes-10", "routes-1000", "routes-10000",
    "middlewares-1", "middlewares-10", "echo", "echo-1mib", "stream", "pipelined", "not-found",
    "exception", "plaintext-idle",
)  # fmt: skip
