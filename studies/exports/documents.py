"""What lets a package explain itself: protocols, prompts, texts, a description for machines and one for people."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from analysis.schema import TABLES, frictionless
from studies.domain.protocol import Protocol, Question
from studies.exports.scope import Scope
from studies.models import BaselineRun, FrozenDocument

Document = tuple[str, str]  # file name, content


def documents(scope: Scope) -> Iterator[Document]:
    """Everything that was frozen, each file once."""
    prompts: dict[str, str] = {}
    for version in scope.versions.values():
        frozen = FrozenDocument.objects.filter(version=version).first()
        if frozen is not None:
            yield f"protocol/{version.sha256}.json", frozen.text
            prompts |= _prompts(json.loads(frozen.text))
        for name, text in _texts(version.protocol):
            yield f"texts/{version.sha256}/{name}.md", text
    for run in BaselineRun.objects.filter(study=scope.study).only("prompts"):
        prompts |= run.prompts
    for sha256, text in sorted(prompts.items()):
        yield f"prompts/{sha256}.txt", text


def description(scope: Scope) -> dict[str, Any]:
    return frictionless(scope.study.slug, scope.study.title)


def _prompts(document: dict[str, Any]) -> dict[str, str]:
    """Prompt texts by their hash. An older document holds nothing but the hash: then there is no text to give."""
    frozen = [entry for entry in document.get("prompts", {}).values() if isinstance(entry, dict)]
    return {hashlib.sha256(entry["text"].encode()).hexdigest(): entry["text"] for entry in frozen if "text" in entry}


def _texts(protocol: Protocol) -> Iterator[Document]:
    """What participants read, by page."""
    pages = {
        "summary": protocol.study.summary,
        **{name.rstrip("_"): text for name, text in protocol.texts if isinstance(text, str)},
        "consent": _consent(protocol),
        "comprehension": "\n".join(
            f"{question.text}\n{_listed(question.options)}" for question in protocol.comprehension.questions
        ),
        "screening": _asked(protocol.screening),
        "after_block": _asked(protocol.after_block),
        "survey": _asked(protocol.survey),
    }
    return ((name, text.strip() + "\n") for name, text in sorted(pages.items()) if text.strip())


def _consent(protocol: Protocol) -> str:
    items = [f"{item.text}{'' if item.required else ' (optional)'}" for item in protocol.consent.items]
    return f"{protocol.consent.intro.strip()}\n\n{_listed(items)}"


def _asked(questions: list[Question]) -> str:
    return "\n".join(f"{question.text}\n{_listed(question.options)}" for question in questions)


def _listed(options: list[str]) -> str:
    return "".join(f"- {option}\n" for option in options)


README = """{title}
Data package of the study {slug}, written by the platform's version {version}.

What is here
{tables}
  manifest.json         what this package is: study, design, planned analysis, rows and sha256 of every file
  datapackage.json      the same tables for programs that read Frictionless data packages
  protocol/<sha>.json   each frozen protocol: settings, items, prompts; its sha256 is its name
  prompts/<sha>.txt     what the assistants were told
  texts/<sha>/*.md      what participants read under that protocol

How to read it
  CSV in UTF-8 after RFC 4180. An empty cell is a missing value, never 0. Times are UTC with milliseconds. true and
  false are written so. codebook.csv explains every column. participant_id, session_id and trial_id join the tables
  about people. Letters are the item's original order; choice_order says what was shown first.
  Estimates use the rows with trial_kind main. is_simulated and is_preview mark rows that are not of real people.
  Nobody's panel id or address is in here. Of people who withdrew their data only a row in participants.csv stays.

{state}

To analyse it:  python -m analysis report <this file> --out report
"""
WITHHELD = """Outcomes are withheld
  The study is neither closed nor unblinded: in the rows of real people the answers, confidences and all that is
  scored by them are empty. answer_source says which trials have a counted answer."""
OPEN = """Outcomes are in
  The study is closed, or was unblinded (see unblindings in manifest.json), or only simulated people are in it."""


def readme(scope: Scope) -> str:
    tables = "\n".join(f"  {table.filename:<21} {table.description}" for table in TABLES)
    return README.format(
        title=scope.study.title,
        slug=scope.study.slug,
        version=scope.app_version,
        tables=tables,
        state=WITHHELD if scope.blinded else OPEN,
    )
