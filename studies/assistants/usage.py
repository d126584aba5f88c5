"""What a call used that its provider never said: it was stopped, cut off, or lost with its process."""

from dataclasses import replace

from studies.assistants.base import ModelRequest, Receipt

BYTES_PER_TOKEN = 4  # of English text, by the rule of thumb that providers give


def estimated_tokens(*texts: str) -> int:
    """About how many tokens these texts are: UTF-8 bytes by four, rounded up."""
    return _tokens(sum(len(text.encode()) for text in texts))


def tokens_sent(request: ModelRequest) -> int:
    """About how many tokens a request sends."""
    return estimated_tokens(request.system, *(turn.text for turn in request.turns))


def completed(known: Receipt, request: ModelRequest, text: str) -> tuple[Receipt, str]:
    """The receipt of a call that did not end, and which of its counts are estimates, such as "input output".

    The output is one unless the provider had counted all of it: what it says at the start counts no words. Thinking is
    in the estimate as far as it came; of a model that sends a summary of it, or nothing, that is less than was used.
    """
    counts = {"input": known.input_tokens, "output": known.output_tokens if known.output_is_final else None}
    estimated = " ".join(name for name, count in counts.items() if count is None)
    so_far = max(known.output_tokens or 0, _tokens(len(text.encode()) + known.thought_bytes))
    sent = tokens_sent(request) if counts["input"] is None else counts["input"]
    output = so_far if counts["output"] is None else counts["output"]
    return replace(known, input_tokens=sent, output_tokens=output), estimated


def _tokens(length: int) -> int:
    return -(-length // BYTES_PER_TOKEN)
