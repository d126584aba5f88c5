"""Refusals: a stable code for a client, a sentence that says what to do for a person."""


class Refused(Exception):
    """A request that is not carried out; nothing of it was written."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class StudyFaults(Exception):
    """A study file that cannot be used: every fault with its key."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults
