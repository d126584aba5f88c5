"""Sandwiching: unaided people, the model alone, people with the model, and experts on the same items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.comparators import NO_CEILING, NOBODY, Ceiling, Comparator, comparators, expert, rated, right
from analysis.derived import Side, gap_recovered, intersection_union, not_worse
from analysis.effects import stayers
from analysis.exclusions import Variant, as_numbers, clusters, only, opposite, outcome, variants, weighed
from analysis.inference import FEW, Clusters, Estimate, FloatArray, Spec, difference, ratio, undefined
from analysis.load import Package
from analysis.plan import Plan, Row, Section

if TYPE_CHECKING:
    import pandas as pd

SPEED = "speed"  # QuALITY's validators with 45 seconds: unaided people, and no experts
HURRIED = "answers of the data set's own validators: unaided, 45 seconds, not this study's people"
NEEDS = "needs baselines.csv, or the columns assistant_first_answer with gold, or brief_correct, or experts"
_UNKNOWN = "coverage not established"
_KNOWN = "coverage .95 in 1,000 simulated studies of 40 people and 24 items"
_POST = "descriptive, post-treatment"


@dataclass(frozen=True)
class _Cut:
    """The rows of one assisted arm and of the unaided arm, with what they are compared by."""

    frame: pd.DataFrame
    variant: Variant
    task: str
    arm: str
    unaided: str
    people: str

    def weighed(self, numerator: FloatArray, denominator: FloatArray, among: FloatArray) -> Side:
        """Both sums over the rows ``among`` (0/1), weighing as the variant says."""
        return weighed(self.frame, numerator * among, denominator * among, self.variant.weights)


def sandwiching(package: Package, plan: Plan, trials: pd.DataFrame) -> Section:
    """Rows per task, assisted arm and comparator, in accuracies over the trials of both arms.

    ``unaided`` and ``assisted`` people, ``model`` (the comparator) and ``expert`` on the items of the assisted trials,
    ``speed_validators`` where there are any; ``assisted_minus_unaided``, ``assisted_minus_model``; ``estimate`` and
    ``complementarity``, the smaller of the two (``intersection_union``). ``gap_recovered`` = (assisted − unaided) /
    (expert − unaided), ``gap_recovered_from_better`` from the better of people and model (``derived.gap_recovered``).
    ``take_answer``: had the last recommendation been the answer, else the own one; ``take_answer_only``: else wrong;
    ``take_answer_gain`` = mean of that minus the own answer. ``no_turn_share no_turn_accuracy some_turn_accuracy`` by
    whether a message was sent. ``not_worse_than_unaided``, ``not_worse_than_model`` by the declared ``margin``.

    The primary row has the default comparator and, within subjects, the stayers; everyone, time-outs treated otherwise
    and exclusions stand beside it.

    Returns
    -------
    Section
        Shares of trials, 0-1, and their differences, by ``inference.ratio`` and ``difference``; gaps: shares of them.

    References
    ----------
    Bansal et al. (2021), CHI, arXiv:2006.14779 (complementarity); Burns et al. (2023), arXiv:2312.09390 (gap); those
    of ``derived``; Cameron, Gelbach & Miller (2011), J. Bus. Econ. Stat. 29:238.
    """
    if not plan.unaided:
        return Section(reason="no arm without an assistant to compare with")
    rows: list[Row] = []
    for variant, frame in variants(package, trials, plan.first):
        for arm in plan.assisted:
            for task in sorted(frame["task"].unique()):
                both = only(frame, (frame["task"] == task) & frame["arm"].isin((arm, plan.unaided)))
                if both["arm"].nunique() > 1 and variant.rows == "opened":
                    rows += _of_people(package, plan, _Cut(both, variant, task, arm, plan.unaided, "all"))
    rows.sort(key=lambda row: (row["task"], plan.arms.index(row["arm"]), not row["primary"]))
    return Section(rows, "" if rows else NEEDS)


def _of_people(package: Package, plan: Plan, cut: _Cut) -> Iterator[Row]:
    kept = stayers(cut.frame, (cut.arm, cut.unaided)) if plan.design == "within" else cut.frame
    who = "stayers" if plan.design == "within" else "all"
    yield from _rows(package, plan, _Cut(kept, cut.variant, cut.task, cut.arm, cut.unaided, who), primary=True)
    if len(kept) < len(cut.frame):
        yield from _rows(package, plan, cut, primary=False)


def _rows(package: Package, plan: Plan, cut: _Cut, primary: bool) -> Iterator[Row]:
    if cut.frame["arm"].nunique() < 2:
        return
    assisted = (cut.frame["arm"] == cut.arm).to_numpy(dtype=bool)
    held_against = comparators(package, cut.arm, cut.frame[assisted])
    if held_against[0].name == NOBODY and expert(package, cut.task, cut.frame).values is None:
        return
    for place, comparator in enumerate(held_against):
        kinds = ["random"]
        few = cut.frame["participant_id"].nunique() < FEW
        if primary and cut.variant.primary and few and plan.population == "random":
            kinds.append("these")
        for people in kinds:
            spec = plan.spec(people=people, timeouts=cut.variant.timeouts, exclusions=cut.variant.exclusions)
            main = primary and cut.variant.primary and people == "random"
            role = ("primary" if place == 0 else "other comparator") if main else "beside"
            yield _row(package, cut, comparator, spec) | {"primary": role == "primary", "role": role}


def _row(package: Package, cut: _Cut, comparator: Comparator, spec: Spec) -> Row:
    groups, sides, experts = clusters(cut.frame), _sides(cut, comparator), expert(package, cut.task, cut.frame)
    ceiling, (hurried, answers) = _ceiling(experts, cut), rated(package, SPEED, cut.frame)
    sides |= {"expert": ceiling} if isinstance(ceiling, tuple) else {}
    sides |= {"speed_validators": _on_assisted(cut, hurried)} if answers else {}
    spec = spec.noted(f"model: {comparator.source}")
    named = {name: ratio(*side, groups, spec, scale="logit") for name, side in sides.items()}
    named |= {
        "assisted_minus_unaided": difference(sides["assisted"], sides["unaided"], groups, spec),
        "assisted_minus_model": difference(sides["assisted"], sides["model"], groups, spec),
    }
    both = intersection_union(named["assisted_minus_unaided"], named["assisted_minus_model"])
    named |= _gaps(sides, ceiling, experts.source or NO_CEILING, groups, spec)
    named |= _model_answers(cut, groups, spec) | _turns(cut, groups, spec)
    margin = _margin(package)
    row: Row = {"task": cut.task, "arm": cut.arm, "comparator": comparator.name, "method_asked": comparator.method,
                "people": cut.people, "rows": cut.variant.rows, "weights": cut.variant.weights, **both.as_row(),
                "complementarity": both.estimate, "complementarity_low": both.low, "complementarity_high": both.high,
                "expert": ceiling if isinstance(ceiling, float) else None, "expert_source": experts.source,
                "expert_basis": experts.basis, "speed_validators_source": _in_a_hurry(answers),
                "model_source": comparator.source,
                **{f"{name}_trials": int(np.count_nonzero(side[1])) for name, side in sides.items()},
                "gap_base": "unaided", "margin": margin,
                "not_worse_than_unaided": not_worse(named["assisted_minus_unaided"], margin),
                "not_worse_than_model": not_worse(named["assisted_minus_model"], margin)}  # fmt: skip
    for name, estimate in named.items():
        row |= {name: estimate.estimate, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
    row["notes"] = "; ".join(filter(None, [row["notes"], *_reasons(named)]))
    return row


def _reasons(named: Mapping[str, Estimate]) -> list[str]:
    undefined_ones = [f"{name} {each.notes.split('; ')[0]}" for name, each in named.items() if each.estimate is None]
    gaps = [*_notes_of_gap(named, "gap_recovered", "gap recovered"),
            *_notes_of_gap(named, "gap_recovered_from_better", "gap recovered from the better")]  # fmt: skip
    sides = ("unaided", "model", "assisted", "expert", "speed_validators")
    bare = [
        f"{name.replace('_', ' ')}: {note}"
        for name in sides
        if name in named
        for note in named[name].notes.split("; ")
        if note.startswith("no interval")
    ]
    return [*undefined_ones, *dict.fromkeys(gaps), *bare]


def _notes_of_gap(named: Mapping[str, Estimate], name: str, words: str) -> Iterator[str]:
    """Why a gap has no interval; what its intervals are worth holds for both and is said once."""
    for note in named[name].notes.split("; "):
        if "coverage" in note:
            yield f"gap recovered: {note}"
        elif "Fieller" in note or "no interval" in note:
            yield f"{words}: {note}"


def _sides(cut: _Cut, comparator: Comparator) -> dict[str, Side]:
    """(numerator, denominator) of unaided, assisted and model over the rows of both arms.

    The model counts on the rows of the assisted arm, so that it meets the same items as often.
    """
    assisted = as_numbers(cut.frame["arm"] == cut.arm)
    right_a, counted_a = outcome(cut.frame, cut.variant.timeouts)
    right_u, counted_u = outcome(cut.frame, opposite(cut.variant.timeouts))
    values = np.zeros(len(cut.frame))
    values[assisted == 1] = comparator.values
    known = assisted * ~np.isnan(values)
    return {
        "unaided": cut.weighed(right_u, counted_u, 1 - assisted),
        "assisted": cut.weighed(right_a, counted_a, assisted),
        "model": cut.weighed(np.nan_to_num(values), np.ones(len(known)), known),
    }


def _ceiling(experts: Ceiling, cut: _Cut) -> Side | float | None:
    return _on_assisted(cut, experts.values) if isinstance(experts.values, np.ndarray) else experts.values


def _in_a_hurry(answers: int) -> str:
    return f"{answers} {HURRIED}" if answers else ""


def _on_assisted(cut: _Cut, values: FloatArray) -> Side:
    """Values per row as a side, on the rows of the assisted arm: the same items as often."""
    known = (~np.isnan(values)) * as_numbers(cut.frame["arm"] == cut.arm)
    return cut.weighed(np.nan_to_num(values), np.ones(len(known)), known)


def _gaps(
    sides: Mapping[str, Side], ceiling: Side | float | None, why_none: str, groups: Clusters, spec: Spec
) -> dict[str, Estimate]:
    """The share of the way to the experts, from unaided people and from the better of people and model."""
    if ceiling is None:
        nothing = undefined(why_none, groups, spec)
        return {"gap_recovered": nothing, "gap_recovered_from_better": nothing}
    means = {name: _mean(side) for name, side in sides.items()}
    better = "model" if means["model"] > means["unaided"] else "unaided"
    spec = spec.noted(_KNOWN if isinstance(ceiling, float) else _UNKNOWN)
    found = {
        "gap_recovered": gap_recovered(sides["assisted"], sides["unaided"], ceiling, groups, spec),
        "gap_recovered_from_better": gap_recovered(sides["assisted"], sides[better], ceiling, groups, spec),
    }
    if not sides["model"][1].any():
        found["gap_recovered_from_better"] = undefined("no model to be better", groups, spec)
    return found


def _mean(side: Side) -> float:
    total = float(side[1].sum())
    return float(side[0].sum()) / total if total else float("nan")


def _model_answers(cut: _Cut, groups: Clusters, spec: Spec) -> dict[str, Estimate]:
    """What the last recommendation, given as the answer, would have scored in the assisted trials.

    ``take_answer``: where there was none, the person's own counted answer; ``take_answer_only``: wrong.
    """
    if not {"assistant_answer", "gold"} <= set(cut.frame):
        nothing = undefined("no recommendations recorded", groups, spec)
        return {"take_answer": nothing, "take_answer_only": nothing, "take_answer_gain": nothing}
    assisted = as_numbers(cut.frame["arm"] == cut.arm)
    taken = right(cut.frame, "assistant_answer")
    own, counted = outcome(cut.frame, cut.variant.timeouts)
    everyone = np.ones(len(own))
    else_own = np.where(np.isnan(taken), own, taken)
    return {
        "take_answer": ratio(*cut.weighed(else_own, everyone, assisted), groups, spec, "logit"),
        "take_answer_only": ratio(*cut.weighed(np.nan_to_num(taken), everyone, assisted), groups, spec, "logit"),
        "take_answer_gain": ratio(*cut.weighed(else_own - own, everyone, assisted * counted), groups, spec),
    }


def _turns(cut: _Cut, groups: Clusters, spec: Spec) -> dict[str, Estimate]:
    """Assisted trials without and with any message: what people chose to do, so description only."""
    spec = spec.noted(_POST)
    if "messages_sent" not in cut.frame:
        nothing = undefined("needs the column messages_sent", groups, spec)
        return dict.fromkeys(("no_turn_share", "no_turn_accuracy", "some_turn_accuracy"), nothing)
    assisted = as_numbers(cut.frame["arm"] == cut.arm)
    sent = as_numbers(cut.frame["messages_sent"])
    known: FloatArray = assisted * ~np.isnan(sent)
    silent = known * (sent == 0)
    scored, counted = outcome(cut.frame, cut.variant.timeouts)
    return {
        "no_turn_share": ratio(*cut.weighed(silent, np.ones(len(silent)), known), groups, spec, "logit"),
        "no_turn_accuracy": ratio(*cut.weighed(scored, counted, silent), groups, spec, "logit"),
        "some_turn_accuracy": ratio(*cut.weighed(scored, counted, known - silent), groups, spec, "logit"),
    }


def _margin(package: Package) -> float | None:
    """The margin that the protocol froze, a share; there is no default."""
    declared = package.manifest.get("analysis")
    margin = declared.get("margin") if isinstance(declared, Mapping) else None
    return float(margin) if isinstance(margin, int | float) and margin > 0 else None
