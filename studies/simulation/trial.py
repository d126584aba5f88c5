"""One trial of a simulated person in virtual time: reading, choosing, talking, answering, or being timed out."""

import math
from collections.abc import Callable, Generator
from datetime import datetime

from studies.domain.answers import to_original
from studies.domain.errors import Refused
from studies.domain.transcript import shown_options
from studies.domain.wire import ClientEvent
from studies.models import Trial
from studies.queries.trials import needs_initial, protocol_of
from studies.services import chat, telemetry, trials
from studies.simulation import words
from studies.simulation.person import Person, Scene, on_scale
from studies.simulation.reply import Assistants, Reply

Waits = Generator[float, None, None]
OVER = ("time_up", "trial_closed")
TOO_LATE_TO_ASK = 0.4  # share of the time limit


class AtTrial:
    """`clock` tells the virtual time. A person who is late finds the trial closed, and goes on from there."""

    def __init__(
        self, person: Person, trial: Trial, scene: Scene, assistants: Assistants, clock: Callable[[], datetime]
    ) -> None:
        self._person, self._trial, self._scene, self._assistants, self._now = person, trial, scene, assistants, clock
        self._approach = person.approach(scene)
        self._protocol = protocol_of(trial)
        self._order = trial.allocation.choice_order
        self._recommended = ""

    def steps(self) -> Waits:
        try:
            yield from self._until_answered()
        except Refused as refused:
            if refused.code not in OVER:
                raise

    def _until_answered(self) -> Waits:
        yield self._approach.reading_seconds
        yield from self._initial()
        if self._approach.chooses_early:
            self._choose(self._approach.belief, self._approach.sure)
        yield from self._drift_off()
        for number in range(1, self._approach.messages + 1):
            if number > 1 and self._left() < TOO_LATE_TO_ASK * (self._scene.limit_seconds or 0):
                break
            yield from self._talk(number)
        yield self._person.thinks(self._scene, self._approach, self._left())
        answer, sure = self._person.conclude(self._scene, self._approach, self._recommended)
        self._choose(answer, sure)
        yield self._person.seconds(2, "submits", self._scene.key)
        trials.submit(
            trial=self._trial, answer=self._original(answer), confidence_raw=self._entered(sure), now=self._now()
        )

    def _initial(self) -> Waits:
        if needs_initial(self._trial.allocation, self._protocol):
            yield self._approach.thinking_seconds / 2
            answer, sure = self._original(self._approach.belief), self._entered(self._approach.sure)
            trials.give_initial(trial=self._trial, answer=answer, confidence_raw=sure, now=self._now())

    def _choose(self, answer: str, sure: float) -> None:
        raw = self._entered(sure)
        trials.save_draft(trial=self._trial, answer=self._original(answer), confidence_raw=raw, now=self._now())

    def _original(self, shown: str) -> str:
        return to_original(self._order, shown)

    def _entered(self, sure: float) -> str:
        return on_scale(sure, self._protocol.confidence, self._scene.options)

    # -- the chat ----------------------------------------------------------------------------------------------

    def _talk(self, number: int) -> Waits:
        """Write, wait for the reply, read it."""
        text = self._message(number)
        yield self._person.seconds(2 + len(text) / 12, "types", self._scene.key, number)
        client_id = f"s{self._trial.public_id[:12]}-{number}"
        posted = chat.post_message(trial=self._trial, client_id=client_id, text=text, now=self._now())
        assert posted.reply is not None, "every message has its reply"
        reply = self._assistants.write(posted.reply, now=self._now())
        if reply is not None:
            yield from self._read(reply, number)

    def _message(self, number: int) -> str:
        text = words.message(self._person, self._scene, self._approach, number, self._recommended)
        planned = self._trial.allocation
        if number > 1 or "question" in self._protocol.assistants[planned.brief.assistant].sees:
            return text
        pasted = words.with_question(text, planned.item.question, shown_options(planned.item.options, self._order))
        return pasted[: self._protocol.chat.max_message_chars]

    def _read(self, reply: Reply, number: int) -> Waits:
        """A reply is finished when it is due, or with the trial when that ends before."""
        grace = self._protocol.clock.grace_seconds + 0.1
        yield min(reply.seconds, self._left() + grace)
        if self._left() < 0 or self._protocol.clock.during_reply == "pauses":
            trials.close_overdue(session=trials.session_of(self._trial), now=self._now())
        self._recommended = self._assistants.finish(reply, now=self._now()) or self._recommended
        yield self._person.seconds(len(reply.ending.text.split()) / 8, "reads", self._scene.key, number)

    def _left(self) -> float:
        """Seconds on the clock, which nothing moves; without an end where it stands still during replies."""
        due = self._trial.deadline_at
        if due is None or self._protocol.clock.during_reply == "pauses":
            return math.inf
        return float((due - self._now()).total_seconds())

    # -- what the browser notices ------------------------------------------------------------------------------

    def _drift_off(self) -> Waits:
        if not self._person.happens(self._person.population.drifts_off, "drifts off", self._scene.key):
            return
        self._report("blur", None)
        away = self._person.seconds(9, "away", self._scene.key)
        yield away
        self._report("focus", round(away * 1000))

    def _report(self, kind: str, length: int | None) -> None:
        event = ClientEvent(kind=kind, target="page", length=length, at=self._now())
        session = trials.session_of(self._trial)
        telemetry.record_client(session=session, events=[event], now=self._now(), trial=self._trial)
