"""items.csv, ratings.csv, exclusions.csv and codebook.csv."""

from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter

from django.db.models import QuerySet

from analysis.schema import codebook_rows, table
from studies.domain.analysis_plan import Exclusion
from studies.domain.exclusions import RULES
from studies.exports import ids
from studies.exports.columns import Columns
from studies.exports.scope import Scope
from studies.exports.trials import people_with_trials
from studies.models import Item, ProtocolVersion, Rating, StudyItem

ITEMS_AT_ONCE = 500


def pool(scope: Scope) -> QuerySet[StudyItem]:
    return StudyItem.objects.filter(version__study=scope.study)


def items(scope: Scope) -> Iterator[Item]:
    """Every item of any frozen version's pool, once."""
    rows = Item.objects.filter(pk__in=pool(scope).values("item")).select_related("dataset", "passage")
    rows = rows.defer("passage__text", "metadata").order_by("dataset__name", "pk")
    return rows.iterator(chunk_size=ITEMS_AT_ONCE)


def ratings(scope: Scope) -> Iterator[Rating]:
    rows = Rating.objects.filter(item__in=pool(scope).values("item")).select_related("item__dataset")
    rows = rows.defer("item__question", "item__options", "item__metadata")
    return rows.order_by("item__dataset__name", "item_id", "source", "pk").iterator(chunk_size=ITEMS_AT_ONCE)


ITEMS: Columns = {
    "item_id": lambda item: ids.item_id(item.dataset.name, item.key),
    "dataset": lambda item: item.dataset.name,
    "dataset_version": lambda item: item.dataset.loaded_at,
    "family": lambda item: item.dataset.family,
    "split": lambda item: item.split,
    "category": lambda item: item.category,
    "passage_id": lambda item: ids.passage_id(item.dataset.name, getattr(item.passage, "key", None)),
    "question": lambda item: item.question,
    "options": lambda item: item.options,
    "gold": lambda item: item.gold,
    "n_options": lambda item: len(item.options),
    "key_status": lambda item: item.key_status,
    "text_sha256": lambda item: item.content_sha256,
}

RATINGS: Columns = {
    "item_id": lambda rating: ids.item_id(rating.item.dataset.name, rating.item.key),
    "source": lambda rating: rating.source,
    "rater_id": lambda rating: rating.rater_id,
    "answer": lambda rating: rating.answer,
    "correct": lambda rating: rating.correct,
    "seconds": lambda rating: rating.seconds,
}


# -- exclusions ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ExclusionRow:
    """A rule and a case of it; without a target a rule that has none (or that can't be applied yet)."""

    slug: str
    version: ProtocolVersion
    rule: Exclusion
    target: str
    note: str = ""


def exclusions(scope: Scope) -> Iterator[ExclusionRow]:
    slug = scope.study.slug
    without: dict[tuple[int, str], ExclusionRow] = {
        (version.pk, rule.name): ExclusionRow(slug, version, rule, "", _note(scope, rule))
        for version in scope.versions.values()
        for rule in version.protocol.exclusions
    }
    if not without:
        return
    for found in people_with_trials(scope):
        version = scope.versions[found.person.version_id]
        for case in found.cases:
            without.pop((version.pk, case.rule.name), None)
            yield ExclusionRow(slug, version, case.rule, case.trial_id or found.person.code)
    yield from without.values()


def _note(scope: Scope, rule: Exclusion) -> str:
    if scope.blinded and RULES[rule.rule].needs_key:
        return "not applied yet: outcomes are withheld until the study is closed or unblinded"
    return "applies to nobody"


def _reason(row: ExclusionRow) -> str:
    value = "" if row.rule.value is None else f" {row.rule.value:g}"
    words = f"{row.rule.rule}{value}: {row.rule.why}" if row.rule.why else f"{row.rule.rule}{value}"
    return f"{words} ({row.note})" if row.note else words


EXCLUSIONS: Columns = {
    "study": lambda row: row.slug,
    "level": lambda row: row.rule.level,
    "target_id": lambda row: row.target,
    "rule": lambda row: row.rule.name,
    "declared": lambda row: "protocol",
    "reason": _reason,
    "use": lambda row: "sensitivity" if RULES[row.rule.rule].sensitivity else "excluded",
    "by": lambda row: "protocol",
    "at": lambda row: row.version.frozen_at,
    "unblinded": lambda row: False,  # frozen with the protocol, before its first answer
}


# -- codebook ------------------------------------------------------------------------------------------------


def codebook(scope: Scope) -> Iterator[dict[str, str]]:
    return codebook_rows()


CODEBOOK: Columns = {column: itemgetter(column) for column in table("codebook").column_names}
