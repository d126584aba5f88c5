"""Faults, caps, pauses: what a model-only run does when it cannot simply go on."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from studies.domain.retries import Retries
from studies.models import BaselineAnswer, BaselineRun
from studies.queries.baselines import progress
from studies.runner.baselines import MOST_FAILED_IN_A_ROW, run_all
from studies.services import baselines
from tests.api_server import ApiServer
from tests.runner.model_only import ANTHROPIC, asked, exported, modelled, openai

pytestmark = pytest.mark.django_db(transaction=True)
QUICK = Retries(wait=0.01)


def answers() -> list[BaselineAnswer]:
    return list(BaselineAnswer.objects.order_by("pk"))


def planned(**more: Any) -> BaselineRun:
    """A run of four questions that nobody works on yet."""
    study = modelled(ANTHROPIC, **more)
    with pytest.raises(CommandError, match="--yes"):
        call_command("run_baseline", study.slug, verbosity=0)
    return BaselineRun.objects.get()


def elsewhere(act: Callable[[], Any]) -> None:
    """As another process would: in a thread with a connection of its own."""

    def there() -> None:
        try:
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=there)
    thread.start()
    thread.join()


def go_on(run: BaselineRun, *, after_first: Callable[[], Any] = lambda: None, concurrency: int = 1) -> None:
    first = [after_first]

    def told(_: int) -> None:
        if first:
            elsewhere(first.pop())

    run_all(run, concurrency=concurrency, retries=QUICK, told=told)


# -- faults --------------------------------------------------------------------------------------------------


def test_passing_faults_are_tried_again_and_every_attempt_is_recorded(api: ApiServer, tmp_path: Path) -> None:
    study = modelled(ANTHROPIC, questions=1)
    api.fail("429", "529", "500", "cut", "stall")
    asked(study, "--method", "stated_probability")
    (row,) = exported(study, tmp_path)
    faults = json.loads(row["faults"])
    assert [fault["code"] for fault in faults] == ["overloaded", "overloaded", "unavailable", "stream_cut", "stalled"]
    assert (row["outcome"], row["attempt"], len(api.requests)) == ("answered", "6", 6)
    assert [fault["retry_after"] for fault in faults[:3]] == [0.01, 0.01, None]
    sent = [fault["took"]["input_tokens"] for fault in faults]
    assert sent[:3] == [None, None, None], "what was turned away took nothing"
    assert int(row["input_tokens"]) == 3 * sent[3], "what was cut off was paid for"


def test_a_try_waits_as_long_as_the_service_asks(api: ApiServer) -> None:
    study = modelled(ANTHROPIC, questions=1)
    api.retry_after = 0.4
    api.fail("429")
    asked(study)
    (row,) = answers()
    assert row.asked_at is not None
    assert row.asked_at - datetime.fromisoformat(row.faults[0]["at"]) >= timedelta(seconds=0.4)


def test_waits_double_and_end_and_no_service_is_waited_for_forever() -> None:
    waits = [Retries(tries=4, wait=1).wait_before(n, retry_after=None, seed="s") for n in (2, 3, 4, 5)]
    assert [wait and int(wait) for wait in waits[:3]] in ([1, 2, 4], [1, 2, 5], [1, 3, 4], [1, 3, 5])
    assert waits[3] is None
    assert Retries().wait_before(2, retry_after=3600, seed="s") is None


def test_tries_are_bounded_and_then_the_question_has_failed(api: ApiServer, tmp_path: Path) -> None:
    study = modelled(ANTHROPIC, questions=2)
    api.fail("529", "529")
    asked(study, "--tries", "2")
    failed, answered = exported(study, tmp_path)
    assert (failed["outcome"], failed["stop_reason"], failed["attempt"]) == ("failed", "overloaded", "2")
    assert failed["correct"] == ""
    assert answered["outcome"] == "answered"


def test_what_no_try_can_mend_is_not_tried_again(api: ApiServer) -> None:
    study = modelled(ANTHROPIC, questions=2)
    api.fail("context")
    asked(study)
    assert [(row.outcome, row.stop_reason, row.attempts) for row in answers()] == [
        ("failed", "context_overflow", 1), ("answered", "end", 1),
    ]  # fmt: skip


def test_a_wrong_key_stops_the_run_in_one_line_and_fails_no_question(
    api: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = modelled(ANTHROPIC, questions=4)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "wrong")
    with pytest.raises(CommandError, match="refused the key") as told:
        asked(study, concurrency=2)
    assert "\n" not in str(told.value)
    assert len(api.requests) <= 2
    assert {row.outcome for row in answers()} == {""}
    monkeypatch.undo()


def test_a_run_in_which_everything_fails_stops_by_itself(api: ApiServer) -> None:
    study = modelled(ANTHROPIC, questions=MOST_FAILED_IN_A_ROW + 5)
    api.fail(*["context"] * 40)
    with pytest.raises(CommandError, match="failed in a row, the last one with context_overflow"):
        asked(study)
    assert len(api.requests) == MOST_FAILED_IN_A_ROW


# -- caps ----------------------------------------------------------------------------------------------------


def test_a_run_ends_at_its_cap_and_goes_on_under_a_higher_one(api: ApiServer) -> None:
    study = modelled(ANTHROPIC)
    with pytest.raises(CommandError, match="the cap of 60 tokens is reached"):
        asked(study, "--cap-tokens", "60")
    run = BaselineRun.objects.get()
    done = [row for row in answers() if row.outcome]
    assert 60 <= run.spent_tokens == sum((row.input_tokens or 0) + (row.output_tokens or 0) for row in done)
    assert 0 < len(done) < 4
    asked(study, "--cap-tokens", "100000")
    assert {row.attempts for row in answers()} == {1}
    assert BaselineRun.objects.get().state == "done"


def test_a_cap_in_money_holds_while_the_run_goes(api: ApiServer) -> None:
    run = planned()
    go_on(run, after_first=lambda: baselines.set_caps(run=run, usd=Decimal("0.000001")))
    run.refresh_from_db()
    assert (run.state, run.why_paused) == ("paused", "the cap of 0.000001 USD is reached")
    assert run.spent_usd == sum(row.cost_usd or 0 for row in answers()) > 0
    assert len(api.requests) == 1


def test_a_cap_in_money_that_could_not_hold_is_refused(api: ApiServer) -> None:
    pytest.importorskip("openai", reason="the extra [openai] is not installed")
    study = modelled(openai(api), questions=1)
    with pytest.raises(CommandError, match=r"local-1.*--cap-tokens"):
        asked(study, "--cap-usd", "1")


@pytest.mark.parametrize("method", ["zero_shot", "chain_of_thought", "p_true"])
def test_an_estimate_before_the_start_is_near_what_a_run_takes_and_its_most_is_not_under_it(
    api: ApiServer, method: str, capsys: pytest.CaptureFixture[str]
) -> None:
    study = modelled(ANTHROPIC)
    with pytest.raises(CommandError, match="--yes"):
        call_command("run_baseline", study.slug, "--method", method, "--order", "cyclic")
    assert "16 questions to ask, about 0.0" in capsys.readouterr().out
    asked(study, "--method", method, "--order", "cyclic", concurrency=8)
    run = BaselineRun.objects.get()
    assert run.usual_usd is not None
    assert run.estimated_usd is not None
    assert run.usual_usd / 10 < run.spent_usd <= run.estimated_usd


# -- pause, resume, cancel -----------------------------------------------------------------------------------


def test_a_paused_run_asks_nothing_more_and_the_same_command_resumes_it(api: ApiServer) -> None:
    run = planned()
    slug = run.study.slug if run.study else ""
    go_on(run, after_first=lambda: call_command("run_baseline", slug, "--pause", verbosity=0))
    assert BaselineRun.objects.get().state == "paused"
    assert [row.outcome for row in answers()] == ["answered", "", "", ""]
    assert run.study
    asked(run.study)
    assert BaselineRun.objects.get().state == "done"
    assert len(api.requests) == 4


def test_a_pause_is_heard_between_two_tries(api: ApiServer) -> None:
    run = planned(questions=1)
    api.fail("429", "429")
    api.on_request = lambda: elsewhere(lambda: call_command("run_baseline", "s", "--pause", verbosity=0))
    go_on(run)
    assert BaselineRun.objects.get().state == "paused"
    assert len(api.requests) == 1
    assert [(row.outcome, len(row.faults)) for row in answers()] == [("", 1)]


def test_a_cancelled_run_keeps_what_it_had_and_is_not_taken_up_again(api: ApiServer) -> None:
    run = planned()
    slug = run.study.slug if run.study else ""
    go_on(run, after_first=lambda: call_command("run_baseline", slug, "--cancel", verbosity=0))
    assert BaselineRun.objects.get().state == "cancelled"
    assert [row.outcome for row in answers()] == ["answered", "", "", ""]
    with pytest.raises(CommandError, match="--yes"):
        call_command("run_baseline", slug, verbosity=0)
    assert sorted(BaselineRun.objects.values_list("state", flat=True)) == ["cancelled", "running"]


def test_of_two_processes_on_one_run_the_later_one_asks(api: ApiServer) -> None:
    run = planned()
    go_on(run, after_first=lambda: run_all(BaselineRun.objects.get(), concurrency=1))
    assert BaselineRun.objects.get().state == "done"
    assert [row.attempts for row in answers()] in ([1, 1, 1, 1], [2, 1, 1, 1])
    assert len(api.requests) == sum(row.attempts for row in answers())


def test_progress_says_how_far_a_run_is_and_how_long_it_will_take(
    api: ApiServer, capsys: pytest.CaptureFixture[str]
) -> None:
    run = planned()
    go_on(run, after_first=lambda: baselines.pause(run=run))
    far = progress(run=run, now=datetime.now(UTC))
    assert (far.total, far.outcomes, far.left) == (4, {"answered": 1}, 3)
    assert far.seconds_left is not None
    assert far.seconds_left > 0
    call_command("run_baseline", "s", "--status")
    assert "paused: 1 answered of 4, " in capsys.readouterr().out


# -- in the background ---------------------------------------------------------------------------------------


def test_without_a_broker_the_background_is_refused_in_one_line(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from oversight.celery import app

    study = modelled(ANTHROPIC, questions=1)
    with pytest.raises(CommandError, match="CELERY_BROKER_URL is not set"):
        asked(study, "--background")
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:9/0"
    monkeypatch.setattr(app.conf, "broker_url", settings.CELERY_BROKER_URL)
    with pytest.raises(CommandError, match="the broker does not answer"):
        asked(study, "--background")
