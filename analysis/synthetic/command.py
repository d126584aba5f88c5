"""``python -m analysis simulate``."""

from __future__ import annotations

import argparse

from analysis.faults import PlanError
from analysis.simulate import UNAIDED, Truth
from analysis.synthetic.package import write_csv, write_package


def run(options: argparse.Namespace) -> int:
    """Writes the package or the CSV, and prints what an analysis of it should find."""
    given = vars(options)
    truth = Truth(**{name: given[name] for name in Truth.__dataclass_fields__ if name in given})
    _check(truth)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    write = write_csv if options.out.suffix.lower() == ".csv" else write_package
    write(truth, options.seed, options.out)
    print(f"{options.out}: true difference {100 * truth.difference:+.1f} percentage points, "
          f"true over-reliance {100 * truth.over_reliance:.1f} %")  # fmt: skip
    for arm in truth.arms:
        told = "" if arm == UNAIDED else f", its assistant in {100 * truth.reliability_of(arm):.0f} % of trials"
        print(f"  {arm}: right in {100 * truth.accuracy(arm):.1f} %{told}")
    return 0


def _check(truth: Truth) -> None:
    if len(set(truth.arms)) != len(truth.arms):
        raise PlanError("--reliability: name each share once; every one makes an arm")
    needed = len(truth.arms)
    if truth.items < needed or truth.participants < needed:
        raise PlanError(f"{needed} arms need at least {needed} people and {needed} items")
