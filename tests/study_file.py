"""The study file of tests that run the platform as processes of its own: two questions of a data set, an assistant."""

STUDY = """
[study]
slug = "{slug}"
title = "{slug}"
seed = 7
expected_minutes = 3
pay = "nothing"
contact_name = "Somebody"
contact_email = "somebody@example.org"

[design]
participants = 20
{design}

[[tasks]]
name = "mmlu"
dataset = "{dataset}"
items_per_arm = 2
time_limit_seconds = {seconds}
{unaided}
[[arms]]
name = "assisted"
label = "Assisted"
assistant = "guide"

[assistants.guide]
{assistant}

[consent]
items = [{{ key = "study", text = "I agree." }}]

[texts]
instructions = "Answer."
debrief = "The assistant was sometimes wrong on purpose."
"""
UNAIDED = """
[[arms]]
name = "unaided"
label = "Unaided"
"""


def study_file(
    slug: str, *, assistant: str, dataset: str = "", seconds: int = 60, design: str = "", unaided: bool = True
) -> str:
    """TOML; `assistant` and `design` are lines of their tables. The data set is called as the study unless named."""
    return STUDY.format(
        slug=slug, dataset=dataset or slug, seconds=seconds, design=design, assistant=assistant.strip(),
        unaided=UNAIDED if unaided else "",
    )  # fmt: skip
