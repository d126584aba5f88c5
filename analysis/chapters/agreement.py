"""Agreement of raters in the report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from analysis import markup
from analysis.chapters.cells import notes, opening, score, share, turned
from analysis.figures import BLUE, GREEN, ORANGE, panels
from analysis.plan import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Results = Mapping[str, Any]
SECTIONS = ("agreement",)
SOURCES = (
    "Krippendorff 2011, Computing Krippendorff's alpha-reliability, University of Pennsylvania",
    "Hayes & Krippendorff 2007, Answering the call for a standard reliability measure for coding data, "
    "Communication Methods and Measures 1, 77–89",
    "Fleiss 1971, Measuring nominal scale agreement among many raters, Psychological Bulletin 76, 378–382",
    "Perez et al. 2022, Discovering language model behaviors with model-written evaluations, arXiv:2212.09251",
)
_SHOWN = (
    ("alpha", BLUE, "o", "alpha"),
    ("percent_agreement", GREEN, "s", "pairs that agree"),
    ("label_agreement", ORANGE, "D", "majority = key"),
)

_LINES = (
    ("Krippendorff's alpha", lambda row: score(row, "alpha", 2)),
    ("Fleiss' kappa", lambda row: score(row, "fleiss_kappa", 2)),
    ("pairs that agree, %", lambda row: share(row, "percent_agreement")),
    ("majority = key, %", lambda row: share(row, "label_agreement")),
    ("raters", lambda row: row["raters"]),
    ("items rated", lambda row: row["items_rated"]),
    ("… once", lambda row: row["items_rated_once"]),
    ("ratings", lambda row: row["ratings"]),
)


def present(results: Results) -> bool:
    return bool(results["agreement"])


def draw(results: Results) -> dict[str, str]:
    """Alpha and the two shares per source, each with its interval, on one axis from 0 to 1."""
    rows = results["agreement"]
    if not any(row[name] is not None for row in rows for name, *_ in _SHOWN):
        return {}

    def one(_: int, axes: Axes) -> None:
        _marks(axes, rows)

    return {"agreement": panels(1, one, "Agreement of raters", "agreement", (6.6, 1.6 + 0.6 * len(rows)), across=1)}


def _marks(axes: Axes, rows: list[Row]) -> None:
    for number, (name, colour, marker, text) in enumerate(_SHOWN):
        known = [(place + 0.2 * (number - 1), row) for place, row in enumerate(rows) if row[name] is not None]
        for place, row in known:
            if row[f"{name}_low"] is not None:
                axes.plot([row[f"{name}_low"], row[f"{name}_high"]], [place] * 2, color=colour, linewidth=1.5)
        axes.plot([row[name] for _, row in known], [place for place, _ in known], marker, color=colour, label=text)
    axes.set_yticks(range(len(rows)), [_name(row) for row in rows])
    axes.set(ylim=(len(rows) - 0.5, -0.5), xlabel="1 = perfect; alpha 0 = as by chance")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False, fontsize=9)


def _name(row: Row) -> str:
    source = str(row["source"]).replace("_", " ")
    return source if row["task"] == "all" else f"{source}\n{row['task']}"


def write(results: Results, drawn: Mapping[str, str]) -> Iterator[str]:
    yield from opening(results, "agreement", "Agreement of raters")
    rows = results["agreement"]
    if not rows:
        return
    if "agreement" in drawn:
        yield markup.figure(drawn["agreement"], "Agreement by source of ratings, with intervals over items.")
    yield turned(_LINES, rows, name=_called)
    yield notes(rows, name=_called)


def _called(row: Row) -> str:
    return _name(row).replace("\n", ", ")


def method(results: Results) -> Iterator[str]:
    yield (
        "Agreement: Krippendorff's alpha (2011) of the options chosen (nominal; items with one rating take no part), "
        "Fleiss' kappa (1971) where every item has equally many ratings, the share of pairs of ratings that agree, and "
        "the share of items whose raters' majority is the key, ties split (Perez et al. 2022). Intervals are a "
        "jackknife over items or passages (Hayes & Krippendorff 2007), for these raters."
    )


def limits(results: Results) -> Iterator[str]:
    yield "Agreement of raters is no proof that they are right, and raters who took part in the key agree with it."
