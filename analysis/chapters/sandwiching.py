"""Sandwiching in the report: people, model and experts side by side, and beside the founding study."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from analysis import markup
from analysis.chapters.cells import change, differs, label, notes, opening, plain, score, share, turned, unlike_primary
from analysis.comparators import NO_CEILING
from analysis.figures import BLUE, GREEN, GREY, ORANGE, PURPLE, panels
from analysis.plan import Row
from analysis.reference import founding_study
from analysis.words import percent, sentence

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Results = Mapping[str, Any]
Lines = list[tuple[str, Callable[[Row], Any]]]
SECTIONS = ("sandwiching",)
SOURCES = (
    "Bansal et al. 2021, Does the whole exceed its parts?, CHI, arXiv:2006.14779",
    "Berger 1982, Multiparameter hypothesis testing and acceptance sampling, Technometrics 24, 295–300",
    "Fieller 1954, Some problems in interval estimation, Journal of the Royal Statistical Society B 16, 175–185",
    "Burns et al. 2023, Weak-to-strong generalization, arXiv:2312.09390",
)
COMPARATORS = {
    "none": "no model recorded",
    "as_deployed": "model as deployed",
    "benchmark": "model, benchmark prompt",
    "received": "first recommendation received",
    "designed": "right briefs as drawn, not a model",
}
_LOOK = (
    ("unaided", GREY, "o"),
    ("speed_validators", PURPLE, "v"),
    ("model", ORANGE, "s"),
    ("assisted", BLUE, "D"),
    ("expert", GREEN, "^"),
)
_NAMES = {"speed_validators": "validators, 45 seconds"}
_SOURCES = {"speed_validators": "speed_validators_source", "model": "model_source", "expert": "expert_source"}
_OWN = {"unaided": "this study's people without an assistant", "assisted": "this study's people with the assistant"}
_CONSTANTS = ("declared", "published")
_TALL = 4  # so many plots one below another fit a page
_WHO = {"stayers": "those with opened main trials in both arms (stayers)", "all": "everyone"}
_FOUNDING = {
    "unaided": "unaided human",
    "unaided, vote": "unaided human, weighted majority vote",
    "model": "model zero-shot",
    "assisted": "human + model",
    "assisted, vote": "human + model, weighted majority vote",
    "expert": "expert (published estimates)",
}


def present(results: Results) -> bool:
    return bool(results["sandwiching"])


def _primary(results: Results) -> list[Row]:
    return [row for row in results["sandwiching"] if row["primary"]]


def draw(results: Results) -> dict[str, str]:
    """Accuracy of people alone, the model, people with it and experts, one plot per task and arm; validators with
    45 seconds stand beside unaided people where the data set has them."""
    rows = _primary(results)
    if not rows:
        return {}
    height = 0.7 + 0.35 * max(len(_shown(row)) for row in rows)

    def one(place: int, axes: Axes) -> None:
        _sides(axes, rows[place])

    size, across = ((7.0, height), 1) if len(rows) <= _TALL else ((5.2, height), 2)
    return {"sandwiching": panels(len(rows), one, "People, model and experts", "sandwiching", size, across)}


def _shown(row: Row) -> list[str]:
    """Who stands in the figure and its table: validators only where there are any, the others always."""
    return [name for name, *_ in _LOOK if name not in _NAMES or row.get(name) is not None]


def _named(row: Row, name: str) -> str:
    return COMPARATORS[row["comparator"]] if name == "model" else _NAMES.get(name, name)


def _sides(axes: Axes, row: Row) -> None:
    shown = _shown(row)
    for place, (name, colour, marker) in enumerate(look for look in _LOOK if look[0] in shown):
        value, low, high = row.get(name), row.get(f"{name}_low"), row.get(f"{name}_high")
        if value is None:
            axes.annotate("–", (0, place), (4, -3), textcoords="offset points", color=GREY)
            continue
        if low is not None and high is not None:
            axes.plot([100 * low, 100 * high], [place, place], color=colour, linewidth=2, solid_capstyle="butt")
        axes.plot([100 * value], [place], marker, color=colour, markersize=7, clip_on=False)
        axes.annotate(str(percent(value)), (100 * value, place), (0, 6), textcoords="offset points", ha="center",
                      fontsize=9)  # fmt: skip
    axes.set(xlim=(0, 100), ylim=(len(shown) - 0.5, -0.8), title=label(row), xlabel="right, %")
    axes.set_yticks(range(len(shown)), [_named(row, name) for name in shown])
    axes.title.set_fontsize(10)
    axes.grid(visible=False, axis="y")


def write(results: Results, drawn: Mapping[str, str]) -> Iterator[str]:
    yield from opening(results, "sandwiching", "Sandwiching")
    rows = _primary(results)
    if not rows:
        return
    yield markup.figure(drawn["sandwiching"], _caption(rows))
    yield markup.table(*_who(rows), "Who stands in the figure; each share is averaged over so many trials")
    yield markup.items(map(_claim, rows))
    shown = [row for row in results["sandwiching"] if row["role"] != "beside"]
    yield markup.table(*_against(shown), f"People: {_WHO[rows[0]['people']]}; differences in points")
    yield turned(_GAP, rows, "Beyond the parts")
    yield markup.table(*_beside_founding(results, rows), "Beside the founding study, accuracy in percent")
    yield notes(rows)
    yield markup.details("Other people, time-outs and exclusions, against the first comparator",
                         markup.table(*_table(results, _beside(results, rows))))  # fmt: skip


def _beside(results: Results, rows: list[Row]) -> list[Row]:
    """The rows beside the primary ones against the same comparators, where they come out otherwise."""
    keys = ("task", "arm", "comparator", "method_asked")
    default = {tuple(row[key] for key in keys) for row in rows}
    beside = [row for row in results["sandwiching"] if row["role"] == "beside"]
    same = [row for row in beside if tuple(row[key] for key in keys) in default]
    design = {"design": results["plan"]["design"], "rows": "opened"}
    return [row | design for row in unlike_primary([*rows, *same], "arm")]


def _caption(rows: list[Row]) -> str:
    level = f"{100 * rows[0]['level']:.0f} %"
    constant = any(row["expert_basis"] in _CONSTANTS for row in rows)
    without = " A published constant has no interval." if constant else ""
    without += " Where another has none, the notes say why." if any(_bare(row) for row in rows) else ""
    who = f"Right answers of {_WHO[rows[0]['people']]}, with {level} intervals"
    return f"{who}; the table says who each of them is.{without}"


def _bare(row: Row) -> bool:
    """Whether somebody other than a constant stands in the figure without an interval."""
    constant = ("expert",) if row["expert_basis"] in _CONSTANTS else ()
    return any(row[name] is not None and row[f"{name}_low"] is None for name in _shown(row) if name not in constant)


def _who(rows: list[Row]) -> tuple[list[str], list[list[Any]]]:
    """Trials: those of the arm that a share is averaged over, fewer where some items have no value; a constant has
    none."""
    return ["arm", "who", "right, %", "trials", "what it is"], [
        [label(row), _named(row, name), share(row, name), row.get(f"{name}_trials"), _what(row, name)]
        for row in rows for name in _shown(row)
    ]  # fmt: skip


def _what(row: Row, name: str) -> str:
    source = _OWN.get(name) or row[_SOURCES[name]]
    return str(source or NO_CEILING)


def _claim(row: Row) -> str:
    """What the intersection–union interval allows one to say."""
    who = f"In “{label(row)}”, people with the assistant"
    value = change(row, "complementarity")
    if row["complementarity"] is None or row["complementarity_low"] is None:
        return f"{who} cannot be held against the better of people and model: {_why(row)}."
    both = f"unaided people and the comparator ({COMPARATORS[row['comparator']]})"
    said = (
        f"did better than both {both}"
        if row["complementarity_low"] > 0
        else f"were not shown to do better than both {both}"
    )
    if row["complementarity_high"] < 0:
        said = f"did worse than the better of {both}"
    return sentence(f"{who} {said}: {value} points against the better of the two")


def _why(row: Row) -> str:
    return str(row["model_source"] if row["comparator"] == "none" else row["notes"].split("; ")[0])


def _against(rows: list[Row]) -> tuple[list[str], list[list[Any]]]:
    """A line per comparator; people's own shares are in the figure and beside the founding study."""
    head = [
        "arm",
        "comparator",
        "comparator, %",
        "assisted − unaided",
        "assisted − comparator",
        "assisted − the better",
    ]
    return head, [
        [label(row), _asked(row),
         share(row, "model"),
         *(change(row, name) for name in ("assisted_minus_unaided", "assisted_minus_model", "complementarity"))]
        for row in rows
    ]  # fmt: skip


def _asked(row: Row) -> str:
    """The comparator and how it was asked."""
    method = row["method_asked"].replace("p_true", "P(True)").replace("_", " ")
    return COMPARATORS[row["comparator"]] + (f": {method}" if method else "")


def _table(results: Results, rows: list[Row]) -> tuple[list[str], list[list[Any]]]:
    head = ["arm", "comparator, %", "assisted, %", "against the better, points", "what differs"]
    return head, [
        [label(row), share(row, "model"), share(row, "assisted"), change(row, "complementarity"), differs(results, row)]
        for row in rows
    ]


def _yes(value: bool | None) -> str | None:
    return None if value is None else "shown" if value else "not shown"


_GAP: Lines = [
    ("gap to experts recovered, from unaided", lambda row: score(row, "gap_recovered", 2)),
    ("… from the better of unaided and comparator", lambda row: score(row, "gap_recovered_from_better", 2)),
    ("last recommendation as the answer, own answer where none, %", lambda row: share(row, "take_answer")),
    ("… none counted as wrong, %", lambda row: share(row, "take_answer_only")),
    ("… gained over what people answered, points", lambda row: change(row, "take_answer_gain")),
    ("margin declared, points", lambda row: percent(row["margin"])),
    ("not worse than unaided by the margin", lambda row: _yes(row["not_worse_than_unaided"])),
    ("not worse than the comparator by the margin", lambda row: _yes(row["not_worse_than_model"])),
    ("trials without a message, % (descriptive, post-treatment)", lambda row: share(row, "no_turn_share")),
    ("… right without a message, %", lambda row: share(row, "no_turn_accuracy")),
    ("… right with messages, %", lambda row: share(row, "some_turn_accuracy")),
]


def _beside_founding(results: Results, rows: list[Row]) -> tuple[list[str], list[list[Any]]]:
    """A line per arm, and the founding study's own below them."""
    published = {row["condition"]: row for row in founding_study()}
    lines = [[label(row), *(_here(results, row, name) for name in _FOUNDING)] for row in rows]
    for column, name in (("mmlu_accuracy", "MMLU"), ("quality_accuracy", "QuALITY")):
        theirs = (plain(published[condition][column], 1) for condition in _FOUNDING.values())
        lines.append([f"founding study, {name}", *theirs])
    return ["", *(f"{name}, %" for name in _FOUNDING.values())], lines


def _here(results: Results, row: Row, name: str) -> str | None:
    """The study's own share beside one of the founding study's; a comparator that is no model stands for none."""
    if name == "model" and row["comparator"] == "designed":
        return None
    if not name.endswith(", vote"):
        return share(row, name)
    arm = row["arm"] if name.startswith("assisted") else _unaided_arm(results)
    for vote in results["votes"]:
        wanted = (vote["task"], vote["arm"], vote["rule"], vote["voters"]) == (row["task"], arm, "product", "all")
        if wanted and vote["primary"]:
            return share({"v": vote["estimate"], "v_low": vote["low"], "v_high": vote["high"]}, "v")
    return None


def _unaided_arm(results: Results) -> str:
    return str(results["plan"]["unaided"])


def method(results: Results) -> Iterator[str]:
    rows = _primary(results)
    yield (
        "Sandwiching holds assisted people against unaided people and a named comparator on the items of the "
        "assisted trials."
    )
    if any(row["complementarity"] is not None for row in rows):
        yield (
            "Complementarity (Bansal et al. 2021) is assisted minus the better of the two; its interval is the "
            "intersection–union [min of the lower, min of the upper bounds] (Berger 1982), so that it is above 0 only "
            "if both differences are."
        )
    if any(row["comparator"] in ("as_deployed", "benchmark") for row in results["sandwiching"]):
        yield "A model-only answer that was not parsed is missing, not wrong."
    yield (
        "The gap recovered (Burns et al. 2023) is (assisted − base)/(expert − base) with Fieller's (1954) interval "
        "over the two-way covariance."
    )
    here = "; ".join(f"on {tasks}, {source}" if tasks else source for tasks, source in experts_by_task(rows))
    yield (
        "Experts are raters of these items where there are any, else the data set's untimed validators, else the "
        f"constant that the study declares, else the founding study's. Here: {here}."
    )
    if any(row["expert_basis"] in _CONSTANTS for row in rows):
        yield "A constant enters without variance: no interval here holds the uncertainty of its source."
    if any(row["speed_validators_source"] for row in rows):
        yield (
            "Validators with 45 seconds answered the same questions when the data set was made, without an assistant; "
            "their share is averaged per item over the assisted trials, as the model's is."
        )


def experts_by_task(rows: list[Row]) -> Iterator[tuple[str, str]]:
    """Who stands for experts, and the tasks of which that is so in words (none where there is one kind of item)."""
    sources = {row["task"]: row["expert_source"] or NO_CEILING for row in rows}
    for source in dict.fromkeys(sources.values()):
        tasks = [name for name, found in sources.items() if found == source and name != "all"]
        yield " and ".join(tasks), source


def limits(results: Results) -> Iterator[str]:
    rows = _primary(results)
    if any(row["comparator"] == "designed" for row in rows):
        arms = ", ".join(f"“{arm}”" for arm in dict.fromkeys(r["arm"] for r in rows if r["comparator"] == "designed"))
        yield f"In {arms} briefs were assigned, so the comparator is the share of right briefs drawn, not a model."
    if any(row["expert_basis"] in _CONSTANTS for row in rows):
        yield "Experts did not answer these items; a published constant stands for them, without variance."
    if any(row["expert_basis"] == "validators" for row in rows):
        yield "Where untimed validators stand for experts, the ceiling is circular: the key rests on their votes."
    if any(row["speed_validators_source"] for row in rows):
        yield (
            "Validators with 45 seconds are other people under another clock, and nobody was randomised to them: an "
            "honest unaided baseline to look at, not an arm, so that no difference from them is computed."
        )
    if any(row["complementarity"] is not None for row in rows):
        yield "The plug-in complementarity is biased downwards where people and model are about equally good."
    if any("gap recovered: coverage not established" in row["notes"] for row in rows):
        yield "With rated experts the coverage of the interval of the gap recovered is not established."
