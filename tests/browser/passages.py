"""Two long passages in the QuALITY layout, generated: as long as real ones, and nobody's text."""

import json
from pathlib import Path

from studies.domain.randomisation import rng

PEOPLE = ("Ilse", "the ferryman", "old Marten", "the surveyor", "her sister")
DEEDS = ("carried the lamp to", "had never trusted", "waited a whole winter for", "drew a map of", "quarrelled about")
THINGS = ("the northern lock", "a boat without a name", "the price of salt", "the empty schoolhouse", "that letter")
WORDS_PER_PASSAGE = 2400


def _text(number: int) -> str:
    source, lines, words = rng(number), [], 0
    while words < WORDS_PER_PASSAGE:
        sentences = [
            f"{source.choice(PEOPLE).capitalize()} {source.choice(DEEDS)} {source.choice(THINGS)}, "
            f"and {source.choice(PEOPLE)} {source.choice(DEEDS)} {source.choice(THINGS)}."
            for _ in range(5)
        ]
        lines.append(" ".join(sentences))
        words += len(lines[-1].split())
    return "\n\n".join(lines)


def _question(article: int, number: int) -> dict[str, object]:
    return {
        "question": f"Why does the surveyor come back in part {number}?",
        "question_unique_id": f"{article}_{number}",
        "options": [
            "Because the map that she drew of the northern lock turned out to be of another place altogether, as the "
            "ferryman had warned her before she left",
            "To return the letter",
            "She wants to buy salt",
            "Nobody knows, and the text says so",
        ],
        "gold_label": 2,
        "writer_label": 2,
        "validation": [],
        "speed_validation": [],
        "difficult": 0,
    }


def write(path: Path) -> Path:
    lines = [
        {
            "article_id": str(article), "set_unique_id": f"{article}_A", "batch_num": "1", "writer_id": "1",
            "source": "test", "title": f"The lock, part {article - 90_000}", "year": 2026, "author": "nobody",
            "topic": "", "url": "", "license": "CC0", "article": _text(article),
            "questions": [_question(article, number) for number in (1, 2)],
        }
        for article in (90_001, 90_002)
    ]  # fmt: skip
    path.write_text("\n".join(json.dumps(line) for line in lines) + "\n")
    return path
