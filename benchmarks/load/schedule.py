"""When requests are due at a fixed rate, whatever the server does. Pure: time is an argument.

A request that finds all connections busy waits, and keeps the moment at which it was due: from
there its latency counts. Counting from the moment of sending would leave out what a stalled server
does to those who come meanwhile ("coordinated omission").
"""


class Schedule:
    """The requests of `duration_s` seconds: number k is due k / `rate_per_s` seconds in."""

    def __init__(self, rate_per_s: float, duration_s: float) -> None:
        self.rate_per_s = rate_per_s
        self.total = max(1, round(rate_per_s * duration_s))
        self.taken = 0

    def due_s(self, number: int) -> float:
        """Seconds from the start to the moment at which a request is due."""
        return number / self.rate_per_s

    @property
    def is_over(self) -> bool:
        """Whether all requests were taken."""
        return self.taken == self.total

    def take(self, now_s: float) -> int | None:
        """The longest waiting request that is due `now_s` seconds in; None if none is."""
        if self.is_over or self.due_s(self.taken) > now_s:
            return None
        self.taken += 1
        return self.taken - 1

    def until_next_s(self, now_s: float) -> float | None:
        """Seconds until the next one is due, 0 for one that waits; None when there is none left."""
        return None if self.is_over else max(0.0, self.due_s(self.taken) - now_s)

    def waiting_s(self, now_s: float) -> float:
        """How long the next one has been waiting."""
        return 0.0 if self.is_over else max(0.0, now_s - self.due_s(self.taken))
