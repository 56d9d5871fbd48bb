"""What the miniature does wrong with hooks."""

FAULTS: dict[str, str] = {
    "answers-before-startup": "runs the startup hooks behind the first request with a route",
    "cleanup-first": "runs the cleanup hooks in front of the shutdown hooks",
    "drops-state": "loses what startup hooks store",
    "failed-startup-exits-0": "exits with 0 when a startup hook raised",
    "failing-hook-ends-shutdown": "runs no cleanup hooks when a shutdown hook raised",
    "hooks-at-once": "runs all hooks at the same time",
    "no-cleanup-hooks": "runs no cleanup hooks",
    "no-shutdown-hooks": "runs no shutdown hooks",
    "serves-after-failed-startup": "serves though a startup hook raised",
    "shutdown-at-once": "runs the shutdown hooks behind the startup hooks",
    "shutdown-in-another-order": "runs the shutdown hooks last one first",
    "shutdown-twice": "runs the shutdown hooks twice",
    "startup-for-every-connection": "runs the startup hooks for every connection again",
    "startup-in-reverse": "runs the startup hooks last one first",
}
