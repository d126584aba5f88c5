"""What the analysis follows: the planned analysis of the manifest, or what a bare table lets one detect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from analysis.exclusions import PRIMARY, Variant
from analysis.faults import PlanError
from analysis.inference import Population, Spec
from analysis.load import Package

if TYPE_CHECKING:
    import pandas as pd

Design = Literal["within", "between"]
Pair = tuple[str, str]
Row = dict[str, Any]


@dataclass(frozen=True)
class Section:
    """One part of the results: its rows, or why there are none."""

    rows: list[Row] = field(default_factory=list)
    reason: str = ""


@dataclass(frozen=True)
class Plan:
    """The settings of one analysis. ``unaided`` is the arm without an assistant, empty when unknown;
    ``primary`` the planned contrasts, each an arm and the one that it is held against, with the direction that is
    expected (greater, less, two_sided), empty when none was planned; ``holm`` whether these are adjusted for their
    number; ``first`` how the primary rows count unanswered trials and weigh them; ``pigeonhole`` the seed of that
    bootstrap where its intervals are wanted.
    """

    level: float
    population: Population
    design: Design
    arms: tuple[str, ...]
    unaided: str
    notes: tuple[str, ...] = ()
    pigeonhole: int | None = None
    primary: Mapping[Pair, str] = field(default_factory=dict)
    holm: bool = True
    first: Variant = PRIMARY

    @property
    def assisted(self) -> tuple[str, ...]:
        return tuple(arm for arm in self.arms if arm != self.unaided)

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The contrasts that are computed: the planned ones, then every other assisted arm against the unaided."""
        every = ((arm, self.unaided) for arm in self.assisted) if self.unaided else ()
        return tuple(dict.fromkeys((*self.primary, *every)))

    def family(self, pair: Pair) -> str:
        """planned or exploratory, or all where no contrast was planned."""
        return "all" if not self.primary else "planned" if pair in self.primary else "exploratory"

    def spec(self, **labels: Any) -> Spec:
        """An interval specification with the plan's level and population."""
        return Spec(level=self.level, population=self.population, pigeonhole=self.pigeonhole, **labels)


def plan_of(package: Package, trials: pd.DataFrame, unaided: str = "", pigeonhole: int | None = None) -> Plan:
    """The plan for these main trials; ``unaided`` overrides which arm has no assistant."""
    declared = package.manifest.get("analysis")
    declared = declared if isinstance(declared, Mapping) else {}
    arms = _arms(package, trials)
    if unaided and unaided not in arms:
        raise PlanError(f"there is no arm {unaided!r}; the arms are {', '.join(arms) or 'none'}")
    reference, reference_note = (unaided, "") if unaided else _unaided(package, trials, arms)
    if package.get("arms") is None and reference:
        arms = (reference, *(arm for arm in arms if arm != reference))
    design, design_note = _design(package, trials)
    return Plan(
        level=1 - _number(declared.get("alpha"), 0.05),
        population="fixed" if declared.get("items") == "fixed" else "random",
        design=design,
        arms=arms,
        unaided=reference,
        notes=tuple(note for note in (reference_note, design_note, *_assignment(package)) if note),
        pigeonhole=pigeonhole,
        primary=dict(_primary(declared, arms)),
        holm=declared.get("holm") is not False,
        first=_first(declared),
    )


def _first(declared: Mapping[str, Any]) -> Variant:
    timeouts = "missing" if declared.get("timeouts") == "missing" else "composite"
    weights = declared.get("weights")
    return replace(PRIMARY, timeouts=timeouts, weights=weights if weights in ("item", "participant") else "response")


def _primary(declared: Mapping[str, Any], arms: tuple[str, ...]) -> Iterator[tuple[Pair, str]]:
    """The planned contrasts between arms that there are, and the direction expected of each."""
    for each in declared.get("primary") or ():
        pair = (each.get("arm"), each.get("against")) if isinstance(each, Mapping) else ("", "")
        if pair[0] != pair[1] and set(pair) <= set(arms):
            direction = each.get("direction")
            yield (str(pair[0]), str(pair[1])), direction if direction in ("greater", "less") else "two_sided"


def _number(value: Any, default: float) -> float:
    return float(value) if isinstance(value, int | float) and 0 < value < 1 else default


def _arms(package: Package, trials: pd.DataFrame) -> tuple[str, ...]:
    """Arms in the order of arms.csv, else by name."""
    declared = package.get("arms")
    listed = list(dict.fromkeys(declared["arm"].dropna())) if declared is not None and "arm" in declared else []
    return tuple(listed or sorted(trials["arm"].dropna().unique()))


def _unaided(package: Package, trials: pd.DataFrame, arms: tuple[str, ...]) -> tuple[str, str]:
    named = package.manifest.get("reference_arm")
    if named in arms:
        return str(named), ""
    source = package.get("arms")
    source = trials if source is None or "assistant" not in source else source
    if "assistant" in source:
        assisted = set(source.loc[source["assistant"].notna(), "arm"])
        bare = [arm for arm in arms if arm not in assisted]
        more = f"of the arms without an assistant, {bare[0]} is the reference" if len(bare) > 1 else ""
        return (bare[0], more) if bare else ("", "every arm has an assistant")
    if "unaided" in arms:
        return "unaided", "the arm called unaided is taken as the one without an assistant"
    return "", "no column tells which arm has no assistant: name it with --unaided"


def _design(package: Package, trials: pd.DataFrame) -> tuple[Design, str]:
    declared = package.manifest.get("design")
    if declared == "within":
        return "within", ""
    if declared == "between":
        return "between", ""
    crossed = bool((trials.groupby("participant_id")["arm"].nunique() > 1).any())
    design: Design = "within" if crossed else "between"
    return design, f"design not declared; detected as {design}-subject"


def _assignment(package: Package) -> tuple[str, ...]:
    manifest = package.manifest
    unit, order = manifest.get("unit_of_assignment"), manifest.get("arm_order")
    return (
        f"unit of assignment: {unit}" if unit else "",
        "the order of arms was fixed: arm and order are confounded" if order == "fixed" else "",
        "each arm has its own sample of items" if manifest.get("separate_items") else "",
    )
