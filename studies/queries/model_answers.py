"""What a model, or the raters of a data set, answered to items: which errors there are for an assistant to argue."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from django.db.models import Count, Q

from studies.domain import briefs
from studies.domain.protocol import Assistant, Protocol
from studies.models import Allocation, BaselineAnswer, Item, Rating, StudyItem

Answers = Mapping[int, Mapping[str, int]]


def answers_of(name: str, *, datasets: Iterable[str]) -> Answers:
    """How often each letter was given to each item (by its key in the database), refusals and the like left out.

    `name` is the code of a model-only run; or a model, with all that it answered in benchmark runs; or else the source
    of ratings.
    """
    by_model = Q(run__comparator="benchmark") & (Q(run__model=name) | Q(model_returned=name))
    asked = BaselineAnswer.objects.filter(by_model | Q(run__code=name), outcome="answered")
    rated = Rating.objects.filter(source=name).exclude(answer="")
    for rows in (asked, rated):
        counted = rows.filter(item__dataset__name__in=list(datasets)).order_by()
        found: dict[int, Counter[str]] = defaultdict(Counter)
        for item, letter, times in counted.values_list("item", "answer").annotate(times=Count("pk")):
            found[item][letter] += times
        if found:
            return found
    return {}


def answers_wanted(protocol: Protocol) -> dict[str, Answers]:
    """Those that the study's briefs are drawn by, by the name that the study file gives."""
    datasets = [task.dataset for task in protocol.tasks]
    names = sorted({one.errors_of for one in protocol.assistants.values() if one.draws_by_errors and one.errors_of})
    return {name: answers_of(name, datasets=datasets) for name in names}


def answers_on(planned: Allocation, rules: Assistant) -> dict[str, int]:
    """How often each letter was answered to the item of a planned trial, as frozen with its version."""
    if not rules.draws_by_errors:
        return {}
    rows = StudyItem.objects.filter(version=planned.participant.version_id, item=planned.item_id, kind="main")
    found = rows.values_list("answers", flat=True).first() or {}
    return dict(found.get(rules.errors_of, {}))


def wrong_letters(item: Item, rules: Assistant, answers: Mapping[str, int]) -> str:
    """The letters that a wrong target is drawn from; '' for any distractor. A checked study has what it goes by."""
    if rules.wrong == "uniform":
        return ""
    if rules.wrong == "commonest_error":
        return briefs.commonest_errors(gold=item.gold, letters=item.letters, answers=answers)
    votes = item.metadata.get("best_distractor_votes", {})
    return briefs.best_distractors(gold=item.gold, letters=item.letters, votes=votes)
