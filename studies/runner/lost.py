"""What is known of the model call behind a reply whose process died: no more than its row and its checkpoints say."""

from studies.assistants import registry
from studies.assistants.base import Receipt
from studies.assistants.usage import completed
from studies.domain.states import MessageStatus
from studies.models import Message
from studies.queries.trials import protocol_of
from studies.runner.job import situation_of
from studies.runner.source import cost
from studies.services.replies import PROCESS_DIED, Call


def lost_call(reply: Message) -> Call | None:
    """The call with its counts estimated; None where none had begun. Of several calls of a reply only one is known."""
    if reply.status != MessageStatus.STREAMING:
        return None
    rules = protocol_of(reply.trial).assistants[reply.trial.allocation.brief.assistant]
    try:
        request = registry.strategy(rules.strategy).request(situation_of(reply))
    except ValueError:
        return None  # a request that could not be made was not made
    known, estimated = completed(Receipt(), request, reply.text)
    model = str(request.options.get("model", ""))
    return Call(
        started_at=reply.sent_at,
        provider=rules.provider,
        model_requested=model,
        prompt_sha256=request.prompt_sha256,
        purpose=request.purpose,
        input_tokens=known.input_tokens,
        output_tokens=known.output_tokens,
        tokens_estimated=estimated,
        cost_usd=cost(known, model),
        error=PROCESS_DIED,
    )
