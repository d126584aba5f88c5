"""Calibration in the report: reliability diagram, scores and their decomposition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from analysis import markup
from analysis.chapters.cells import change, label, not_yet, notes, opening, plain, score, share, turned
from analysis.figures import BLUE, GREY, panels
from analysis.plan import Row
from analysis.scores import CLIP
from analysis.words import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Results = Mapping[str, Any]
SECTIONS = ("calibration", "calibration_bins")
SOURCES = (
    "Murphy 1973, A new vector partition of the probability score, Journal of Applied Meteorology 12, 595–600",
    "Stephenson, Coelho & Jolliffe 2008, Two extra components in the Brier score decomposition, "
    "Weather and Forecasting 23, 752–757",
    "Guo et al. 2017, On calibration of modern neural networks, arXiv:1706.04599",
    "Kumar, Liang & Ma 2019, Verified uncertainty calibration, arXiv:1909.10155",
    "Kadavath et al. 2022, Language models (mostly) know what they know, arXiv:2207.05221",
    "Fleming & Lau 2014, How to measure metacognition, Frontiers in Human Neuroscience 8, 443",
)
SHOWN_FROM = 10
_SCORES = (
    ("Brier score (lower is better)", lambda row: score(row, "brier")),
    ("log score, nats (lower is better)", lambda row: score(row, "log_score")),
    ("mean confidence, %", lambda row: percent(row["mean_confidence"])),
    ("over-confidence, points", lambda row: change(row, "overconfidence")),
    ("AUROC", lambda row: score(row, "auroc", 2)),
    ("AUROC within person", lambda row: score(row, "auroc_within", 2)),
    ("calibration error (ECE), %", lambda row: share(row, "ece")),
    ("… of a calibrated rater, rows independent, %", lambda row: percent(row["ece_null"])),
    ("… the same, rows crossed, %", lambda row: percent(row["ece_null_crossed"])),
    ("ECE, bins of equal mass, %", lambda row: share(row, "ece_equal_mass")),
    ("squared error, debiased", lambda row: plain(row["squared_error_debiased"], 4)),
    ("founding study's calibration error, %", lambda row: share(row, "bowman_ce")),
    ("… bins weighted by their answers, %", lambda row: share(row, "bowman_ce_weighted")),
    ("answers / without confidence", lambda row: f"{row['n']} / {row['without_confidence']}"),
)
_MODEL_SCORES = tuple(line for line in _SCORES if "person" not in line[0])
_PARTS = (
    ("reliability (miscalibration)", lambda row: score(row, "reliability", 4)),
    ("− resolution", lambda row: score(row, "resolution", 4)),
    ("+ uncertainty", lambda row: score(row, "uncertainty", 4)),
    ("+ variance inside the bins", lambda row: _inside(row, "within_variance")),
    ("− 2 × covariance inside the bins", lambda row: _inside(row, "within_covariance")),
    ("= Brier score", lambda row: score(row, "brier", 4)),
)


def _inside(row: Row, name: str) -> str | None:
    """Nothing where each value of the scale has its own bin, inside which nothing varies."""
    return None if row["bins"].startswith("by value") else score(row, name, 4)


def _model(row: Row) -> str:
    """Who was asked how: the assistant, its model and the method, and of which task."""
    arm = row["arm"].removeprefix("model: ").replace("p_true", "P(True)").replace("_", " ")
    return arm if row["task"] == "all" else f"{arm}, {row['task']}"


def present(results: Results) -> bool:
    return bool(results["calibration"])


def draw(results: Results) -> dict[str, str]:
    """Reliability diagrams, one plot per task and arm; nothing where no bin has enough answers."""
    cuts = _cuts(results["calibration_bins"])
    if not cuts:
        return {}

    def one(place: int, axes: Axes) -> None:
        if chance := results["plan"]["chance"]:
            axes.axhline(100 * chance, color=GREY, linewidth=1, linestyle=(0, (1, 2)))
        _diagram(axes, cuts[place])

    return {
        "calibration": panels(
            len(cuts), one, "Reliability diagrams", "calibration", (2.9, 3.1), 2 if len(cuts) in (2, 4) else 3
        )
    }


def _cuts(bins: list[Row]) -> list[list[Row]]:
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in bins:
        groups.setdefault((row["task"], row["arm"]), []).append(row)
    return [rows for rows in groups.values() if any(row["n"] >= SHOWN_FROM or not_yet(row["n"]) for row in rows)]


def _diagram(axes: Axes, rows: list[Row]) -> None:
    axes.plot([0, 100], [0, 100], color=GREY, linewidth=1, linestyle=(0, (4, 3)))
    strip = axes.inset_axes((0, -0.3, 1, 0.2), sharex=axes)
    for row in rows:
        at = 100 * row["confidence"]
        strip.bar([at], [row["n"]], width=4, color=GREY)
        strip.annotate(
            str(row["n"]), (at, row["n"]), xytext=(0, 1), textcoords="offset points", ha="center", fontsize=7
        )
        if row["n"] < SHOWN_FROM:
            continue
        if row["low"] is not None:
            axes.plot([at, at], [100 * row["low"], 100 * row["high"]], color=BLUE, linewidth=2, solid_capstyle="butt")
        axes.plot([at], [100 * row["estimate"]], "o", color=BLUE, markersize=6)
    axes.set(xlim=(-3, 103), ylim=(-3, 103), title=label(rows[0]), ylabel="right, %")
    axes.tick_params(labelbottom=False)
    axes.title.set_fontsize(10)
    strip.set(xlabel="confidence, %", ylim=(0, 1.35 * max(row["n"] for row in rows)), yticks=[])
    strip.spines["left"].set_visible(False)
    axes.set_aspect("equal")


def write(results: Results, drawn: Mapping[str, str]) -> Iterator[str]:
    yield from opening(results, "calibration", "Calibration")
    rows = [row for row in results["calibration"] if row["primary"]]
    if not rows:
        return
    people, models = ([row for row in rows if row["who"] == who] for who in ("people", "model"))
    if "calibration" in drawn:
        yield markup.figure(drawn["calibration"], _caption(people, _undrawn(results), results["plan"]["chance"]))
    yield turned(_SCORES, people)
    yield notes(people)
    yield markup.details("Decomposition of the Brier score", turned(_PARTS, people))
    if models:
        yield "<h3>The model's own probabilities</h3>" + turned(_MODEL_SCORES, models, name=_model)
        yield notes(models)
    beside = [row for row in results["calibration"] if not row["primary"]]
    yield markup.details("Exclusions, and intervals over items only", markup.table(*_beside(beside)))


def _beside(rows: list[Row]) -> tuple[list[str], list[list[Any]]]:
    head = ["arm", "exclusions", "interval", "Brier", "over-confidence, points", "AUROC", "answers"]
    return head, [
        [label(row), row["exclusions"], row["method"], score(row, "brier"), change(row, "overconfidence"),
         score(row, "auroc", 2), row["n"]]
        for row in rows
    ]  # fmt: skip


def _undrawn(results: Results) -> list[str]:
    shown = {label(rows[0]) for rows in _cuts(results["calibration_bins"])}
    return [name for name in dict.fromkeys(map(label, results["calibration_bins"])) if name not in shown]


def _caption(rows: list[Row], undrawn: list[str], chance: float | None) -> str:
    dotted = "; the dotted one is chance" if chance else ""
    lacking = f" No bin has as many in {'; '.join(undrawn)}." if undrawn else ""
    level = f"{100 * rows[0]['level']:.0f} %"
    return (
        f"Share of right answers by stated confidence ({rows[0]['bins']}), with {level} intervals; bars are counts. On "
        f"the dashed line confidence is right{dotted}. "
        f"Bins with fewer than {SHOWN_FROM} answers are not drawn.{lacking}"
    )


def method(results: Results) -> Iterator[str]:
    clipped = sum(row["log_score_clipped"] for row in results["calibration"] if row["primary"])
    yield (
        "Calibration uses counted answers with a confidence. Its error (ECE) is that of Guo et al. 2017, debiased as "
        "in Kumar et al. 2019; AUROC that of Fleming & Lau 2014. The Brier score is split exactly into reliability − "
        "resolution + uncertainty + within-bin variance − 2 × within-bin covariance (Murphy 1973; Stephenson et al. "
        f"2008). The log score clips confidence to {CLIP:g}–{1 - CLIP:g} ({clipped} answers clipped). A scale of few "
        "values is binned by value, others in 10 bins. The founding study's calibration error takes five bins at 25, "
        "42, 60, 80 and 100 % and averages |accuracy − centre| over bins with answers. Intervals are two-way "
        "jackknife; over-confidence and log score use the closed form."
    )
    if any(row["who"] == "model" for row in results["calibration"]):
        yield (
            "The model's own probability is the one that it gives, however it was asked: the share of its samples that "
            "agree, the probability that it states, or that it calls its answer true (P(True), Kadavath et al. 2022); "
            "its answers are clustered by item only."
        )


def limits(results: Results) -> Iterator[str]:
    yield (
        "The expected calibration error of a perfectly calibrated rater is not 0: read it beside its null value or "
        "use the debiased squared error, which can be negative. In 1,000 simulated studies of 40 people and 24 items "
        "its 95 % interval held the truth in 95 % where people were over-confident, but in 36 % where they were "
        "calibrated: coverage not established, as for the founding study's error, resolution and AUROC within "
        "persons. Those of Brier score, log score, over-confidence, AUROC and reliability held it in 94.0 to 98.1 %."
    )
    if low := sum(row["below_chance"] or 0 for row in results["calibration"] if row["primary"]):
        yield f"{low} answers have a confidence below chance; they count as stated."
