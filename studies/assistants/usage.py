"""What a call used that its provider never said: it was stopped, cut off, or lost with its process."""

from dataclasses import replace

from studies.assistants.base import ModelRequest, Receipt

BYTES_PER_TOKEN = 4  # of English text, by the rule of thumb that providers give


def estimated_tokens(*texts: str) -> int:
    """About how many tokens these texts are: UTF-8 bytes by four, rounded up."""
    return -(-sum(len(text.encode()) for text in texts) // BYTES_PER_TOKEN)


def tokens_sent(request: ModelRequest) -> int:
    """About how many tokens a request sends."""
    return estimated_tokens(request.system, *(turn.text for turn in request.turns))


def completed(known: Receipt, request: ModelRequest, text: str) -> tuple[Receipt, str]:
    """The receipt of a call that did not end, and which of its counts are estimates: "output", or "input output".

    The output always is: what a provider says of it at the start counts no words. Thinking is not in it.
    """
    output = max(known.output_tokens or 0, estimated_tokens(text))
    if known.input_tokens is not None:
        return replace(known, output_tokens=output), "output"
    return replace(known, input_tokens=tokens_sent(request), output_tokens=output), "input output"
