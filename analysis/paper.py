"""The methods of a report as one paragraph with citations, made from what was computed and how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from analysis.chapters.sandwiching import experts_by_task
from analysis.plan import Plan
from analysis.words import counted

Results = Mapping[str, Any]

_SENTENCES = (
    ("contrasts", "Contrasts with the unaided arm were adjusted by Holm's (1979) procedure."),
    ("mixed_model", "A crossed logistic mixed model with random intercepts and arm slopes of participants and items "
     "(Baayen et al. 2008; Bates et al. 2015) stands beside them, as average marginal effect."),
    ("reliance", "Reliance is the share of answers that were the assistant's option, by whether that was right "
     "(Schemmer et al. 2023)."),
    ("calibration", "Confidence was scored by the Brier score and its decomposition (Murphy 1973; Stephenson et al. "
     "2008), debiased calibration error (Kumar et al. 2019) and AUROC (Fleming & Lau 2014), with two-way jackknife "
     "intervals (MacKinnon et al. 2024)."),
    ("votes", "Votes of k participants are plurality votes without replacement, and products of stated "
     "probabilities (Nitzan & Paroush 1982; Bowman et al. 2022)."),
    ("sandwiching", "Complementarity (Bansal et al. 2021) has an intersection–union interval (Berger 1982), the gap "
     "recovered (Burns et al. 2023) Fieller's (1954)."),
    ("timing", "Times are Kaplan–Meier estimates (1958) in which times cut off by the clock are censored."),
    ("consort", "The flow of participants follows CONSORT 2010 (Schulz et al. 2010)."),
)  # fmt: skip


def paragraph(plan: Plan, results: Results) -> str:
    """One sentence for what was compared and how sure it is, one for each section that has rows, one for software."""
    return " ".join([*_compared(plan, results), *(text for name, text in _SENTENCES if results[name]),
                     *_experts(results), _software(results)])  # fmt: skip


def _experts(results: Results) -> Iterator[str]:
    """Who stands for experts, by task."""
    primary = [row for row in results["sandwiching"] if row["primary"] and row["expert_source"]]
    for tasks, source in experts_by_task(primary):
        yield f"Experts{f' on {tasks}' if tasks else ''}: {source}."


def _compared(plan: Plan, results: Results) -> Iterator[str]:
    n = results["n"]
    yield (
        f"{counted(n['participants'], 'participant')} opened {counted(n['responses'], 'main trial')} in a "
        f"{plan.design}-subject design; a trial without a counted answer is wrong."
    )
    clustered = "participant (these items only)" if plan.population == "fixed" else "participant and by item or passage"
    yield (
        f"Intervals are {100 * plan.level:.0f} % cluster-robust by {clustered} (Cameron et al. 2011), never below the "
        "larger one-way variance, with t quantiles of the smaller number of clusters less one."
    )


def _software(results: Results) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in results["versions"].items())
    return f"Software: {versions}."
