"""What the miniature does wrong with what is too large, too slow or without an end."""

FAULTS: dict[str, str] = {
    "empty-lines-keep-connections": "lets empty lines keep a connection from being idle",
    "field-count-crashes": "answers more than 500 fields with 500",
    "head-time-for-the-first": "limits the time of the first head on a connection only",
    "heads-have-no-limit": "takes heads of any size",
    "idle-time-while-answering": "counts the time of a running request as idle",
    "limits-are-500": "answers what is too large with 500",
    "limits-close-silently": "closes without an answer when a line of a head is too long",
    "limits-of-time-are-too-short": "waits a hundredth of the time that it should",
    "lines-have-no-limit": "takes lines of any length",
    "long-target-is-400": "answers a target that is too long with 400",
    "no-time-limits": "waits for ever",
    "trailers-have-no-limit": "takes trailers of any size",
}
