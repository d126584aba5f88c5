"""The two layouts of QuALITY as types. What is not named here is not read."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field


def _written(value: Any) -> Any:
    """Ids are text; some conversions write them as numbers."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Id = Annotated[str, BeforeValidator(_written)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


class Untimed(_Part):
    """A validator with all the time in the world, who also took part in the gold label."""

    annotator: Id = Field(alias="untimed_annotator_id")
    answer: int | None = Field(alias="untimed_answer", default=None)
    answerability: int | None = Field(alias="untimed_eval1_answerability", default=None)
    context: int | None = Field(alias="untimed_eval2_context", default=None)
    # The published files have the first name, their README the second.
    best_distractor: int | None = Field(
        validation_alias=AliasChoices("untimed_best_distractor", "untimed_eval3_distractor"), default=None
    )


class Speed(_Part):
    """A validator who had 45 seconds; how many they took is not published."""

    annotator: Id = Field(alias="speed_annotator_id")
    answer: int | None = Field(alias="speed_answer", default=None)


class Question(_Part):
    question: str
    options: list[str]
    question_unique_id: Id = ""
    gold_label: int | None = None
    writer_label: int | None = None
    validation: list[Untimed] = []
    speed_validation: list[Speed] = []
    difficult: Literal[0, 1] | None = None


class Entry(_Part):
    """An article with questions; `counts_from` is the number of its first option."""

    counts_from: ClassVar[int]
    article: str
    article_id: Id = ""
    title: str = ""
    source: str = ""
    set_unique_id: Id = ""
    writer_id: Id = ""
    batch_num: Id = ""
    author: str | None = None
    year: int | str | None = None
    topic: str | None = None
    url: str | None = None
    license: str | None = None

    @property
    def questions(self) -> list[Question]:
        raise NotImplementedError


class PublishedEntry(Entry):
    counts_from = 1
    asked: list[Question] = Field(alias="questions")

    @property
    def questions(self) -> list[Question]:
        return self.asked


class SingleEntry(Entry, Question):
    counts_from = 0
    gold_label: int

    @property
    def questions(self) -> list[Question]:
        return [self]
