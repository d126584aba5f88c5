"""The chapters of the report, a file each: figure, tables, method and limits of one subject.

Every module of ``ALL`` has ``SECTIONS`` (the names in results.json that it is about), ``draw(results) -> {name: SVG}``
with each figure named as the section that it shows, ``write(results, drawn)`` yielding HTML, ``present(results)``,
``method(results)`` and ``limits(results)`` yielding sentences, and ``SOURCES``.
"""

from types import ModuleType

from analysis.chapters import (
    accuracy,
    agreement,
    calibration,
    contrasts,
    dropout,
    flow,
    mixed,
    reference,
    reliance,
    sandwiching,
    sensitivity,
    spread,
    timing,
    uptake,
    votes,
)

ALL: tuple[ModuleType, ...] = (
    accuracy,
    contrasts,
    mixed,
    spread,
    reliance,
    uptake,
    calibration,
    votes,
    sandwiching,
    timing,
    dropout,
    sensitivity,
    agreement,
    flow,
    reference,
)


def about(section: str) -> ModuleType | None:
    """The chapter that writes about a section of the results."""
    return next((chapter for chapter in ALL if section in chapter.SECTIONS), None)
