"""The report's parts that have a file each: figure, tables, method and limits of one subject.

Every module of ``ALL`` has ``draw(results) -> {figure name: SVG}``, ``write(results, drawn)`` yielding HTML,
``present(results)``, ``method(results)`` and ``limits(results)`` yielding sentences, and ``SOURCES``.
"""

from analysis.chapters import agreement, calibration, dropout, sandwiching, sensitivity, timing, uptake, votes

ALL = (uptake, calibration, votes, sandwiching, timing, dropout, sensitivity, agreement)
