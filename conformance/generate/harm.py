"""What malformed octets do to a subject alone: the property, and how it is repeated.

    found = harm(stage, attack)

Owns the property. The good requests in front have their own answers, in order; the malformed one is
refused, or dealt with as its verdict allows; what is hidden in it is no request; and afterwards the
next client is served.
"""

from __future__ import annotations

from .session import Breach, play_script
from .stage import Stage
from .wire import Attack


def harm(stage: Stage, attack: Attack) -> Breach | None:
    """Play an attack on the subject, the first on the stage; None when no harm is done. What comes
    back can be played again with `play_script(stage, breach.steps)`. Raises AdapterError."""
    return play_script(stage, attack.steps())
