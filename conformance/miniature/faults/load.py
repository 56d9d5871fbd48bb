"""What the miniature does wrong under load: in memory, in time, between requests."""

FAULTS: dict[str, str] = {}
