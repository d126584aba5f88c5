"""Figures as SVG text: no script, no date, the same bytes for the same rows; shape backs up colour."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.plan import Row
from analysis.words import percent, points

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, GREY, PURPLE = "#0072B2", "#D55E00", "#009E73", "#5f6368", "#CC79A7"
COLOURS = (BLUE, ORANGE, GREEN, PURPLE, "#8a6d00", GREY)
_STYLE = {
    "svg.hashsalt": "oversight",
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.edgecolor": GREY,
    "xtick.color": GREY,
    "ytick.left": False,
    "axes.axisbelow": True,
}
_SIZE = (7.0, 0.9)
_AIR = 0.07  # inches above and below a plot, so that a title is not read as the axis of the plot before
_SERIES = ((ORANGE, "s"), (BLUE, "o"))


class Drawing(str):
    """A figure as SVG text; a notebook shows it, ``save`` writes it to a file."""

    __slots__ = ()

    def _repr_svg_(self) -> str:
        return str(self)

    def save(self, path: str | Path) -> None:
        Path(path).write_text(self, encoding="utf-8", newline="")


def accuracy_figure(rows: Sequence[Row], chance: float | None, title: str) -> str:
    """Accuracy per arm with its interval; the unaided arm is open, the dashed line is chance."""

    def draw(axes: Axes) -> None:
        for place, row in enumerate(rows):
            face = "white" if row.get("is_unaided") else BLUE
            _interval(axes, row, "estimate", place, BLUE, "o", face)
        axes.set_xlim(0, 100)
        axes.set_xlabel("answers that are right, %")
        if chance is not None:
            axes.axvline(100 * chance, color=GREY, linestyle=(0, (4, 3)), linewidth=1)
            axes.annotate("chance", (100 * chance, 1), xycoords=("data", "axes fraction"), xytext=(4, -2),
                          textcoords="offset points", color=GREY, fontsize=9, va="top")  # fmt: skip

    return _drawn([_label(row) for row in rows], draw, title, "accuracy")


def contrast_figure(rows: Sequence[Row], title: str, name: str = "contrasts") -> str:
    """Each contrast in percentage points with its interval; the line at 0 is no difference."""

    def draw(axes: Axes) -> None:
        axes.axvline(0, color=GREY, linewidth=1)
        for place, row in enumerate(rows):
            _interval(axes, row, "estimate", place, BLUE, "D", BLUE, signed=True)
        reach = max((abs(100 * value) for row in rows for value in _values(row)), default=10)
        axes.set_xlim(-1.15 * reach - 2, 1.15 * reach + 2)
        axes.set_xlabel("difference in answers that are right, percentage points")

    return _drawn([_label(row, "name") for row in rows], draw, title, name)


def reliance_figure(rows: Sequence[Row], title: str) -> str:
    """P(answer = the assistant's option) when that option is wrong (squares) and right (circles)."""
    flipped = [
        row | {"relied": _minus(row["under_reliance"]), "relied_low": _minus(row["under_reliance_high"]),
               "relied_high": _minus(row["under_reliance_low"])}
        for row in rows
    ]  # fmt: skip

    def draw(axes: Axes) -> None:
        for place, row in enumerate(flipped):
            for name, (colour, marker), shift in zip(("over_reliance", "relied"), _SERIES, (-0.13, 0.13), strict=True):
                _interval(axes, row, name, place + shift, colour, marker, colour, above=shift < 0)
        axes.set_xlim(0, 100)
        axes.set_xlabel("answers that are the assistant's option, %")
        _legend(axes)

    return _drawn([_label(row) for row in rows], draw, title, "reliance", extra=0.4, step=0.62)


def _minus(value: float | None) -> float | None:
    return None if value is None else 1 - value


def _values(row: Row) -> list[float]:
    return [row[name] for name in ("estimate", "low", "high") if row[name] is not None]


def small_multiples(panels: Mapping[str, Any], draw: Callable[[Axes, Any], None], title: str, name: str) -> str:
    """One panel beside another with a common vertical axis and a legend of the first."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE | {"ytick.left": True}):  # type: ignore[arg-type]
        figure = Figure(figsize=(1.2 + 2.6 * len(panels), 3.2), layout="constrained")
        axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
        for place, (label, part) in zip(axes, panels.items(), strict=True):
            draw(place, part)
            place.set_title(label, fontsize=10)
            place.grid(axis="y", color="#e3e5e8", linewidth=0.8)
        axes[0].set_ylabel(name)
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False)
        return _svg(figure, title, name)


def _label(row: Row, key: str = "arm") -> str:
    text = str(row[key]).replace(" - ", " − ")
    return text if row["task"] == "all" else f"{text}\n{row['task']}"


def _interval(
    axes: Axes,
    row: Row,
    name: str,
    place: float,
    colour: str,
    marker: str,
    face: str,
    above: bool = True,
    signed: bool = False,
) -> None:
    ends = ("low", "high") if name == "estimate" else (f"{name}_low", f"{name}_high")
    value, low, high = row[name], row[ends[0]], row[ends[1]]
    if value is None:
        axes.annotate("undefined", (0, place), xytext=(4, 0), textcoords="offset points", color=GREY)
        return
    if low is not None and high is not None:
        axes.plot([100 * low, 100 * high], [place, place], color=colour, linewidth=2, solid_capstyle="butt")
    axes.plot([100 * value], [place], marker, color=colour, markerfacecolor=face, markersize=7, zorder=3, clip_on=False)
    written, height = points(value) if signed else percent(value), 7 if above else -15
    axes.annotate(str(written), (100 * value, place), xytext=(0, height), ha="center", textcoords="offset points",
                  fontsize=9, bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6})  # fmt: skip


def _legend(axes: Axes) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=colour, marker=marker, linewidth=2, label=f"its option is {what}")
        for (colour, marker), what in zip(_SERIES, ("wrong", "right"), strict=True)
    ]
    axes.legend(handles=handles, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False)


def _drawn(labels: Sequence[str], draw: Any, title: str, name: str, extra: float = 0.0, step: float = 0.42) -> str:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    width, base = _SIZE
    with mpl.rc_context(_STYLE):  # type: ignore[arg-type]
        figure = Figure(figsize=(width, base + extra + step * max(len(labels), 1)), layout="constrained")
        axes = figure.subplots()
        axes.set_yticks(range(len(labels)), labels)
        axes.set_ylim(len(labels) - 0.5, -0.65)
        axes.grid(axis="x", color="#e3e5e8", linewidth=0.8)
        draw(axes)
        return _svg(figure, title, name)


def panels(
    count: int, draw: Callable[[int, Axes], None], title: str, name: str, size: tuple[float, float], across: int = 3
) -> str:
    """Several small plots side by side, ``draw`` filling each by its number; ``size`` of one in inches.

    What the first plots name in their legends stands once, below all of them, where it covers no data.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    columns = min(count, across)
    lines = -(-count // columns)
    with mpl.rc_context(_STYLE | {"axes.spines.left": True, "ytick.left": True, "ytick.color": GREY}):  # type: ignore[arg-type]
        figure = Figure(figsize=(size[0] * columns, size[1] * lines), layout="constrained")
        if lines > 1:
            figure.set_layout_engine("constrained", h_pad=_AIR)
        grid = figure.subplots(lines, columns, squeeze=False)
        for place, axes in enumerate(grid.flat):
            axes.set_visible(place < count)
            if place < count:
                axes.grid(color="#e3e5e8", linewidth=0.8)
                draw(place, axes)
        named = {label: handle for axes in grid.flat[:count]
                 for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)}  # fmt: skip
        if named and not any(axes.get_legend() for axes in grid.flat):
            figure.legend(list(named.values()), list(named), loc="outside lower center", ncols=2 * columns - 1,
                          frameon=False, fontsize=9)  # fmt: skip
        return _svg(figure, title, name)


def stamped(svg: str, mark: str) -> str:
    """The figure with a mark in its corner, so that it is not taken for what it is not elsewhere."""
    from html import escape

    text = f'<text x="2" y="9" font-size="9" font-weight="bold" fill="{ORANGE}">{escape(mark)}</text></svg>'
    return text.join(svg.rsplit("</svg>", 1))


def _svg(figure: Figure, title: str, name: str) -> str:
    """The figure without prologue and metadata, its ids prefixed so that several fit into one page."""
    from html import escape

    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
    text = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", text)
    text = text.replace("'DejaVu Sans'", "'DejaVu Sans', Verdana, sans-serif")
    return text.replace("<svg ", f'<svg role="img" aria-label="{escape(title)}" ', 1)
