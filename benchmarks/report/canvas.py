"""The page that charts are drawn on: paper, ink, texts that do not overlap, files that repeat.

Owns matplotlib: it is imported here, when a chart is asked for, and nowhere else at run time. The
paper is white and opaque, so a chart reads alike on GitHub's light and dark pages. The same figures
give the same octets: no date, no random identifiers, glyphs as outlines.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..command import Refused

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Page

PAPER, INK, GREY, RULE, PALE = "#ffffff", "#1f2328", "#6b7280", "#e5e7eb", "#eef1f5"
SERIES = ("#0a6cbd", "#c2410c", "#0a7d5a", "#7c3aed", "#a16207", "#be185d", "#0e7490", "#4b5563")
"""Colours of lines: told apart on white, and by most who see few colours."""

SIZE_PT, TITLE_PT, SMALL_PT = 9.0, 11.0, 8.0
SUFFIXES = (".svg", ".png")
_PNG_DPI = 150
_STYLE: dict[Any, str] = {
    "svg.hashsalt": "trueline",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
}


def checked(path: str | Path) -> Path:
    """The path, if a chart can be drawn there; worth asking before hours of measurement.

    Raises Refused without matplotlib and for a suffix other than .svg and .png.
    """
    target = Path(path)
    if target.suffix.lower() not in SUFFIXES:
        raise Refused(f"a chart is a .svg or .png file, not {str(target)!r}")
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise Refused(
            f"charts need matplotlib ({error}): pip install 'trueline[charts]'"
        ) from error
    return target


def nothing(what: str) -> Refused:
    return Refused(f"there is nothing to draw: this chart needs {what}")


def style() -> AbstractContextManager[None]:
    """While charts are drawn and saved: what a reader's own matplotlibrc says does not matter."""
    import matplotlib

    settings: dict[Any, Any] = {**matplotlib.rcParamsDefault, **_STYLE}
    # The backend is a process's own choice, and no canvas here asks for it.
    del settings["backend"], settings["backend_fallback"]
    return matplotlib.rc_context(settings)


def page(width_in: float, height_in: float) -> Page:
    """A figure without the global state of pyplot."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    made = Figure(figsize=(width_in, height_in), facecolor=PAPER)
    FigureCanvasAgg(made)
    return made


def save(page: Page, path: Path) -> None:
    """Write it as its suffix says. Raises OSError."""
    is_svg = path.suffix.lower() == ".svg"
    metadata = {"Date": None, "Creator": None} if is_svg else {"Software": None}
    page.savefig(
        path,
        format="svg" if is_svg else "png",
        dpi=_PNG_DPI,
        facecolor=PAPER,
        metadata=metadata,
    )


def width_in(page: Page, words: str, *, bold: bool = False, size: float = SIZE_PT) -> float:
    """Inches that a text takes: how columns are made as wide as what stands in them."""
    probe = page.text(0, 0, _literal(words), fontsize=size, fontweight="bold" if bold else "normal")
    extent = probe.get_window_extent()
    probe.remove()
    return float(extent.width / page.dpi)


def text(
    axes: Axes,
    inches: float,
    row: float,
    words: str,
    *,
    bold: bool = False,
    colour: str = INK,
    from_right: bool = False,
) -> None:
    """A text beside a row of the plot, so many inches from its left, or right, edge."""
    axes.annotate(
        _literal(words),
        xy=(1.0 if from_right else 0.0, row),
        xycoords=("axes fraction", "data"),
        xytext=(inches * 72, 0),
        textcoords="offset points",
        va="center_baseline",
        fontsize=SIZE_PT,
        fontweight="bold" if bold else "normal",
        color=colour,
        annotation_clip=False,
    )


def title(page: Page, words: str, aside: str, edge_in: float) -> None:
    """Bold at the top left, and what explains it beneath."""
    width, height = page.get_size_inches()
    x = edge_in / width
    page.text(
        x,
        1 - 0.18 / height,
        _literal(words),
        fontsize=TITLE_PT,
        fontweight="bold",
        color=INK,
        va="top",
    )
    page.text(x, 1 - 0.42 / height, _literal(aside), fontsize=SMALL_PT, color=GREY, va="top")


def foot(page: Page, words: str, edge_in: float) -> None:
    width, height = page.get_size_inches()
    x = edge_in / width
    page.text(x, 0.14 / height, _literal(words), fontsize=SMALL_PT, color=GREY, va="bottom")


def frame(axes: Axes) -> None:
    """The lower edge alone, and ticks that do not shout."""
    axes.set_facecolor(PAPER)
    for side in ("top", "left", "right"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(GREY)
    axes.tick_params(colors=GREY, labelsize=SMALL_PT, length=3)


def shortened(words: str, most: int = 44) -> str:
    """A long label without its middle: its beginning and end tell it from others."""
    if len(words) <= most:
        return words
    kept = most - 1
    return f"{words[: kept - kept // 2]}…{words[len(words) - kept // 2 :]}"


def _literal(words: str) -> str:
    """Dollars begin formulas in matplotlib."""
    return words.replace("$", r"\$")
