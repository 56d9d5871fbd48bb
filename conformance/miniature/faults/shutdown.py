"""What the miniature does wrong at its end."""

FAULTS: dict[str, str] = {
    "accepts-after-sigterm": "takes new connections until its hooks and requests are done",
    "cancels-running-on-sigterm": "cancels running requests at SIGTERM",
    "declares-hooks-behind-drain": "declares that hooks wait for running requests; they do not",
    "hooks-behind-drain": "has shutdown hooks wait for running requests, and declares otherwise",
    "ignores-second-signal": "ignores a second signal",
    "ignores-sigint": "ignores SIGINT",
    "leaves-a-child-listening": "leaves a process behind that keeps the port",
    "never-exits-on-sigterm": "stops serving at SIGTERM and does not end",
    "no-drain-limit": "waits for running requests without a limit",
    "sigterm-kills": "is killed by SIGTERM",
    "waits-for-idle-connections": "waits for idle connections to be closed by their clients",
}
