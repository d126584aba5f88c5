"""The methods of a report as one paragraph with citations, made from what was computed and how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from analysis.chapters.sandwiching import experts_by_task
from analysis.plan import Plan
from analysis.words import UNANSWERED, counted

Results = Mapping[str, Any]

_SENTENCES = (
    ("mixed_model", "A crossed logistic mixed model with random intercepts and arm slopes of participants and items "
     "(Baayen et al. 2008; Bates et al. 2015) stands beside them, as average marginal effect."),
    ("reliance", "Reliance is the share of answers that were the assistant's option, by whether that was right "
     "(Schemmer et al. 2023)."),
    ("calibration", "Confidence was scored by the Brier score and its decomposition (Murphy 1973; Stephenson et al. "
     "2008), debiased calibration error (Kumar et al. 2019) and AUROC (Fleming & Lau 2014), with two-way jackknife "
     "intervals (MacKinnon et al. 2024)."),
    ("votes", "Votes of k participants are plurality votes without replacement."),
    ("timing", "Times are Kaplan–Meier estimates (1958) in which times cut off by the clock are censored."),
    ("consort", "The flow of participants follows CONSORT 2010 (Schulz et al. 2010)."),
    ("sensitivity", "What was not randomised was bounded in the mean-outcome model (Rambachan et al. 2022), with "
     "E-values (VanderWeele & Ding 2017)."),
    ("agreement", "Agreement of raters is Krippendorff's alpha (2011)."),
)  # fmt: skip


def paragraph(plan: Plan, results: Results) -> str:
    """What was compared and how sure it is, a sentence for each section that has rows, and the software."""
    told = (text for name, text in _SENTENCES if results[name])
    return " ".join([*_compared(plan, results), *_adjusted(results), *told, *_weighted(results), *_team(results),
                     *_experts(results), _software(results)])  # fmt: skip


def _adjusted(results: Results) -> Iterator[str]:
    families = [row["family"] for row in results["contrasts"] if row["p_holm"] is not None]
    if len(families) > 1:
        which = "The planned contrasts" if "planned" in families else "Contrasts with the unaided arm"
        yield f"{which} were adjusted by Holm's (1979) procedure."


def _weighted(results: Results) -> Iterator[str]:
    if any(row["rule"] == "product" for row in results["votes"]):
        yield "Weighted votes are products of stated probabilities (Nitzan & Paroush 1982; Bowman et al. 2022)."


def _team(results: Results) -> Iterator[str]:
    """Only of what there is: without a model there is no complementarity, without a ceiling no gap."""
    rows = results["sandwiching"]
    if any(row["complementarity"] is not None for row in rows):
        yield "Complementarity (Bansal et al. 2021) has an intersection–union interval (Berger 1982)."
    if any(row["gap_recovered"] is not None for row in rows):
        yield "The gap recovered (Burns et al. 2023) has Fieller's (1954) interval."


def _experts(results: Results) -> Iterator[str]:
    """Who stands for experts, by task."""
    primary = [row for row in results["sandwiching"] if row["primary"] and row["expert_source"]]
    for tasks, source in experts_by_task(primary):
        yield f"Experts{f' on {tasks}' if tasks else ''}: {source}."


def _compared(plan: Plan, results: Results) -> Iterator[str]:
    n = results["n"]
    weighed = "" if plan.first.weights == "response" else f", and each {plan.first.weights} weighs the same"
    person = "simulated participant" if results["people"] == "simulated" else "participant"
    yield (
        f"{counted(n['participants'], person)} opened {counted(n['responses'], 'main trial')} in a "
        f"{plan.design}-subject design; a trial without a counted answer is {UNANSWERED[plan.first.timeouts]}{weighed}."
    )
    clustered = "participant (these items only)" if plan.population == "fixed" else "participant and by item or passage"
    yield (
        f"Intervals are {100 * plan.level:.0f} % cluster-robust by {clustered} (Cameron et al. 2011), never below the "
        "larger one-way variance, with t quantiles of the smaller number of clusters less one."
    )


def _software(results: Results) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in results["versions"].items())
    return f"Software: {versions}."
