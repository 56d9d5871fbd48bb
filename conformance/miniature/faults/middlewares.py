"""What the miniature does wrong with middlewares."""

FAULTS: dict[str, str] = {
    "crash-of-middleware-closes": "answers nothing when a middleware crashes",
    "drops-changes-of-middlewares": "sends the response as it was inside the middlewares",
    "drops-middlewares": "runs no middlewares",
    "errors-of-middlewares-are-500": "answers an HTTP error that a middleware raises with 500",
    "errors-pass-middlewares-by": "makes responses of errors inside the middlewares",
    "ignores-errors-of-middlewares": "goes on without a middleware that raises",
    "last-middleware-outermost": "takes the last middleware for the outermost",
    "middleware-loses-params": "loses the params behind a middleware",
    "middlewares-pile-up": "runs middlewares once more with every request",
    "no-middlewares-for-404": "runs no middlewares where no route matches",
    "runs-handler-all-the-same": "runs the handler though a middleware has answered",
    "short-circuit-leaves-at-once": "sends the answer of a middleware past those outside it",
}
