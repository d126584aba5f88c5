"""What a study file freezes of its analysis: contrasts and rules of the report, and whom it leaves out beside it."""

from typing import Literal

from pydantic import Field

from studies.domain.part import Name, Part


class Exclusion(Part):
    name: str = Name
    rule: Literal[
        "failed_attention",
        "min_answered_share",
        "max_timed_out_share",
        "max_blur_seconds",
        "unaided_accuracy_above",
        "min_seconds",
        "zero_turns",
    ]
    value: float | None = None
    level: Literal["participant", "trial"] = "participant"
    why: str = ""


class Contrast(Part):
    arm: str
    against: str
    direction: Literal["greater", "less", "two_sided"] = "greater"


class Analysis(Part):
    primary: list[Contrast] = Field(default=[], description="all other contrasts are printed as exploratory")
    items: Literal["random", "fixed"] = Field(
        default="random", description="whether conclusions are about such items, or about these"
    )
    weights: Literal["response", "item", "participant"] = Field(
        default="response",
        description="what weighs the same in accuracies and their differences: a trial, item, person",
    )
    timeouts: Literal["wrong", "missing"] = Field(
        default="wrong", description="how a trial without a counted answer counts"
    )
    alpha: float = Field(default=0.05, gt=0, lt=0.5)
    margin: float | None = Field(default=None, gt=0, lt=1, description="of equivalence, as a share")
    holm: bool = Field(default=True, description="correct the primary contrasts for their number")
    planned_participants: int | None = Field(default=None, ge=1)
    stopping: str = "at the planned number of participants"
