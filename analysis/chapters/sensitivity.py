"""Contrasts that were not randomised, in the report: bounds over Γ, tipping points and E-values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from analysis import markup
from analysis.chapters.cells import change, clusters, label, notes, opening, plain, task
from analysis.figures import BLUE, GREY, ORANGE, panels
from analysis.plan import Row
from analysis.words import Table, between, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Results = Mapping[str, Any]
SECTIONS = ("sensitivity",)
SOURCES = (
    "Rambachan, Coston & Kennedy 2022, Robust design and evaluation of predictive algorithms under unobserved "
    "confounding, arXiv:2212.09844",
    "Manski 1990, Nonparametric bounds on treatment effects, American Economic Review 80(2), 319–323",
    "VanderWeele & Ding 2017, Sensitivity analysis in observational research: introducing the E-value, "
    "Annals of Internal Medicine 167, 268–274",
)
_WHAT = {"arms": "difference of arms", "last": "last recommendation right − wrong"}
_TALL = 4  # with more plots three stand side by side, so that a page holds them


def present(results: Results) -> bool:
    return bool(results["sensitivity"])


def draw(results: Results) -> dict[str, str]:
    """One plot a contrast: the bounds (band) and their interval (lines) as Γ grows; the cross is where it tips."""
    shown = [rows for rows in _contrasts(results) if rows[0]["estimate"] is not None]
    if not shown:
        return {}

    def one(place: int, axes: Axes) -> None:
        _band(axes, shown[place])

    title = "Differences that were not randomised, as unmeasured differences grow"
    return {
        "sensitivity": panels(len(shown), one, title, "sensitivity", (3.6, 2.9), across=2 if len(shown) <= _TALL else 3)
    }


def _contrasts(results: Results) -> list[list[Row]]:
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in results["sensitivity"]:
        found.setdefault((row["task"], row["name"], row["arm"]), []).append(row)
    return list(found.values())


def _band(axes: Axes, rows: list[Row]) -> None:
    gammas = [row["gamma"] for row in rows]
    low, high = ([100 * row[name] for row in rows] for name in ("bound_low", "bound_high"))
    axes.axhline(0, color=GREY, linewidth=1)
    axes.fill_between(gammas, low, high, color=BLUE, alpha=0.2, linewidth=0, label="bounds")
    for name, words in (("set_low", "their interval"), ("set_high", None)):
        ends = [(row["gamma"], 100 * row[name]) for row in rows if row[name] is not None]
        axes.plot([gamma for gamma, _ in ends], [end for _, end in ends], color=BLUE, linewidth=1.2, label=words)
    tip = rows[0]["tipping_gamma"]
    if tip is not None and 1 < tip <= gammas[-1]:
        axes.plot([tip], [0], "X", color=ORANGE, markersize=8, label="tips")
        axes.annotate(f"{tip:.2f}", (tip, 0), (4, 5), textcoords="offset points", color=ORANGE, fontsize=9)
    axes.set(title=f"{label(rows[0])}:\n{_WHAT[rows[0]['basis']]}", xlabel="Γ", ylabel="points", xlim=(1, gammas[-1]))
    axes.title.set_fontsize(10)


def write(results: Results, drawn: Mapping[str, str]) -> Iterator[str]:
    yield from opening(results, "sensitivity", "If it was not randomised")
    rows = results["sensitivity"]
    if not rows:
        return
    if "sensitivity" in drawn:
        caption = "The difference that the data allow if what nobody measured may change the share of right answers "
        yield markup.figure(drawn["sensitivity"], caption + "by the factor Γ, up or down. At Γ = 1 nothing "
                            "unmeasured differs between the sides.")  # fmt: skip
    main = [row for row in rows if row["primary"]]
    yield markup.table(*_tipping(results, main), "How much it would take until the interval includes no difference")
    yield markup.details("Bounds for each Γ", markup.table(*_bounds(rows)))
    yield notes(main)


def _tipping(results: Results, rows: list[Row]) -> Table:
    head = ["arm", "contrast", "points", "tips at Γ", "or at ±\u00a0points", "risk ratio", "E\u2011value",
            "… of the interval", "people", "items"]  # fmt: skip
    return head, [
        [label(row), _WHAT[row["basis"]], change(_named(row), "d"),
         plain(row["tipping_gamma"], 2), percent(row["tipping_delta"]), plain(row["risk_ratio"], 2),
         plain(row["e_value"], 2), plain(row["e_value_limit"], 2), row["participants"], clusters(results, row)]
        for row in rows
    ]  # fmt: skip


def _named(row: Row) -> Row:
    return {"d": row["estimate"], "d_low": row["low"], "d_high": row["high"]}


def _bounds(rows: list[Row]) -> Table:
    head = ["task", "arm", "contrast", "Γ", "bounds, points", "their interval"]
    return head, [
        [task(row), row["arm"], _WHAT[row["basis"]], plain(row["gamma"], 2),
         between(row["bound_low"], row["bound_high"]), between(row["set_low"], row["set_high"])]
        for row in rows
    ]  # fmt: skip


def method(results: Results) -> Iterator[str]:
    yield (
        "Sensitivity: in the mean-outcome model (Rambachan, Coston & Kennedy 2022) the rows of the other side would "
        "have been right on this side with at least 1/Γ and at most Γ times this side's share (never above 1), within "
        "the item's category where the notes say so. The bounds of the difference follow (Manski 1990); their interval "
        "runs from the lower end of the lower bound's two-way interval to the upper end of the upper bound's. It tips "
        "at the smallest Γ with which it reaches 0; put as a difference, when the other side's share may differ by so "
        "many points either way. The E-value (VanderWeele & Ding 2017) is the risk ratio that one unmeasured cause "
        "would need with both the side and a right answer; the interval's end becomes a risk ratio at the other side's "
        "observed share."
    )


def limits(results: Results) -> Iterator[str]:
    bases = {row["basis"] for row in results["sensitivity"]}
    yield (
        "The sensitivity analysis says how strong unmeasured differences would have to be, not how strong they are; "
        "it cannot show an effect."
    )
    if "last" in bases:
        yield (
            "Trials with a right and with a wrong last recommendation differ in their items and in what people "
            "asked: their difference is as received."
        )
