"""codings.csv, assistants.csv and coder_agreement.csv: the instrument, as it was drawn and as it was."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from studies.domain.answers import to_shown
from studies.exports import ids
from studies.exports.columns import Columns
from studies.exports.scope import Scope, batches
from studies.models import AuditCoding, Message, Pool
from studies.queries import audit


def codings(scope: Scope) -> Iterator[AuditCoding]:
    for people in batches(scope.givers()):
        rows = AuditCoding.objects.filter(message__trial__allocation__participant__in=people)
        rows = rows.select_related(
            "message__trial__allocation__participant", "message__trial__allocation__item__dataset"
        )
        yield from rows.order_by("message_id", "coder_id")


CODINGS: Columns = {
    "message_id": lambda row: row.message.public_id,
    "trial_id": lambda row: row.message.trial.public_id,
    "item_id": lambda row: _item_id(row.message),
    "coder_id": lambda row: ids.coder_id(row.coder_id),
    "recommended": lambda row: row.letter,
    "recommended_shown": lambda row: to_shown(row.message.trial.allocation.choice_order, row.letter),
    "coded_at": lambda row: row.at,
    "is_simulated": lambda row: row.message.trial.allocation.participant.pool == Pool.SIMULATED,
    "is_preview": lambda row: row.message.trial.allocation.participant.pool == Pool.PREVIEW,
}


def _item_id(message: Message) -> str:
    item = message.trial.allocation.item
    return ids.item_id(item.dataset.name, item.key)


@dataclass(frozen=True)
class Line:
    """What is told of one pool of people."""

    study: str
    pool: str
    told: Any
    gave_away: int = 0


def assistants(scope: Scope) -> Iterator[Line]:
    for pool in scope.pools:
        found = audit.overview(study=scope.study, pool=pool)
        leaks = Counter(name for name, _ in {(leak.assistant, leak.trial) for leak in found.leaks})
        for line in found.lines:
            yield Line(scope.study.slug, pool, line, leaks[line.assistant])


def coder_agreement(scope: Scope) -> Iterator[Line]:
    """Nothing where nobody has coded."""
    for pool in scope.pools:
        compared = audit.codings_agree(study=scope.study, pool=pool)
        yield from (Line(scope.study.slug, pool, one) for one in compared if one.pairs)


def _told(name: str) -> Callable[[Line], Any]:
    return lambda line: getattr(line.told, name)


_LINE: Columns = {
    "study": lambda line: line.study,
    "is_simulated": lambda line: line.pool == Pool.SIMULATED,
    "is_preview": lambda line: line.pool == Pool.PREVIEW,
}
ASSISTANTS: Columns = {
    **_LINE,
    **{
        name: _told(name)
        for name in (
            "assistant", "strategy", "trials", "talked", "set_share", "drawn_right", "recommended", "realised_right",
            "as_drawn", "unread", "not_argued",
        )
    },
    "gave_away": lambda line: line.gave_away,
}  # fmt: skip
CODER_AGREEMENT: Columns = {
    **_LINE,
    "between": lambda line: line.told.between.replace(" ", "_"),
    **{name: _told(name) for name in ("pairs", "agree", "kappa", "missed", "invented", "another")},
}
