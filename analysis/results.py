"""The whole analysis as data: ``results.json`` and ``tables/*.csv``."""

from __future__ import annotations

import csv
import io
import json
import platform
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from analysis.accuracy import accuracy
from analysis.agreement import agreement
from analysis.blinding import NOT_MOVED, WHAT, permuted
from analysis.calibration import calibration, calibration_bins
from analysis.dropout import consort, dropout
from analysis.effects import contrasts
from analysis.effort import Effort, left_out
from analysis.exclusions import main_trials
from analysis.exposure import exposure
from analysis.faults import PlanError
from analysis.flow import flow
from analysis.load import Package
from analysis.plan import Plan, Row, Section, plan_of
from analysis.reference import founding_study
from analysis.reliance import reliance
from analysis.sandwiching import sandwiching
from analysis.schema import SCHEMA_VERSION
from analysis.sensitivity import sensitivity
from analysis.spread import by_item, by_person
from analysis.sycophancy import sycophancy
from analysis.timing import timing, timing_curves
from analysis.votes import votes

if TYPE_CHECKING:
    import pandas as pd

    from analysis.figures import Drawing

SECTIONS = (
    "accuracy",
    "contrasts",
    "calibration",
    "calibration_bins",
    "votes",
    "reliance",
    "exposure",
    "sycophancy",
    "sandwiching",
    "mixed_model",
    "by_person",
    "by_item",
    "timing",
    "timing_curves",
    "attrition",
    "consort",
    "dropout",
    "sensitivity",
    "agreement",
    "reference",
)
WITHHELD = "outcomes by arm are withheld until the study is closed or unblinded"
_DIGITS = 12


class Study(Mapping[str, Any]):
    """One package under one plan: everything in ``results.json`` by its keys, each section made when first asked for.

    ``unaided`` names the arm without an assistant where nothing else tells; ``mixed`` is how much of the mixed
    model is wanted; ``pigeonhole`` is the seed of that bootstrap, whose intervals shares and differences then have;
    with ``blind`` this is a blinded run with that seed (see blinding).
    """

    def __init__(
        self,
        package: Package,
        unaided: str = "",
        mixed: Effort = "auto",
        pigeonhole: int | None = None,
        blind: int | None = None,
    ) -> None:
        self.plan = plan_of(package, main_trials(package), unaided, pigeonhole)
        self.blind, self.mixed = blind, mixed
        self.package = package if blind is None else permuted(package, self.plan.design == "within", blind)
        self.trials = main_trials(self.package)
        self._sections: dict[str, Section] = {}
        self._facts = _facts(self.package, self.plan, self.trials, blind)

    def section(self, name: str) -> Section:
        """The rows of one section, or why it has none; ``KeyError`` where there is no such section."""
        if name not in self._sections:
            made = self._made(name)
            self._sections[name] = Section(_rounded(made.rows), made.reason)
        return self._sections[name]

    def _made(self, name: str) -> Section:
        if name not in SECTIONS:
            raise KeyError(f"there is no section {name!r}; the sections are {', '.join(SECTIONS)}")
        if self.package.blinded and name != "reference":
            return _withheld(self.package, self.plan, name)
        if self.blind is not None and name == "sycophancy":
            return Section(reason=NOT_MOVED)
        if name == "mixed_model":
            return _mixed_model(self.package, self.plan, self.trials, self.mixed)
        return _MAKERS[name](self.package, self.plan, self.trials)

    def frame(self, name: str) -> pd.DataFrame:
        """The rows of one section as a table; its ``attrs["reason"]`` says why where there are none."""
        import pandas as pd

        found = self.section(name)
        table = pd.DataFrame(found.rows)
        table.attrs["reason"] = found.reason
        return table

    def draw(self, name: str) -> Drawing:
        """The figure of one section, which a notebook shows; ``PlanError`` where it has none."""
        from analysis import chapters
        from analysis.figures import Drawing

        self.section(name)
        chapter = chapters.about(name)
        drawn = chapter.draw(self) if chapter else {}
        if not drawn:
            raise PlanError(f"{name} has no figure here{self._because(name)}")
        return Drawing(drawn.get(name) or next(iter(drawn.values())))

    def _because(self, name: str) -> str:
        reason = self.section(name).reason
        return f": {reason}" if reason else ""

    def __getitem__(self, key: str) -> Any:
        if key == "not_computed":
            return _Reasons(self)
        return self._facts[key] if key in self._facts else self.section(key).rows

    def __iter__(self) -> Iterator[str]:
        return iter((*self._facts, *SECTIONS, "not_computed"))

    def __len__(self) -> int:
        return len(self._facts) + len(SECTIONS) + 1


class _Reasons(Mapping[str, str]):
    """Why a section has no rows, or not all of them; asking for one name makes that section only."""

    def __init__(self, study: Study) -> None:
        self._study = study

    def __getitem__(self, name: str) -> str:
        if reason := self._study.section(name).reason:
            return reason
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return (name for name in SECTIONS if self._study.section(name).reason)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def analyse(
    package: Package, unaided: str = "", mixed: Effort = "auto", pigeonhole: int | None = None
) -> tuple[Plan, dict[str, Any]]:
    """Every section's rows, with the reason in ``not_computed`` where a section has none."""
    study = Study(package, unaided, mixed, pigeonhole)
    return study.plan, plain(study)


def plain(study: Study) -> dict[str, Any]:
    """Everything of a study, computed, as plain dicts and lists."""
    return {**study, "not_computed": dict(study["not_computed"])}


def _facts(package: Package, plan: Plan, trials: pd.DataFrame, blind: int | None) -> dict[str, Any]:
    return {
        "schema": SCHEMA_VERSION,
        "study": _study(package),
        "protocol_sha256": _protocol(package),
        "seed": plan.pigeonhole if blind is None else blind,
        "versions": _versions(package),
        "input_sha256": package.sha256,
        "n": _counts(package),
        "people": "simulated" if package.simulated else "real",
        "blinded_run": None if blind is None else {"seed": blind, "what": WHAT},
        "exclusion_rules": _rules(trials),
        "plan": {"level": plan.level, "items": plan.population, "design": plan.design,
                 "unaided": plan.unaided, "chance": _chance(package),
                 "primary": [[*pair, direction] for pair, direction in plan.primary.items()],
                 "timeouts": plan.first.timeouts, "weights": plan.first.weights, "passages": _passages(trials),
                 "interval": "two-way" if plan.pigeonhole is None else "pigeonhole", "notes": list(plan.notes)},
    }  # fmt: skip


def as_json(results: dict[str, Any]) -> str:
    """The results as text, a row a line; the same results give the same text."""
    parts = (f"{json.dumps(key)}: {_lines(value)}" for key, value in results.items())
    return "{\n " + ",\n ".join(parts) + "\n}\n"


def _lines(value: Any) -> str:
    if not isinstance(value, list) or not value:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    return "[\n  " + ",\n  ".join(json.dumps(row, ensure_ascii=False, allow_nan=False) for row in value) + "\n ]"


def as_csv(rows: list[Row]) -> str:
    """Rows as a tidy CSV over the union of their columns; undefined is empty."""
    buffer = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(buffer, names, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows([{name: _cell(row.get(name)) for name in names} for row in rows])
    return buffer.getvalue()


_MAKERS: Mapping[str, Callable[[Package, Plan, pd.DataFrame], Section]] = {
    "accuracy": accuracy,
    "contrasts": contrasts,
    "calibration": calibration,
    "calibration_bins": calibration_bins,
    "votes": votes,
    "sandwiching": sandwiching,
    "reliance": reliance,
    "exposure": exposure,
    "sycophancy": sycophancy,
    "by_person": by_person,
    "by_item": by_item,
    "timing": timing,
    "timing_curves": timing_curves,
    "attrition": flow,
    "consort": consort,
    "dropout": dropout,
    "sensitivity": sensitivity,
    "agreement": agreement,
    "reference": lambda package, plan, trials: Section(founding_study()),
}


def _mixed_model(package: Package, plan: Plan, trials: pd.DataFrame, effort: Effort) -> Section:
    if reason := left_out(effort, len(trials)):
        return Section(reason=reason)
    from analysis.mixed.section import mixed_model

    return mixed_model(package, plan, trials, effort)


def _withheld(package: Package, plan: Plan, name: str) -> Section:
    if name != "attrition":
        return Section(reason=WITHHELD)
    pooled = flow(package, plan, main_trials(package), by_arm=False)
    return Section(pooled.rows, pooled.reason or f"arms pooled: {WITHHELD}")


def _study(package: Package) -> str | None:
    named = package.manifest.get("study")
    if isinstance(named, dict):
        named = named.get("slug") or named.get("name")
    if named or "study" not in package.responses:
        return str(named) if named else None
    found = package.responses["study"].dropna().unique()
    return str(found[0]) if len(found) == 1 else None


def _protocol(package: Package) -> str | None:
    """Hash of the latest protocol version among the analysed responses."""
    responses = package.responses
    if "protocol_sha256" not in responses:
        return None
    known = responses[responses["protocol_sha256"].notna()]
    if "protocol_version" in known:
        known = known.sort_values("protocol_version", kind="stable")
    return str(known["protocol_sha256"].iloc[-1]) if len(known) else None


def _versions(package: Package) -> dict[str, str]:
    libraries = {name: version(name) for name in ("numpy", "scipy", "pandas", "matplotlib")}
    recorded = package.manifest.get("app_version")
    return {"python": platform.python_version(), **libraries} | ({"app": str(recorded)} if recorded else {})


def _chance(package: Package) -> float | None:
    """1/m where every item has the same m options."""
    responses = package.responses
    if "n_options" not in responses:
        return None
    sizes = responses["n_options"].dropna().unique()
    return 1 / float(sizes[0]) if len(sizes) == 1 and sizes[0] > 1 else None


def _counts(package: Package) -> dict[str, int]:
    """People and main responses analysed, rows under a declared exclusion, simulated responses seen."""
    trials = main_trials(package)
    simulated = len(trials) if package.simulated else package.left_out["simulated"]
    return {
        "participants": int(trials["participant_id"].nunique()),
        "responses": len(trials),
        "excluded": int(trials["left_out"].sum()),
        "simulated": simulated,
    }


def _passages(trials: pd.DataFrame) -> list[str]:
    """The tasks whose items come in passages, which are then the clusters."""
    if "passage_id" not in trials:
        return []
    return sorted(str(task) for task in trials.loc[trials["passage_id"].notna(), "task"].unique())


def _rules(trials: pd.DataFrame) -> dict[str, int]:
    """Main trials to which each declared exclusion rule applies; a trial may fall under several."""
    if "excluded_by" not in trials:
        return {}
    named = trials.loc[trials["left_out"], "excluded_by"].dropna().str.split().explode()
    return {str(rule): int(count) for rule, count in sorted(named.value_counts().items())}


def _rounded(rows: list[Row]) -> list[Row]:
    """Floats to so many significant digits that the order of summation does not show."""
    return [{name: _round(value) for name, value in row.items()} for row in rows]


def _round(value: Any) -> Any:
    return float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value


def _cell(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value
