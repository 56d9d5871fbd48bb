"""One result as text: all that a maintainer needs to see what does not hold and to see it again.

Owns the layout of a failure, and the words for what was seen that other reports share.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from ..expect import Problem
from ..judge import Outcome
from ..results import CheckRecord, Result, SubjectInfo
from ..seen import Conversation, Seen
from . import words
from .octets import Line, Span, lines, printable
from .style import BOLD, CYAN, DIM, MARK, OF_OUTCOME, paint

INDENT = "    "
STDERR_LINES = 20
MOST_STDERR = 20_000
MOST_EVENTS = 60
_PLAIN = (None, "", "1")
"""The names of requests that were given none."""


def detail(result: Result, subject: SubjectInfo, *, colour: bool, width: int = 100) -> str:
    """What a maintainer needs of a check that did not pass. A warning is told without the app and
    the events, what is known or stale in a few lines."""
    check, outcome = result.check, result.outcome
    parts = [
        f"{paint(outcome.value.upper(), OF_OUTCOME[outcome], colour)}  "
        f"{paint(printable(check.id), BOLD, colour)}  {paint(check.level.value, DIM, colour)}",
        *_wrapped(check.title, width),
    ]
    if outcome in (Outcome.STALE, Outcome.KNOWN, Outcome.NOT_APPLICABLE):
        parts += _wrapped(result.verdict.reason, width)
    else:
        parts += requirement(check, colour=colour, width=width)
        parts += _problems(result, colour, width)
        parts += _evidence(result, outcome is not Outcome.WARN, colour, width)
    parts += _labelled("again", [rerun(subject, check.id)], colour)
    return "\n".join(parts)


def requirement(check: CheckRecord, *, colour: bool, width: int = 100) -> list[str]:
    """The source with its address and its words; practice has no address, and words of ours."""
    source = check.source
    if source.url is None:
        return _wrapped(f"{source}: {source.quote}" if source.quote else str(source), width)
    quote = textwrap.wrap(printable(source.quote), width - len(INDENT) - 2, break_on_hyphens=False)
    return [
        f"{INDENT}{source}  {paint(source.url, CYAN, colour)}",
        *(f"{INDENT}{paint('| ', DIM, colour)}{one}" for one in quote),
    ]


def rerun(subject: SubjectInfo, check_id: str) -> str:
    """The command that runs this check alone. Options stand before a command behind `--`."""
    quoted = check_id.replace("'", "'\\''")
    only = f"-k '{quoted}'"
    if subject.label.startswith("-- "):
        return f"trueline run {only} {subject.label}"
    return f"trueline run {subject.label} {only}"


def _problems(result: Result, colour: bool, width: int) -> list[str]:
    found = [one.text for one in result.verdict.problems] or [result.verdict.reason]
    shown = [""]
    for text in found:
        wrapped = _wrapped(text, width, first="  * ", rest="    ")
        shown += [paint(one, OF_OUTCOME[result.outcome], colour) for one in wrapped]
    return shown


def _evidence(result: Result, is_whole: bool, colour: bool, width: int) -> list[str]:
    check, seen, problems = result.check, result.seen, result.verdict.problems
    shown: list[str] = []
    for conversation in _interesting(seen, problems):
        shown += _conversation(conversation, problems, colour, width)
    if is_whole:
        events = "; ".join(event_words(seen))
        shown += _labelled("events", _wrapped(events, width - 10, "", ""), colour) if events else []
        shown += _labelled("process", [process_words(seen)], colour) if process_words(seen) else []
        shown += _labelled("stderr", stderr_lines(seen, STDERR_LINES), colour)
        if check.app is not None:
            application = printable(words.app(check.app, width - 12)).splitlines()
            shown += _labelled("app", application, colour)
    shown += _labelled("by hand", [printable(one) for one in check.by_hand], colour)
    return [""] + shown if shown else []


def event_words(seen: Seen) -> list[str]:
    """`enter r1 (b)`, with the name of the request where it has one of its own."""
    found = [
        printable(f"{one.kind} {one.who}{f' ({one.request})' if one.request not in _PLAIN else ''}")
        for one in seen.events[:MOST_EVENTS]
    ]
    more = len(seen.events) - MOST_EVENTS
    return [*found, f"... and {more} more"] if more > 0 else found


def stderr_lines(seen: Seen, most: int) -> list[str]:
    """The end of what the adapter wrote there: that is where an exception is named."""
    return printable(seen.stderr[-MOST_STDERR:]).rstrip().splitlines()[-most:]


def process_words(seen: Seen) -> str:
    """How the subject's process ended, if it did."""
    if seen.died is not None:
        return printable(f"ended while the check ran: {seen.died}")
    if seen.exit_status is not None:
        return f"exit status {seen.exit_status}"
    return ""


def _interesting(seen: Seen, problems: Sequence[Problem]) -> list[Conversation]:
    """Those of the problems; all when none of the problems says where it is."""
    named = {problem.conversation for problem in problems if problem.conversation is not None}
    found = [one for one in seen.conversations.values() if one.name in named]
    return found or list(seen.conversations.values())


def _conversation(
    conversation: Conversation, problems: Sequence[Problem], colour: bool, width: int
) -> list[str]:
    name = "" if conversation.name == "1" else f" ({conversation.name})"
    shown = []
    for label, data, is_sent in (
        (f"sent{name}", conversation.sent, True),
        (f"received{name}", conversation.received, False),
    ):
        head = f"{label}: {conversation_words(conversation, is_sent)}"
        marks = marks_of(conversation, problems, is_sent)
        shown.append(f"{INDENT}{paint(head, DIM, colour)}")
        arrow = ">" if is_sent else "<"
        for line in lines(data, marks, width - len(INDENT) - 2):
            shown += octet_line(line, arrow, colour)
    return shown


def marks_of(conversation: Conversation, problems: Sequence[Problem], is_sent: bool) -> list[Span]:
    """The parts of what was sent or received that show the problems."""
    return [
        problem.mark
        for problem in problems
        if problem.mark is not None
        and problem.conversation == conversation.name
        and problem.in_sent is is_sent
    ]


def conversation_words(conversation: Conversation, is_sent: bool) -> str:
    """What is to be known of the octets that are shown: how many, whether they are the very ones,
    what became of the connection."""
    size = len(conversation.sent if is_sent else conversation.received)
    parts = [f"{size} byte{'' if size == 1 else 's'}" if size else "nothing"]
    if not conversation.is_raw and size:
        parts.append("put together from what the client says of it")
    if not is_sent:
        parts.append(f"then the connection is {conversation.end.value}")
        if conversation.problem is not None:
            parts.append(printable(conversation.problem))
    return ", ".join(parts)


def octet_line(line: Line, arrow: str, colour: bool) -> list[str]:
    """One line of octets. Without colour a mark is `^^^` under its part of a line, and `!` in
    front of a line that is marked whole: most marks are whole answers."""
    if line.is_elision:
        return [f"{INDENT}{paint(f'{arrow} {line.text}', DIM, colour)}"]
    if colour:
        text, position = "", 0
        for start, end in line.marked:
            text += line.text[position:start] + paint(line.text[start:end], MARK, colour)
            position = end
        return [f"{INDENT}{paint(arrow, DIM, colour)} {text}{line.text[position:]}"]
    if line.is_all_marked:
        return [f"{INDENT}! {line.text}"]
    shown = [f"{INDENT}{arrow} {line.text}"]
    if line.marked:
        under = "".join(
            "^" if any(start <= column < end for start, end in line.marked) else " "
            for column in range(line.marked[-1][1])
        )
        shown.append(f"{INDENT}  {under}")
    return shown


def _labelled(label: str, texts: Sequence[str], colour: bool) -> list[str]:
    return [
        f"{INDENT}{paint(label.ljust(8) if not position else ' ' * 8, DIM, colour)}{text}"
        for position, text in enumerate(texts)
    ]


def _wrapped(text: str, width: int, first: str = INDENT, rest: str = INDENT) -> list[str]:
    return textwrap.wrap(
        printable(text), width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    )
