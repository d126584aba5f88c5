"""Readers of published data sets in their original formats. No Django, nothing is stored here.

A reader takes files and returns `Contents`, or raises `DatasetError` with every fault; there is nothing in between.

To add a data set: write `studies/datasets/<family>.py` with `read(paths, progress) -> Contents`, give every item a key
that stays the same whenever the same file is read, and enter the function in `READERS`. Loading, versions, duplicates
and ratings then work as for the others.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from studies.datasets import mmlu, quality
from studies.datasets.faults import DatasetError
from studies.datasets.records import Contents, ItemRecord, PassageRecord, Progress, RatingRecord

READERS: dict[str, Callable[[Sequence[Path], Progress], Contents]] = {"mmlu": mmlu.read, "quality": quality.read}

__all__ = ["READERS", "Contents", "DatasetError", "ItemRecord", "PassageRecord", "Progress", "RatingRecord"]
