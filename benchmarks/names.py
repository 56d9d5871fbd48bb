"""What the command line and its help name: quick to import, as every command of `trueline` does."""

ACTIONS = ("compare", "aa", "run", "latency", "memory", "startup", "instr")

MEANT_FOR = {
    "scenario": ("run", "compare", "aa", "latency", "instr"),
    "seconds": ("compare", "aa"),
    "margin": ("compare", "aa"),
    "load": ("run", "compare", "aa"),
    "slice": ("run", "compare", "aa"),
    "connections": ("run", "compare", "aa", "latency", "memory"),
    "rate": ("run", "latency"),
    "restarts": ("run", "compare", "aa", "latency", "memory", "startup"),
}
"""By option the actions that heed it; the others are heeded by all, or say so themselves."""

LOOPS = ("asyncio", "uvloop")

SCENARIO_NAMES = (
    "plaintext", "json", "param", "params-5", "routes-10", "routes-1000", "routes-10000",
    "middlewares-1", "middlewares-10", "echo", "echo-1mib", "stream", "pipelined", "not-found",
    "exception", "plaintext-idle",
)  # fmt: skip
