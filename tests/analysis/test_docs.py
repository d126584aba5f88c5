"""Every public estimator says what it computes, in which unit, and where the formula is from."""

import importlib
import inspect
import re
from types import ModuleType

import pytest

ESTIMATORS = {
    "inference": ("ratio", "proportion", "difference", "jackknife", "jackknife_of"),
    "multiplicity": ("p_value", "holm"),
    "pigeonhole": ("weighted_sums",),
    "derived": ("intersection_union", "gap_recovered", "not_worse"),
    "scores": ("brier", "reliability", "resolution", "uncertainty", "within_variance", "within_covariance",
               "calibration_error", "founding_error", "log_losses", "null_error", "crossed_null_and_square",
               "independent_square", "concordance"),
    "ballots": ("plurality", "product_votes", "weighted"),
    "uptake": ("uptake", "detection"),
    "dropout": ("fisher_exact", "lee_bounds", "trimmed_means"),
    "spread": ("wilson", "newcombe"),
    "mixed": ("fit", "marginal"),
    "sensitivity": ("bounds", "e_value"),
    "agreement": ("alpha", "krippendorff", "fleiss", "agreeing"),
    "power": ("power", "wilson", "two_way"),
}  # fmt: skip
# Numbers that are steps on the way to an estimate, or an estimate made elsewhere in other words.
STEPS = {"bin_sums", "bin_sums_without", "coincidences", "sums_without", "interval_of", "undefined", "logits", "vote",
         "right", "outcome", "drawn_ratios", "e_values", "as_numbers", "share", "t_quantile", "pluralities",
         "weighted_alike", "won"}  # fmt: skip
NUMBERS = re.compile(r"Estimate|float\b|FloatArray")


def module(name: str) -> ModuleType:
    return importlib.import_module(f"analysis.{name}")


@pytest.mark.parametrize(("home", "name"), [(home, name) for home, names in ESTIMATORS.items() for name in names])
def test_an_estimator_names_its_unit_and_its_source(home: str, name: str) -> None:
    text = inspect.getdoc(getattr(module(home), name)) or ""
    assert re.search(r"^Returns\n-------\n\S", text, re.M), "the unit stands under Returns"
    assert re.search(r"^References\n----------\n\S", text, re.M), "the source stands under References"


@pytest.mark.parametrize("home", ESTIMATORS)
def test_no_estimator_is_left_out_of_this_list(home: str) -> None:
    here = module(home)
    numeric = {
        name
        for name, function in inspect.getmembers(here, inspect.isfunction)
        if function.__module__ == here.__name__ and not name.startswith("_")
        and NUMBERS.search(str(function.__annotations__.get("return", "")))
    }  # fmt: skip
    assert numeric - set(ESTIMATORS[home]) - STEPS == set()
