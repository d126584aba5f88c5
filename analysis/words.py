"""The sentences, captions and table cells of the report, made from the results and the plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analysis.inference import FEW
from analysis.load import Package
from analysis.pigeonhole import DRAWS
from analysis.plan import Plan, Row
from analysis.reference import SOURCE
from analysis.results import WITHHELD

Table = tuple[list[str], list[list[Any]]]
Results = Mapping[str, Any]

SOURCES = (
    "Cameron, Gelbach & Miller 2011, Robust inference with multiway clustering, "
    "Journal of Business & Economic Statistics 29, 238–249",
    "MacKinnon, Nielsen & Webb 2024, Jackknife inference with two-way clustering, arXiv:2406.08880",
    "Baayen, Davidson & Bates 2008, Mixed-effects modeling with crossed random effects for subjects and items, "
    "Journal of Memory and Language 59, 390–412",
    "Bates et al. 2015, Fitting linear mixed-effects models using lme4, Journal of Statistical Software 67(1)",
    "Holm 1979, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6, 65–70",
    "Schemmer et al. 2023, Appropriate reliance on AI advice, arXiv:2302.02187",
    f"{SOURCE}, arXiv:2211.03540",
)
RELIANCE_HELP = (
    "How often the answer given was the assistant's option, and how often answers were right, by whether "
    "that option was wrong or right. By first or last recommendation: as received, not randomised."
)
_NAMED = 2
_HELD = "\u00a0"
_TIMEOUTS = {
    "composite": "",
    "missing": "unanswered left out",
    "lowest": "unanswered: worst case",
    "highest": "unanswered: best case",
}
_EXCLUSIONS = {"none": "", "declared": "declared exclusions", "undisputed_keys": "disputed keys left out"}
_BASIS = {"brief": "drawn brief", "first": "first recommendation", "last": "last recommendation"}


def percent(value: float | None) -> str | None:
    return None if value is None else f"{100 * value:.1f}"


def between(low: float | None, high: float | None) -> str | None:
    """An interval in percent or points, with a real minus sign."""
    if low is None or high is None:
        return None
    return f"{100 * low:.1f}{_HELD}to{_HELD}{100 * high:.1f}".replace("-", "−")


def points(value: float | None) -> str | None:
    return None if value is None else f"{100 * value:+.1f}".replace("-", "−")


def p_text(value: float | None) -> str | None:
    if value is None:
        return None
    return "<.001" if value < 0.001 else f"{value:.3f}".lstrip("0")


def sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "." if text else ""


def title(package: Package, results: Results) -> str:
    return str(package.manifest.get("title") or results["study"] or "Analysis of one table of answers")


def chance(package: Package) -> float | None:
    """1/m where every item has the same m options."""
    responses = package.responses
    if "n_options" not in responses:
        return None
    sizes = responses["n_options"].dropna().unique()
    return 1 / float(sizes[0]) if len(sizes) == 1 and sizes[0] > 1 else None


def asked(package: Package, plan: Plan) -> str:
    question = str(package.manifest.get("question") or "Are people right more often with the assistant?")
    question += "" if question.endswith(("?", ".")) else "."
    aim = "these items only" if plan.population == "fixed" else "items like these"
    notes = "".join(" " + sentence(note) for note in plan.notes)
    return f"{question} A {plan.design}-subject design; the answer is about people like these and {aim}.{notes}"


def answer(package: Package, plan: Plan, results: Results, relied: Sequence[Row]) -> str:
    """The answer in two sentences; the first says so when nobody was real."""
    start = "These are simulated participants, not people: " if package.simulated else ""
    if package.blinded:
        n = results["n"]
        return (
            f"{start}{sentence(WITHHELD)} So far {n['participants']} participants opened {n['responses']} main trials."
        )
    first = _difference_words(plan, results)
    first = start + first if start else first[:1].upper() + first[1:]
    return f"{first} {_reliance_words(relied, results)}"


def _difference_words(plan: Plan, results: Results) -> str:
    rows = [row for row in results["contrasts"] if row["primary"]]
    if not rows:
        reason = results["not_computed"].get("contrasts", "nothing to compare")
        return f"the effect of an assistant cannot be stated ({reason})."
    more = f"; {len(rows) - _NAMED} more are below" if len(rows) > _NAMED else ""
    texts = "; by ".join(_one_difference(row) for row in rows[:_NAMED])
    return f"against the arm “{plan.unaided}”, the share of right answers differs by {texts}{more}."


def _one_difference(row: Row) -> str:
    if row["estimate"] is None:
        return f"an unknown amount in “{_arm(row)}” ({row['notes'].split('; ')[0]})"
    interval = between(row["low"], row["high"])
    level = f"{100 * row['level']:.0f} % interval {interval}" if interval else "no interval"
    who = " who met both arms" if row["people"] == "stayers" else ""
    return (
        f"{points(row['estimate'])} percentage points in “{_arm(row)}” "
        f"({level}; {row['participants']} participants{who})"
    )


def _reliance_words(rows: Sequence[Row], results: Results) -> str:
    if not rows:
        return f"Reliance cannot be stated ({results['not_computed'].get('reliance', 'no rows')})."
    what = "the option drawn for the assistant" if rows[0]["basis"] == "brief" else "its last recommendation"
    texts = "; in ".join(_one_reliance(row) for row in rows[:_NAMED])
    more = "; the others are below" if len(rows) > _NAMED else ""
    return f"The answer given was {what} in {texts}{more}."


def _one_reliance(row: Row) -> str:
    shares = [percent(row["over_reliance"]), percent(_minus(row["under_reliance"]))]
    wrong, right = (f"{share}{_HELD}%" if share else "an unknown share" for share in shares)
    return f"{wrong} of trials when that was wrong and {right} when it was right (“{_arm(row)}”)"


def _minus(value: float | None) -> float | None:
    return None if value is None else 1 - value


def accuracy_caption(plan: Plan, rows: Sequence[Row]) -> str:
    sizes = "; ".join(f"{_arm(row)}: {row['participants']} participants, {row['n']} trials" for row in rows)
    return (
        f"Accuracy by arm with {100 * plan.level:.0f} % interval ({rows[0]['method']}); a trial without "
        f"a counted answer is wrong. Open circle: the arm without an assistant. {sizes}."
    )


def contrast_caption(rows: Sequence[Row]) -> str:
    sizes = "; ".join(f"{_arm(row)}: {row['participants']} participants, {row['n']} trials" for row in rows)
    return f"Difference from the arm without an assistant with {100 * rows[0]['level']:.0f} % interval. {sizes}."


def reliance_caption(rows: Sequence[Row]) -> str:
    if rows and rows[0]["basis"] == "brief":
        return "Share of answers that are the option drawn for the assistant (randomised: right or wrong)."
    return "Share of answers that are the last recommendation: as received, not randomised."


def _arm(row: Row) -> str:
    return str(row["arm"]) if row["task"] == "all" else f"{row['arm']}, {row['task']}"


def accuracy_table(rows: Sequence[Row], beside: bool = False) -> Table:
    """Primary rows with their notes, or the rows beside them with what is different about each."""
    head = ["task", "arm", "right, %", "interval", "trials", "people", "items"]
    return [*head, "what differs" if beside else "notes"], [
        [_task(row), row["arm"], percent(row["estimate"]), between(row["low"], row["high"]), row["n"],
         row["participants"], row["items"], _differs(row) if beside else _notes(row)]
        for row in rows
    ]  # fmt: skip


def contrast_table(rows: Sequence[Row], beside: bool = False) -> Table:
    """As ``accuracy_table``, for contrasts."""
    head = ["task", "contrast", "points", "interval", "p", "p (Holm)", "people", "items"]
    return [*head, "what differs" if beside else "who"], [
        [_task(row), row["name"], points(row["estimate"]), between(row["low"], row["high"]), p_text(row["p"]),
         p_text(row["p_holm"]), row["participants"], row["items"], _differs(row) if beside else row["people"]]
        for row in rows
    ]  # fmt: skip


def _differs(row: Row) -> str:
    everyone = {"all": "everyone, not only stayers"} if row.get("design") == "within" else {}
    who = everyone | {"first block": "first block only, between people"}
    parts = (
        "everyone randomised, unopened = wrong" if row["rows"] == "planned" else who.get(row.get("people", "")),
        _TIMEOUTS[row["timeouts"]],
        _EXCLUSIONS[row["exclusions"]],
        "interval over items only" if row["method"].startswith("item-clustered") else "",
    )
    return "; ".join(part for part in parts if part)


def _notes(row: Row) -> str:
    """The row's notes without the floor, which the method paragraph explains."""
    return "; ".join(note for note in row["notes"].split("; ") if "floored" not in note)


def _task(row: Row) -> str | None:
    """The task, or nothing where there is only one kind of item without a name."""
    return None if row["task"] == "all" else row["task"]


def reliance_table(rows: Sequence[Row]) -> Table:
    head = ["task", "arm", "its option by", "given when wrong, %", "given when right, %",
            "right answers when wrong, %", "right answers when right, %"]  # fmt: skip
    return head, [
        [_task(row), row["arm"], _BASIS[row["basis"]], _with_interval(row, "over_reliance"),
         _with_interval(_flipped(row), "given"), _with_interval(row, "accuracy_wrong"),
         _with_interval(row, "accuracy_right")]
        for row in rows
    ]  # fmt: skip


def _flipped(row: Row) -> Row:
    ends = ("under_reliance", "under_reliance_high", "under_reliance_low")
    return dict(zip(("given", "given_low", "given_high"), (_minus(row[end]) for end in ends), strict=True))


def _with_interval(row: Row, name: str) -> str | None:
    value, interval = percent(row[name]), between(row[f"{name}_low"], row[f"{name}_high"])
    return f"{value} ({interval})" if value and interval else value


def share_table(rows: Sequence[Row]) -> Table:
    names = ("followed_right", "ignored_right", "followed_wrong", "ignored_wrong", "no_advice")
    head = ["task", "arm", "its option by", *(name.replace("_", " ") + ", %" for name in names), "trials"]
    return head, [
        [_task(row), row["arm"], _BASIS[row["basis"]], *(percent(row[name]) for name in names),
         row["no_advice_n"]]
        for row in rows
    ]  # fmt: skip


def flow_table(rows: Sequence[Row]) -> Table:
    names = ("planned", "opened", "answered", "unanswered", "timed_out", "timed_out_with_answer")
    head = ["task", "arm", *(name.replace("_", " ") for name in names), "people"]
    return head, [[_task(row), row["arm"], *(row[name] for name in names), row["people_opened"]] for row in rows]


def reference_table(rows: Sequence[Row]) -> Table:
    head = ["condition", "MMLU right, %", "MMLU CE", "QuALITY right, %", "QuALITY CE"]
    names = (
        "condition",
        "mmlu_accuracy",
        "mmlu_calibration_error",
        "quality_accuracy",
        "quality_calibration_error",
    )
    return head, [[row[name] for name in names] for row in rows]


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
        "on the logit scale."
    )
    if plan.pigeonhole is not None:
        yield (
            "As asked for, shares and their differences have percentile intervals of the pigeonhole bootstrap "
            f"instead (Owen 2007, Annals of Applied Statistics 1, 386–411; {DRAWS:,} draws of people and of items, "
            f"seed {plan.pigeonhole}), which are conservative; p-values use its standard error. Every other "
            "statistic keeps the two-way interval."
        )
    yield (
        "Every opened main trial counts; practice and attention trials never do. A trial without a counted "
        "answer is wrong in the primary rows; left out, and at both extremes, in the rows beside them. "
        "Declared exclusions and disputed keys are left out only in rows of their own."
    )
    if results["contrasts"]:
        who = "people with an opened main trial in both arms (stayers)" if plan.design == "within" else "everyone"
        yield f"Contrasts are of {who}; p is two-sided, adjusted by Holm (1979) over the primary contrasts."


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
    if any(row["basis"] != "brief" for row in results["reliance"]):
        yield "Reliance by recommendation is as received, not randomised: people decide what they ask."
    if excluded := results["n"]["excluded"]:
        rules = ", ".join(f"{rule} {count}" for rule, count in results["exclusion_rules"].items())
        named = f" ({rules})" if rules else ""
        yield f"Declared exclusion rules apply to {excluded} main trials{named}; primary rows keep them."
    missing = [name.replace("_", " ") for name, why in results["not_computed"].items() if not results[name]]
    if missing:
        yield f"Not in this report: {', '.join(missing)} (reasons in results.json)."
