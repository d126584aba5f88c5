"""Agreement of raters against published tables (r/agreement.R), and from a package to its rows."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.agreement import Scale, agreement, fleiss, krippendorff
from analysis.exclusions import main_trials
from analysis.load import load
from analysis.plan import Section, plan_of
from tests.analysis.packages import crossed, package, shared


def case(name: str) -> tuple[dict[str, Any], pd.DataFrame]:
    expected = json.loads(shared("anchors/expected.json").read_text())[name]
    return expected, pd.read_csv(shared(f"anchors/{expected['data']}"))


def rows(path: Path, ratings: list[dict[str, Any]], **tables: Any) -> list[dict[str, Any]]:
    return section(package(path / "a.zip", crossed(6, 8), tables={"ratings": ratings, **tables})).rows


def section(path: Path) -> Section:
    loaded = load(path)
    trials = main_trials(loaded)
    return agreement(loaded, plan_of(loaded, trials), trials)


def rating(item: int, rater: int, answer: str) -> dict[str, Any]:
    return {"item_id": f"I{item}", "source": "expert", "rater_id": f"R{rater}", "answer": answer}


def keyed(items: int) -> list[dict[str, Any]]:
    return [{"item_id": f"I{item}", "family": "mmlu", "question": "?", "gold": "B"} for item in range(items)]


@pytest.mark.parametrize("scale", ["nominal", "ordinal", "interval", "ratio"])
def test_alpha_of_krippendorffs_published_example(scale: Scale) -> None:
    """Krippendorff (2011), example C/D: four observers, twelve units, missing data, one unit not pairable."""
    expected, frame = case("krippendorff")
    found = krippendorff(frame.iloc[:, 1:].to_numpy(dtype=float), scale)
    assert found == pytest.approx(expected["published"][scale], abs=expected["tolerance"])


def test_kappa_of_the_published_table_of_fourteen_raters() -> None:
    expected, frame = case("fleiss")
    found = fleiss(frame.iloc[:, 1:].to_numpy(dtype=float))
    assert found == pytest.approx(expected["recomputed"], abs=expected["tolerance"])


# Fleiss (1971), Psychological Bulletin 76:378, table 1: thirty patients' diagnoses by six psychiatrists each, counts of
# depression, personality disorder, schizophrenia, neurosis and other.
DIAGNOSES = """
00060 03003 01401 00006 03030 20400 00402 20310 20040 00006 10050 11040 03300 10050 02031
00501 30012 51000 02040 10203 00006 01050 02013 20040 10041 05010 40002 02040 10500 00006
"""


def test_kappa_and_alpha_of_fleiss_diagnoses_are_those_of_irr_and_irrcac() -> None:
    """kappam.fleiss of irr and krippen.alpha.dist of irrCAC (r/agreement.R)."""
    counts = np.array([[float(digit) for digit in unit] for unit in DIAGNOSES.split()])
    assert fleiss(counts) == pytest.approx(0.43024452, abs=5e-9)
    ratings = np.array([np.repeat(np.arange(5.0), unit.astype(int)) for unit in counts])
    assert krippendorff(ratings) == pytest.approx(0.433409828, abs=5e-10)


def test_the_intervals_of_alpha_and_kappa_are_nearly_those_of_irrcac(tmp_path: Path) -> None:
    """Gwet's linearised errors .0548 and .0542 with t of 29 degrees of freedom (r/agreement.R); ours delete items."""
    letters = ["".join(letter * int(count) for letter, count in zip("ABCDE", unit, strict=True))
               for unit in DIAGNOSES.split()]  # fmt: skip
    given = [rating(item, rater, letter) for item, unit in enumerate(letters) for rater, letter in enumerate(unit)]
    row = rows(tmp_path, given, items=keyed(30))[0]
    assert row["alpha"] == pytest.approx(0.433409828, abs=5e-10)
    assert (row["se"], row["df"]) == (pytest.approx(0.0547633618, rel=0.002), 29)
    reach = 2.045229642 * 0.0541989355
    ends = row["fleiss_kappa_low"], row["fleiss_kappa_high"]
    assert ends == pytest.approx((0.43024452 - reach, 0.43024452 + reach), abs=0.003)


def test_units_with_one_rating_and_order_of_raters_change_nothing() -> None:
    _, frame = case("krippendorff")
    ratings = frame.iloc[:, 1:].to_numpy(dtype=float)
    lonely = np.vstack([ratings, [np.nan, 2, np.nan, np.nan]])
    assert krippendorff(lonely[::-1, ::-1]) == pytest.approx(krippendorff(ratings), abs=1e-12)


def test_raters_who_always_agree_have_an_alpha_of_one_and_one_category_alone_none() -> None:
    assert krippendorff(np.array([[1.0, 1], [2, 2], [1, 1]])) == 1
    assert np.isnan(krippendorff(np.ones((5, 3))))
    assert np.isnan(fleiss(np.array([[3.0, 0], [3, 0]])))


def test_raters_who_guess_agree_as_chance_would() -> None:
    guesses = np.random.default_rng(1).integers(0, 4, (4000, 3)).astype(float)
    assert krippendorff(guesses) == pytest.approx(0, abs=0.02)


def test_kappa_is_for_equally_many_ratings_only() -> None:
    assert np.isnan(fleiss(np.array([[2.0, 1], [1, 1]])))


def test_a_packages_raters_are_compared_with_each_other_and_with_the_key(tmp_path: Path) -> None:
    ratings = [rating(item, rater, "A" if item % 4 == 0 or (rater == 2 and item % 4 == 1) else "B")
               for item in range(12) for rater in range(3)]  # fmt: skip
    row = rows(tmp_path, ratings, items=keyed(12))[0]
    assert (row["task"], row["source"], row["raters"], row["items_rated"]) == ("mmlu", "expert", 3, 12)
    # Three items in twelve have one dissenter: one of three pairs agrees; the majority misses the key in three.
    assert row["percent_agreement"] == pytest.approx((9 + 3 / 3) / 12)
    assert row["label_agreement"] == pytest.approx(9 / 12)
    table = np.array([[1.0 if r["answer"] == "A" else 2 for r in ratings if r["item_id"] == f"I{item}"]
                      for item in range(12)])  # fmt: skip
    assert row["estimate"] == row["alpha"] == pytest.approx(krippendorff(table))
    assert row["low"] < row["estimate"] < row["high"]
    assert "coverage .95–.97" in row["notes"]
    assert row["method"] == "item-clustered jackknife, t"


def test_unequal_numbers_of_ratings_leave_kappa_null_with_its_reason(tmp_path: Path) -> None:
    ratings = [rating(item, rater, "AB"[item % 2]) for item in range(12) for rater in range(2 + item % 2)]
    row = rows(tmp_path, ratings)[0]
    assert row["fleiss_kappa"] is None
    assert "fleiss_kappa undefined: items have different numbers of ratings" in row["notes"]
    assert row["label_agreement"] is None


def test_a_single_rater_cannot_agree(tmp_path: Path) -> None:
    row = rows(tmp_path, [rating(item, 0, "AB"[item % 2]) for item in range(6)], items=keyed(8))[0]
    assert (row["alpha"], row["percent_agreement"], row["label_agreement"]) == (None, None, 0.5)
    assert "no item has two ratings" in row["notes"]


def test_without_ratings_the_section_is_one_line(tmp_path: Path) -> None:
    assert section(package(tmp_path / "a.zip", crossed(6, 8))).reason.startswith("needs ratings.csv")
