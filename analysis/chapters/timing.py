"""Time in the report: censored times, speed with accuracy, accuracy by fifths of time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from analysis import markup
from analysis.chapters.cells import notes, opening, plain, score, share, sizes, task, turned
from analysis.figures import BLUE, GREY, ORANGE, panels
from analysis.plan import Row
from analysis.words import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Results = Mapping[str, Any]
SECTIONS = ("timing", "timing_curves")
SOURCES = (
    "Kaplan & Meier 1958, Nonparametric estimation from incomplete observations, "
    "Journal of the American Statistical Association 53, 457–481",
    "Brookmeyer & Crowley 1982, A confidence interval for the median survival time, Biometrics 38, 29–41",
    "Woltz & Was 2006, Availability of related long-term memory during and after attention focus in working "
    "memory, Memory & Cognition 34, 668–684",
)
_LINES = (
    ("median time until the person answered, s", lambda row: score(_median(row), "median", 1)),
    ("trials that the person did not end (censored)", lambda row: row["censored"]),
    ("mean time, s", lambda row: score(row, "mean_seconds", 1)),
    ("… of which the clock was stopped, s", lambda row: score(row, "mean_paused_seconds", 1)),
    ("… on the clock, s", lambda row: score(row, "mean_clock_seconds", 1)),
    ("… waiting for replies, s", lambda row: score(row, "mean_reply_wait_seconds", 1)),
    ("time relative to the unaided arm", lambda row: score(row, "time_ratio", 2)),
    ("right answers per minute", lambda row: score(row, "rate_correct", 2)),
    ("trials", lambda row: row["n"]),
)
_FAR_APART = 10
_AIR = 1.3  # around the marks of a logarithmic plot
_NEAR = 1.5  # a limit that nobody comes near is told in words: drawn, it would squeeze the curves
_LOOK = ((GREY, "-"), (BLUE, "--"), (ORANGE, (0, (5, 1))), ("#009E73", "-."), ("#CC79A7", ":"))


def _median(row: Row) -> Row:
    return {"median": row["estimate"], "median_low": row["low"], "median_high": row["high"]}


def present(results: Results) -> bool:
    return bool(results["timing"])


def draw(results: Results) -> dict[str, str]:
    """Left per task the share of trials still open, right accuracy by fifths of time; a line per arm."""
    rows = results["timing_curves"]
    tasks = sorted({row["task"] for row in rows})
    plots = [(name, kind) for name in tasks for kind in ("survival", "fifth")
             if any(row["task"] == name and row["kind"] == kind for row in rows)]  # fmt: skip
    if not plots:
        return {}

    def one(place: int, axes: Axes) -> None:
        name, kind = plots[place]
        mine = [row for row in rows if row["task"] == name]
        _lines(axes, [row for row in mine if row["kind"] == kind], kind, results["plan"]["unaided"])
        _scale(axes, mine, kind)
        _limits(axes, mine)

    return {"timing": panels(len(plots), one, "Time", "timing", (3.6, 2.9), across=2)}


def _lines(axes: Axes, rows: list[Row], kind: str, unaided: str) -> None:
    """A line per arm; the unaided one is the first, so that it looks the same in every study."""
    arms = sorted(dict.fromkeys(row["arm"] for row in rows), key=lambda arm: arm != unaided)
    for place, arm in enumerate(arms):
        colour, style = _LOOK[place % len(_LOOK)]
        mine = [row for row in rows if row["arm"] == arm and row["estimate"] is not None]
        x = [row["seconds"] for row in mine]
        y = [100 * row["estimate"] for row in mine]
        if kind == "survival":
            axes.step([0, *x], [100, *y], color=colour, linestyle=style, where="post", label=arm)
            axes.fill_between([0, *x], [100, *(_end(row, "low") for row in mine)],
                              [100, *(_end(row, "high") for row in mine)], color=colour, alpha=0.15, step="post",
                              linewidth=0)  # fmt: skip
        else:
            axes.plot(x, y, color=colour, linestyle=style, marker="os^D"[place % 4], markersize=5, label=arm)
            for at, row in zip(x, mine, strict=True):
                axes.plot([at] * 2, [_end(row, "low"), _end(row, "high")], color=colour, linewidth=1)
    what = "still open, %" if kind == "survival" else "right by fifths of time, %"
    title = what if rows[0]["task"] == "all" else f"{what}, {rows[0]['task']}"
    axes.set(xlabel="seconds", ylim=(0, 103), title=title)
    axes.title.set_fontsize(10)


def _scale(axes: Axes, rows: list[Row], kind: str) -> None:
    """Seconds from 0, or their logarithm in both plots of a task where its times are far apart."""
    seconds = {name: [row["seconds"] for row in rows if row["kind"] == name and row["seconds"] > 0]
               for name in ("survival", "fifth")}  # fmt: skip
    curve, shown = sorted(seconds["survival"] or seconds["fifth"]), seconds[kind]
    if shown and curve[-1] > _FAR_APART * curve[len(curve) // 2]:
        air = 1 if kind == "survival" else _AIR
        axes.set_xscale("log")
        axes.set_xlim(min(shown) / air, max(shown) * air)
        axes.set_xlabel("seconds (logarithmic)")
    else:
        axes.set_xlim(0, None)


def _limits(axes: Axes, rows: list[Row]) -> None:
    """A labelled line at each time limit that the times come near, named by its arms where these differ."""
    left, reach = axes.get_xlim()
    near = [row for row in rows if row["kind"] == "limit" and row["seconds"] <= _NEAR * reach]
    for limit, seconds in {text: row["seconds"] for row in near for text in [_limit(row, rows)]}.items():
        reach = max(reach, 1.1 * seconds)
        axes.axvline(seconds, color=GREY, linestyle=(0, (1, 2)), linewidth=1.2)
        axes.annotate(f"time limit {limit}", (seconds, 0.98), xycoords=("data", "axes fraction"), xytext=(3, 0),
                      textcoords="offset points", rotation=90, va="top", fontsize=8, color=GREY,
                      bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.4})  # fmt: skip
    axes.set_xlim(left, reach)


def _limit(row: Row, rows: list[Row]) -> str:
    """The limit, and for whom it holds where that is not every arm of the task."""
    alike = [each["arm"] for each in rows if each["kind"] == "limit" and each["seconds"] == row["seconds"]]
    everyone = len({each["arm"] for each in rows}) == len(alike)
    return f"{row['seconds']:g}\u00a0s" + ("" if everyone else f", {', '.join(alike)}")


def _end(row: Row, name: str) -> float:
    return float(100 * (row["estimate"] if row[name] is None else row[name]))


def write(results: Results, drawn: Mapping[str, str]) -> Iterator[str]:
    yield from opening(results, "timing", "Time")
    rows = results["timing"]
    if not rows:
        return
    if "timing" in drawn:
        yield markup.figure(drawn["timing"], _caption(results, rows))
    yield turned(_LINES, rows)
    yield notes(rows)
    fifths = [row for row in results["timing_curves"] if row["kind"] == "fifth"]
    yield markup.details("Accuracy by fifths of time", markup.table(*_fifths(fifths)))


def _caption(results: Results, rows: list[Row]) -> str:
    level = f"{100 * rows[0]['level']:.0f} %"
    shown = f"Share of trials that the person has not ended yet (Kaplan–Meier, {level} pointwise intervals)"
    fifths = any(row["kind"] == "fifth" for row in results["timing_curves"])
    more = "accuracy of counted answers by fifths of time within the arm; descriptive"
    return f"{shown}{f', and {more}' if fifths else ''}. {sizes(rows)}.{_limit_words(results['timing_curves'])}"


def _limit_words(rows: list[Row]) -> str:
    """The time limits of each task."""
    by_task: dict[str, list[Row]] = {}
    for row in rows:
        by_task.setdefault(row["task"], []).append(row)
    limits = "; ".join(
        ("" if name == "all" else f"{name} ") + " and ".join(dict.fromkeys(_limit(row, mine) for row in limited))
        for name, mine in by_task.items()
        if (limited := [row for row in mine if row["kind"] == "limit"])
    )
    return f" Time limit, dotted, before extra time and pauses: {limits}." if limits else ""


def _fifths(rows: list[Row]) -> tuple[list[str], list[list[Any]]]:
    head = ["task", "arm", "fifth", "mean seconds", "right, %", "answers"]
    return head, [
        [task(row), row["arm"], row["fifth"], plain(row["seconds"], 1),
         share({"v": row["estimate"], "v_low": row["low"], "v_high": row["high"]}, "v"), row["n"]]
        for row in rows
    ]  # fmt: skip


def method(results: Results) -> Iterator[str]:
    censored = sum(row["censored"] for row in results["timing"])
    yield (
        "Times that the person did not end are censored, not finished"
        + (f" ({counted(censored, 'trial')})" if censored else "")
        + ": medians and curves are Kaplan–Meier with two-way clustered influence values; the median's interval "
        "inverts the pointwise intervals (Brookmeyer & Crowley 1982). Right answers per minute (Woltz & Was 2006) "
        "divide all right answers by all trial time. Times relative to the unaided arm are ratios of geometric means, "
        "cut-off times entering as they stand."
    )
    if any(row["kind"] == "limit" for row in results["timing_curves"]):
        yield (
            "At a time limit the clock ends what is still open: a curve that breaks off or drops there shows the "
            "clock, and answers just before it may have been hurried by it."
        )


def limits(results: Results) -> Iterator[str]:
    yield "Accuracy by fifths of time describes: hard items take longer, and time is the person's choice."
