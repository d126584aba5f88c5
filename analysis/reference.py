"""Published results that a new study is held next to. They are printed as they stand, never pooled."""

from analysis.plan import Row

SOURCE = "Bowman et al. 2022, Measuring Progress on Scalable Oversight for Large Language Models, table 1"

_TABLE_1: tuple[tuple[str, float | None, float | None, float | None, float | None], ...] = (
    ("unaided human", 57.2, 6, 48.6, 17),
    ("unaided human, weighted majority vote", 66.0, 10, 50.0, 15),
    ("model zero-shot", 57.2, 6, 59.2, 7),
    ("model 5-shot", 61.9, 4, None, None),
    ("model best-of-20 chain of thought", 65.6, 16, 66.9, 17),
    ("human + model", 75.4, 12, 76.8, 7),
    ("human + model, weighted majority vote", 78.0, 18, 86.0, 11),
    ("expert (published estimates)", 90.0, None, 93.5, None),
)

EXPERTS = {"mmlu": 0.90, "quality": 0.935}
"""Accuracy of experts by dataset family: MMLU by its authors' estimate, QuALITY by untimed annotators."""


def founding_study() -> list[Row]:
    """Table 1 of the founding study, as printed: ``mmlu_accuracy mmlu_calibration_error quality_accuracy
    quality_calibration_error``.

    Returns
    -------
    list of dict
        Percent; ``None`` where not given.

    References
    ----------
    Bowman et al. (2022), arXiv:2211.03540, table 1.
    """
    return [
        {
            "condition": condition,
            "mmlu_accuracy": mmlu,
            "mmlu_calibration_error": mmlu_error,
            "quality_accuracy": quality,
            "quality_calibration_error": quality_error,
            "source": SOURCE,
        }
        for condition, mmlu, mmlu_error, quality, quality_error in _TABLE_1
    ]
