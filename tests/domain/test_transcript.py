from studies.domain.transcript import Line, heard, shown_options

SAID = Line(1, "participant", 1, "done", "Which?", 0)


def texts(*lines: Line, epoch: int = 0, turn: int = 9) -> list[str]:
    return [line.text for line in heard(lines, epoch=epoch, turn=turn)]


def test_a_reset_hides_what_was_said_before_it() -> None:
    later = Line(2, "participant", 1, "done", "Again?", 1)
    assert texts(SAID, Line(1, "assistant", 1, "done", "B.", 0), later, epoch=1) == ["Again?"]


def test_what_was_cut_off_but_read_is_part_of_the_talk_and_what_failed_is_not() -> None:
    stopped = Line(1, "assistant", 1, "stopped", "It is", 0)
    failed = Line(2, "assistant", 1, "failed", "", 0)
    assert texts(failed, stopped, SAID) == ["Which?", "It is"]


def test_of_several_attempts_the_last_counts() -> None:
    first = Line(1, "assistant", 1, "interrupted", "It", 0)
    second = Line(1, "assistant", 2, "done", "It is B.", 0)
    assert texts(SAID, second, first) == ["Which?", "It is B."]


def test_a_retry_does_not_see_the_reply_that_it_replaces() -> None:
    assert texts(SAID, Line(1, "assistant", 1, "interrupted", "It", 0), turn=1) == ["Which?"]


def test_options_come_in_the_order_of_the_screen() -> None:
    assert shown_options(["a", "b", "c", "d"], "CABD") == ["c", "a", "b", "d"]
