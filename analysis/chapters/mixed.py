"""The mixed model in the report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from analysis import figures, markup
from analysis.chapters.cells import clusters, contrast, notes, opening, score, sizes, task
from analysis.plan import Row
from analysis.words import between, percent, points

Results = Mapping[str, Any]
SECTIONS = ("mixed_model",)
SOURCES = (
    "Baayen, Davidson & Bates 2008, Mixed-effects modeling with crossed random effects for subjects and items, "
    "Journal of Memory and Language 59, 390–412",
    "Bates et al. 2015, Fitting linear mixed-effects models using lme4, Journal of Statistical Software 67(1)",
)


def present(results: Results) -> bool:
    return bool(results["mixed_model"])


def draw(results: Results) -> dict[str, str]:
    """The figure of the slope models, where there are any."""
    shown = [row for row in results["mixed_model"] if row["primary"] and row["estimate"] is not None]
    title = "Average marginal effect of the mixed model"
    return {"mixed_model": figures.contrast_figure(shown, title, "mixed_model")} if shown else {}


def write(results: Results, drawn: Mapping[str, str]) -> Iterator[str]:
    yield from opening(results, "mixed_model", "Mixed model")
    rows = results["mixed_model"]
    if not rows:
        return
    if "mixed_model" in drawn:
        yield markup.figure(drawn["mixed_model"], _caption(rows))
    yield markup.table(*_effects(results, rows))
    yield notes(rows)
    yield markup.table(*_spreads(rows), "Shares that the model expects, and spreads in logits")


def method(results: Results) -> Iterator[str]:
    yield (
        "Mixed model: logistic, with random intercepts and arm slopes of people and items (arm coded ±½, diagonal "
        "covariance), maximum likelihood by Laplace's approximation (Bates et al. 2015). Points are the average "
        "marginal effect over a population of people and items, the interval by the delta method with a t quantile of "
        "the smaller number of clusters less one. The odds ratio holds for one person on one item and is further from "
        "1 than an odds ratio of the shares. Spreads are standard deviations in logits."
    )


def limits(results: Results) -> Iterator[str]:
    yield (
        "The mixed model ignores that a guess is right now and then, and rests on normal spreads; the contrasts do "
        "not. It allows for who met which item, so where arms met other items the two estimates differ. Coverage of "
        "its intervals is not established: with arm slopes they held the truth in 93 to 97 % of simulated studies of "
        "40 people and 24 items, without arm slopes they are known to be too short."
    )


def _caption(rows: list[Row]) -> str:
    level = f"{100 * rows[0]['level']:.0f} %"
    shown = [row for row in rows if row["primary"]]
    return f"Average marginal effect of the assistant, with arm slopes, with {level} interval. {sizes(shown)}."


def _effects(results: Results, rows: list[Row]) -> tuple[list[str], list[list[Any]]]:
    head = ["task", "contrast", "random", "points", "interval", "odds ratio", "people", "items", "fit"]
    return head, [
        [task(row), contrast(row), row["model"], points(row["estimate"]), between(row["low"], row["high"]),
         score(row, "odds_ratio", 2), row["participants"], clusters(results, row), _fit(row)]
        for row in rows
    ]  # fmt: skip


def _spreads(rows: list[Row]) -> tuple[list[str], list[list[Any]]]:
    names = ("sd_people", "sd_people_slope", "sd_items", "sd_items_slope")
    head = ["contrast", "random", "unaided, %", "assisted, %", "people", "people × arm", "items", "items × arm",
            "deviance"]  # fmt: skip
    return head, [
        [", ".join(filter(None, (contrast(row), task(row)))), row["model"], percent(row["unaided_share"]),
         percent(row["assisted_share"]),
         *(_number(row[name]) for name in names), _number(row["deviance"])]
        for row in rows
    ]  # fmt: skip


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:.2f}"


def _fit(row: Row) -> str:
    """How much to believe the fit; a spread at 0 is common with few people or items."""
    if row["converged"] is None:
        return "none"
    said = ["singular"] * bool(row["singular"]) + ["preview"] * bool(row["preview"])
    return "not converged" if not row["converged"] else ", ".join(said) or "regular"
