from studies.domain.passages import paragraphs


def test_every_unindented_line_is_a_paragraph() -> None:
    assert paragraphs("A title\nThe first one.\n\nThe second.\r\n") == ["A title", "The first one.", "The second."]


def test_a_text_wrapped_by_hand_is_joined() -> None:
    text = (
        "EXILE\nBY SOMEBODY\n\n\n The dome made it\n hard for\n Terrans. For those\n who landed\n\n"
        " it was late.\n\n Next."
    )
    assert paragraphs(text) == [
        "EXILE",
        "BY SOMEBODY",
        "The dome made it hard for Terrans. For those who landed it was late.",
        "Next.",
    ]


def test_a_line_of_blanks_parts_what_it_stands_between() -> None:
    assert paragraphs("Will it?\n          \n        For example, it will.") == ["Will it?", "For example, it will."]


def test_no_word_is_lost_or_moved() -> None:
    text = "one two\n\nthree\n four.\nFive  six\n\n\n seven"
    assert " ".join(paragraphs(text)).split() == text.split()
