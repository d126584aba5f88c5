"""Reliance in the report beyond the first table: switching, detection, exposure, and the assistant's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from analysis import markup
from analysis.chapters.cells import change, label, notes, opening, score, share, task, turned
from analysis.chapters.reliance import basis, merged
from analysis.figures import BLUE, ORANGE, panels
from analysis.plan import Row
from analysis.words import Table, reliance_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Results = Mapping[str, Any]
Lines = list[tuple[str, Callable[[Row], Any]]]
SECTIONS = ("exposure", "sycophancy")
SOURCES = (
    "Yin, Vaughan & Wallach 2019, Understanding the effect of accuracy on trust in machine learning models, CHI",
    "Stanislaw & Todorov 1999, Calculation of signal detection theory measures, "
    "Behavior Research Methods, Instruments, & Computers 31, 137–149",
    "Hautus 1995, Corrections for extreme proportions and their biasing effects on estimated values of d′, "
    "Behavior Research Methods, Instruments, & Computers 27, 46–51",
    "Perez et al. 2022, Discovering language model behaviors with model-written evaluations, arXiv:2212.09251",
    "Sharma et al. 2023, Towards understanding sycophancy in language models, arXiv:2310.13548",
)
SEEN = {
    "assisted_trials_before": "assisted trials before",
    "wrong_briefs_before": "wrong briefs before",
    "wrong_revealed_before": "wrong briefs shown to be wrong before",
}


def present(results: Results) -> bool:
    return bool(results["reliance"])


def draw(results: Results) -> dict[str, str]:
    """Over- and under-reliance by the number of assisted trials before, one plot per task and arm."""
    cuts: dict[tuple[str, str], list[Row]] = {}
    for row in _told(results["exposure"]):
        if row["seen"] == "assisted_trials_before":
            cuts.setdefault((row["task"], row["arm"]), []).append(row)
    shown = [rows for rows in cuts.values() if len(rows) > 1]
    if not shown:
        return {}

    def one(place: int, axes: Axes) -> None:
        _trend(axes, shown[place])

    return {"exposure": panels(len(shown), one, "Reliance by exposure", "exposure", (3.4, 2.8), across=2)}


def _trend(axes: Axes, rows: list[Row]) -> None:
    for name, colour, marker, text, shift in (
        ("over_reliance", ORANGE, "s", "given although wrong", -0.06),
        ("under_reliance", BLUE, "o", "not given although right", 0.06),
    ):
        known = [(place + shift, row) for place, row in enumerate(rows) if row[name] is not None]
        for place, row in known:
            if row[f"{name}_low"] is not None:
                axes.plot(
                    [place] * 2, [100 * row[f"{name}_low"], 100 * row[f"{name}_high"]], color=colour, linewidth=1.5
                )
        axes.plot([place for place, _ in known], [100 * row[name] for _, row in known], marker=marker, color=colour,
                  linewidth=1, markersize=5, label=text)  # fmt: skip
    axes.set(title=label(rows[0]), xlabel="assisted trials before", ylabel="of these trials, %", ylim=(0, 103))
    axes.set_xticks(range(len(rows)), [row["level_of"] for row in rows])
    axes.title.set_fontsize(10)


def write(results: Results, drawn: Mapping[str, str]) -> Iterator[str]:
    rows = [row for row in results["reliance"] if row["exclusions"] == "none"]
    if rows:
        asked = any(row["rair"] is not None or row["rsr"] is not None for row in rows)
        yield f"<h3>{'After an own answer, and telling' if asked else 'Telling'} right from wrong</h3>"
        main = reliance_rows(results)
        yield _uptake(main)
        others = [row for row in rows if row not in main]
        partly = any(row["basis"] == "brief" for row in others)
        heading = "By all briefs, confounded with item, and by" if partly else "By"
        yield markup.details(f"{heading} the other recommendations, as received", _uptake(others))
        if not asked:
            yield markup.tag("p", "No initial answer was asked for, so nothing can be said of switching.", "soft")
    yield from _exposure(results, drawn)
    yield from opening(results, "sycophancy", "The assistant's own conduct")
    if results["sycophancy"]:
        yield _conduct(results["sycophancy"])
        yield notes(results["sycophancy"])


def _exposure(results: Results, drawn: Mapping[str, str]) -> Iterator[str]:
    if not results["exposure"]:
        why = results["not_computed"].get("exposure", "")
        yield markup.tag("p", f"Reliance by exposure so far: {why}." if why else "", "soft")
        return
    yield "<h3>By exposure so far</h3>"
    if "exposure" in drawn:
        yield markup.figure(drawn["exposure"], "Reliance by how many assisted trials the person had opened before; "
                            "descriptive, exposure is not randomised.")  # fmt: skip
    yield markup.details("Reliance by exposure", markup.table(*_exposed(_told(results["exposure"]))))


def _told(rows: list[Row]) -> list[Row]:
    """The rows of arms and kinds of exposure of which there is more than one level, and something to rely on."""
    cuts: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        if row["over_reliance"] is not None or row["under_reliance"] is not None:
            cuts.setdefault((row["task"], row["arm"], row["seen"]), []).append(row)
    return [row for mine in cuts.values() if len(mine) > 1 for row in mine]


def _uptake(rows: list[Row]) -> str:
    lines: Lines = [
        ("answer = its option, %", lambda row: share(row, "agreement")),
        ("wrong start, right advice → right (RAIR), %", lambda row: share(row, "rair")),
        ("right start, wrong advice → right (RSR), %", lambda row: share(row, "rsr")),
        ("… given up for its option, %", lambda row: share(row, "right_start_followed_wrong")),
        ("switched to its option from another, %", lambda row: share(row, "switch_fraction")),
        ("… when it was wrong, %", lambda row: share(row, "over_reliance_after_other")),
        ("d′: telling right from wrong options", lambda row: score(row, "dprime", 2)),
        ("c: below 0, taken more often than not", lambda row: score(row, "criterion", 2)),
        ("trials for RAIR / RSR", _counted),
    ]
    kept = merged(rows)
    return turned(lines, kept, name=lambda row: f"{label(row)}: {basis(row, rows)}")


def _counted(row: Row) -> str | None:
    return f"{row['rair_n']} / {row['rsr_n']}" if row["rair_n"] or row["rsr_n"] else None


def _exposed(rows: list[Row]) -> Table:
    head = ["task", "arm", "seen", "how often", "given when wrong, %", "not given when right, %", "right, %", "trials"]
    return head, [
        [task(row), row["arm"], SEEN[row["seen"]], row["level_of"], share(row, "over_reliance"),
         share(row, "under_reliance"), share(row, "accuracy"), row["accuracy_n"]]
        for row in rows
    ]  # fmt: skip


def _conduct(rows: list[Row]) -> str:
    lines: Lines = [
        ("changed to what the person had stated, %", lambda row: _with_n(row, "flip_rate")),
        ("… the person being right, %", lambda row: _with_n(row, "flip_rate_stated_right")),
        ("… the person being wrong, %", lambda row: _with_n(row, "flip_rate_stated_wrong")),
        ("first recommendation = stated wrong answer, %", lambda row: _with_n(row, "matched_wrong")),
        ("… more often than the model alone, points", lambda row: change(row, "lift")),
        ("gave up a right recommendation after more messages, %", lambda row: _with_n(row, "caving")),
    ]
    return turned(lines, rows)


def _with_n(row: Row, name: str) -> str | None:
    text = share(row, name)
    return None if text is None else f"{text}; n = {row[f'{name}_n']}"


def method(results: Results) -> Iterator[str]:
    if any(row["rair"] is not None or row["rsr"] is not None for row in results["reliance"]):
        yield (
            "RAIR is the share of right final answers after a wrong initial answer and right advice, RSR after a "
            "right initial answer and wrong advice (Schemmer et al. 2023); the switch fraction (Yin et al. 2019) is "
            "the share of final answers that are the assistant's option where the initial answer was another."
        )
    yield (
        "d′ and c (Stanislaw & Todorov 1999) treat a right option as the signal and giving it as “yes”, with the "
        "log-linear correction (Hautus 1995). All are computed from sums over trials, not as means over people. Their "
        "95 % intervals held the truth in 94.6 to 96.1 % of 1,000 simulated studies of 40 people and 24 items."
    )
    if results["sycophancy"]:
        yield (
            "The assistant's conduct: whether it takes over what a person stated (Perez et al. 2022), against how "
            "often the model alone gives that wrong answer to the same item, and whether it gives up a right "
            "recommendation in the course of the talk (Sharma et al. 2023)."
        )


def limits(results: Results) -> Iterator[str]:
    if any(row["rair"] is not None for row in results["reliance"]):
        yield "Asking for an initial answer changes reliance; RAIR, RSR and switching hold for studies that ask."
    if results["exposure"]:
        yield "Exposure so far grows with time in the study and is not randomised: its rows describe."
    if results["sycophancy"]:
        yield "The assistant's conduct is as received; caving counts any change to a wrong option after more messages."
