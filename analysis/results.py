"""The whole analysis as data: ``results.json`` and ``tables/*.csv``."""

from __future__ import annotations

import csv
import io
import json
import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from analysis.accuracy import accuracy
from analysis.agreement import agreement
from analysis.calibration import calibration, calibration_bins
from analysis.dropout import consort, dropout
from analysis.effects import contrasts
from analysis.exclusions import main_trials
from analysis.exposure import exposure
from analysis.flow import flow
from analysis.load import Package
from analysis.mixed.section import Effort, mixed_model
from analysis.plan import Plan, Row, Section, plan_of
from analysis.reference import founding_study
from analysis.reliance import reliance
from analysis.sandwiching import sandwiching
from analysis.schema import SCHEMA_VERSION
from analysis.sensitivity import sensitivity
from analysis.sycophancy import sycophancy
from analysis.timing import timing, timing_curves
from analysis.votes import votes

if TYPE_CHECKING:
    import pandas as pd

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


def analyse(
    package: Package, unaided: str = "", mixed: Effort = "auto", pigeonhole: int | None = None
) -> tuple[Plan, dict[str, Any]]:
    """Every section's rows, with the reason in ``not_computed`` where a section has none.

    ``pigeonhole`` is the seed of that bootstrap, whose intervals shares and differences then have.
    """
    trials = main_trials(package)
    plan = plan_of(package, trials, unaided, pigeonhole)
    sections = _withheld(package, plan) if package.blinded else _computed(package, plan, mixed)
    return plan, {
        "schema": SCHEMA_VERSION,
        "study": _study(package),
        "protocol_sha256": _protocol(package),
        "seed": pigeonhole,
        "versions": _versions(package),
        "input_sha256": package.sha256,
        "n": _counts(package),
        "exclusion_rules": _rules(trials),
        "plan": {"level": plan.level, "items": plan.population, "design": plan.design,
                 "unaided": plan.unaided, "interval": "two-way" if pigeonhole is None else "pigeonhole",
                 "notes": list(plan.notes)},
        **{name: _rounded(sections[name].rows) for name in SECTIONS},
        "not_computed": {name: sections[name].reason for name in SECTIONS if sections[name].reason},
    }  # fmt: skip


def as_json(results: dict[str, Any]) -> str:
    """The results as text; the same results give the same text."""
    return json.dumps(results, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def as_csv(rows: list[Row]) -> str:
    """Rows as a tidy CSV over the union of their columns; undefined is empty."""
    buffer = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(buffer, names, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows([{name: _cell(row.get(name)) for name in names} for row in rows])
    return buffer.getvalue()


def _computed(package: Package, plan: Plan, mixed: Effort) -> dict[str, Section]:
    trials = main_trials(package)
    return {
        "accuracy": accuracy(package, plan, trials),
        "contrasts": contrasts(package, plan, trials),
        "calibration": calibration(package, plan, trials),
        "calibration_bins": calibration_bins(package, plan, trials),
        "votes": votes(package, plan, trials),
        "sandwiching": sandwiching(package, plan, trials),
        "reliance": reliance(package, plan, trials),
        "exposure": exposure(package, plan, trials),
        "sycophancy": sycophancy(package, plan, trials),
        "timing": timing(package, plan, trials),
        "timing_curves": timing_curves(package, plan, trials),
        "mixed_model": mixed_model(package, plan, trials, mixed),
        "attrition": flow(package, plan, trials),
        "consort": consort(package, plan, trials),
        "dropout": dropout(package, plan, trials),
        "sensitivity": sensitivity(package, plan, trials),
        "agreement": agreement(package, plan, trials),
        "reference": Section(founding_study()),
    }


def _withheld(package: Package, plan: Plan) -> dict[str, Section]:
    pooled = flow(package, plan, main_trials(package), by_arm=False)
    names = [name for name in SECTIONS if name not in ("attrition", "reference")]
    return {name: Section(reason=WITHHELD) for name in names} | {
        "attrition": Section(pooled.rows, pooled.reason or f"arms pooled: {WITHHELD}"),
        "reference": Section(founding_study()),
    }


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
