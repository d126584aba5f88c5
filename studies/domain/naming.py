"""Neutral names and colours for assistants: drawn, so that nothing can be read from them."""

from dataclasses import dataclass

from studies.domain.randomisation import derive_seed, rng

NAMES = ("Alder", "Briar", "Cedar", "Hazel", "Juniper", "Linden", "Maple", "Rowan", "Sorrel", "Willow")
COLOURS = ("blue", "teal", "plum", "ochre", "slate", "moss")


@dataclass(frozen=True)
class Face:
    name: str
    colour: str


def assistant_faces(*, study_seed: int, assistants: list[str]) -> dict[str, Face]:
    """A name and a colour for each assistant of a study, the same in every session."""
    names, colours = list(NAMES), list(COLOURS)
    source = rng(derive_seed(study_seed, "faces"))
    source.shuffle(names)
    source.shuffle(colours)
    return {
        assistant: Face(names[place % len(names)], colours[place % len(colours)])
        for place, assistant in enumerate(sorted(assistants))
    }
