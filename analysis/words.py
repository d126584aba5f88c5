"""The sentences, captions and table cells of the report, made from the results and the plan."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analysis.inference import FEW
from analysis.load import Package
from analysis.pigeonhole import DRAWS
from analysis.plan import Plan, Row
from analysis.results import WITHHELD

Table = tuple[list[str], list[list[Any]]]
Results = Mapping[str, Any]

SOURCES = (
    "Cameron, Gelbach & Miller 2011, Robust inference with multiway clustering, "
    "Journal of Business & Economic Statistics 29, 238–249",
    "MacKinnon, Nielsen & Webb 2024, Jackknife inference with two-way clustering, arXiv:2406.08880",
)
_NAMED = 2
_PARTS_OF_OTHERS = ("calibration_bins", "timing_curves", "consort")
_CALLED = {
    "sycophancy": "the assistant's own conduct",
    "exposure": "reliance by exposure",
    "dropout": "drop-out",
    "sensitivity": "sensitivity where it was not randomised",
    "agreement": "agreement of raters",
    "by_person": "people one by one",
    "by_item": "items one by one",
}
_HELD = "\u00a0"


def percent(value: float | None) -> str | None:
    return None if value is None else f"{100 * value:.1f}"


def between(low: float | None, high: float | None) -> str | None:
    """An interval in percent or points, with a real minus sign."""
    if low is None or high is None:
        return None
    ends = (f"{100 * end:.1f}".replace("-0.0", "0.0").replace("-", "−") for end in (low, high))
    return f"{_HELD}to{_HELD}".join(ends)


def points(value: float | None) -> str | None:
    """A difference in points with its sign; what rounds to nothing has none."""
    if value is None:
        return None
    text = f"{100 * value:+.1f}".replace("-", "−")
    return "0.0" if text[1:] == "0.0" else text


def p_text(value: float | None) -> str | None:
    if value is None:
        return None
    return "<.001" if value < 0.001 else f"{value:.3f}".lstrip("0")


def sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "." if text else ""


def reliance_rows(results: Results) -> list[Row]:
    """The rows by brief where it was randomised, or where nothing was drawn by last recommendation; no exclusions."""
    rows = [row for row in results["reliance"] if row["exclusions"] == "none"]
    missed = [(row["task"], row["arm"]) for row in rows if row["basis"] == "missed"]
    drawn = [
        row
        for row in rows
        if row["basis"] == "missed" or (row["basis"] == "brief" and (row["task"], row["arm"]) not in missed)
    ]
    return drawn or [row for row in rows if row["basis"] == "last"]


def counted(n: int, thing: str) -> str:
    return f"{n} {thing}" if n == 1 else f"{n:,} {thing}s"


def title(package: Package, results: Results) -> str:
    return str(package.manifest.get("title") or results["study"] or "Analysis of one table of answers")


def asked(package: Package, plan: Plan) -> str:
    question = str(package.manifest.get("question") or "Are people right more often with the assistant?")
    question += "" if question.endswith(("?", ".")) else "."
    aim = "these items only" if plan.population == "fixed" else "items like these"
    notes = "".join(" " + sentence(note) for note in plan.notes)
    return f"{question} A {plan.design}-subject design; the answer is about people like these and {aim}.{notes}"


UNANSWERED = {"composite": "wrong", "missing": "left out"}


def departures(package: Package, plan: Plan, results: Results) -> Iterator[str]:
    """Where the report does otherwise than the frozen analysis says."""
    declared = package.manifest.get("analysis")
    declared = declared if isinstance(declared, Mapping) else {}
    for each in declared.get("primary") or ():
        arm, against = (str(each.get(name) or "") for name in ("arm", "against"))
        if (arm, against) not in plan.primary:
            yield f"“{arm}” against “{against}” was planned and is not compared: there are no such two arms."
    if plan.first.timeouts == "missing":
        yield (
            "Reliance, people and items one by one and the sensitivity analysis count unanswered trials as not right; "
            "all else leaves them out, as planned."
        )
    if (weights := plan.first.weights) != "response":
        yield (
            f"Each {weights} weighs the same in accuracies, contrasts and sandwiching, as planned; in all other "
            "sections each trial does."
        )
    wanted, found = declared.get("planned_participants"), results["n"]["participants"]
    if isinstance(wanted, int) and not math.isnan(found) and wanted != found:
        yield f"{wanted} participants were planned; {counted(found, 'participant')} opened a main trial."


def answer(package: Package, plan: Plan, results: Results, relied: Sequence[Row]) -> str:
    """The answer in two sentences; the first says so when nobody was real."""
    start = "These are simulated participants, not people: " if package.simulated else ""
    if package.blinded:
        n = results["n"]
        opened = f"{counted(n['participants'], 'participant')} opened {counted(n['responses'], 'main trial')}"
        return f"{start}{sentence(WITHHELD)} So far {opened}."
    first = _difference_words(plan, results)
    first = start + first if start else first[:1].upper() + first[1:]
    return f"{first} {_reliance_words(relied, results)}"


def _difference_words(plan: Plan, results: Results) -> str:
    rows = [row for row in results["contrasts"] if row["primary"]]
    if not rows:
        reason = results["not_computed"].get("contrasts", "nothing to compare")
        return f"the effect of an assistant cannot be stated ({reason})."
    rows.sort(key=lambda row: row["family"] == "exploratory")
    left = len(rows) - _NAMED
    more = f"; {counted(left, 'more contrast')} {'stands' if left == 1 else 'stand'} below" if left > 0 else ""
    first = rows[0]["unaided"]
    texts = "; by ".join(_one_difference(row, first) for row in rows[:_NAMED])
    return f"against the arm “{first}”, the share of right answers differs by {texts}{more}."


def _one_difference(row: Row, against: str) -> str:
    where = f"“{_arm(row)}”" + ("" if row["unaided"] == against else f" against “{row['unaided']}”")
    if row["estimate"] is None:
        return f"an unknown amount in {where} ({row['notes'].split('; ')[0]})"
    who = " who met both arms" if row["people"] == "stayers" else ""
    who += "".join(f"; {note}" for note in row["notes"].split("; ") if note.startswith("fewer than"))
    who += "; exploratory" if row["family"] == "exploratory" else ""
    return (
        f"{points(row['estimate'])} percentage points in {where} "
        f"({_interval_words(row)}; {counted(row['participants'], 'participant')}{who})"
    )


def _interval_words(row: Row) -> str:
    interval = between(row["low"], row["high"])
    if not interval:
        return "no interval"
    none = ", which includes no difference" if row["low"] <= 0 <= row["high"] else ""
    return f"{100 * row['level']:.0f} % interval {interval}{none}"


def _reliance_words(rows: Sequence[Row], results: Results) -> str:
    if not rows:
        return f"Reliance cannot be stated ({results['not_computed'].get('reliance', 'no rows')})."
    what = "the option drawn for the assistant" if rows[0]["basis"] != "last" else "its last recommendation"
    texts = "; in ".join(_one_reliance(row) for row in rows[:_NAMED])
    more = "; the others are below" if len(rows) > _NAMED else ""
    return f"The answer given was {what} in {texts}{more}."


def _one_reliance(row: Row) -> str:
    shares = [percent(row["over_reliance"]), percent(_minus(row["under_reliance"]))]
    wrong, right = (f"{share}{_HELD}%" if share else "an unknown share" for share in shares)
    return f"{wrong} of trials when that was wrong and {right} when it was right (“{_arm(row)}”)"


def _minus(value: float | None) -> float | None:
    return None if value is None else 1 - value


def _arm(row: Row) -> str:
    return str(row["arm"]) if row["task"] == "all" else f"{row['arm']}, {row['task']}"


def method(plan: Plan, results: Results) -> Iterator[str]:
    clustered = (
        "clustered by participant, since the items are taken as fixed"
        if plan.population == "fixed"
        else "two-way cluster-robust by participant and by item (by passage where there is one)"
    )
    yield (
        f"Intervals are {100 * plan.level:.0f} % intervals, {clustered}: Cameron, Gelbach & Miller (2011) "
        "with the factor G/(G−1) in each dimension, never below the larger one-way variance, and a t "
        "quantile with min(participants, items) − 1 degrees of freedom. A single share's interval is made "
        "on the logit scale. What is no ratio of sums has a two-way jackknife (MacKinnon, Nielsen & Webb 2024)."
    )
    if plan.pigeonhole is not None:
        yield (
            "As asked for, shares and their differences have percentile intervals of the pigeonhole bootstrap "
            f"instead (Owen 2007, Annals of Applied Statistics 1, 386–411; {DRAWS:,} draws of people and of items, "
            f"seed {plan.pigeonhole}), which are conservative; p-values use its standard error. Every other "
            "statistic keeps the two-way interval."
        )
    yield (
        "Every opened main trial counts; practice and attention trials never do. Declared exclusions and disputed keys "
        "are left out only in rows of their own. What an estimate is, and how it was made, stands in its section."
    )


def limits(package: Package, plan: Plan, results: Results) -> Iterator[str]:
    if package.simulated:
        yield "All participants are simulated: this shows what an analysis looks like, not what people do."
    if left := [f"{count} {name} responses" for name, count in package.left_out.items() if count]:
        yield f"Left out of everything: {' and '.join(left)}."
    if results["n"]["participants"] < FEW:
        yield f"Fewer than {FEW} participants: the intervals say little beyond these people."
    if package.foreign:
        yield "One table without a manifest: nothing is known about how it came to be beyond its columns."
    for note in plan.notes:
        if "confounded" in note or "own sample" in note:
            yield sentence(note)
    if excluded := results["n"]["excluded"]:
        rules = ", ".join(f"{rule} {count}" for rule, count in results["exclusion_rules"].items())
        named = f" ({rules})" if rules else ""
        yield f"Declared exclusion rules apply to {excluded} main trials{named}; primary rows keep them."
    missing = [name for name in results["not_computed"] if not results[name] and name not in _PARTS_OF_OTHERS]
    if missing:
        named = ", ".join(_CALLED.get(name, name.replace("_", " ")) for name in missing)
        yield f"Not in this report, for the reasons given in its sections: {named}."
