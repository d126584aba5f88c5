"""The study files that are shipped can be launched as they are, and say where they leave their papers."""

import tomllib
from pathlib import Path

import pytest

from analysis.reference import EXPERTS, SOURCE
from studies.assistants import registry
from studies.domain.protocol import Protocol
from studies.domain.protocol_check import Names, parse, placeholders
from tests.presets import bundled

PRESETS = Path(__file__).resolve().parents[2] / "studies" / "presets"
FILES = sorted(PRESETS.glob("*.toml"))


def read(file: Path) -> tuple[Protocol | None, list[str]]:
    offered = registry.strategy_names()
    names = Names(
        providers=tuple(registry.provider_names()),
        strategies=tuple(offered),
        misleading=tuple(name for name in offered if registry.strategy(name).may_mislead),
        needs_question=tuple(name for name in offered if registry.strategy(name).needs_question),
        settings={name: registry.provider(name).Settings for name in registry.provider_names()},
    )
    return parse(file.read_text(encoding="utf-8"), names=names)


def protocol(name: str) -> Protocol:
    found, faults = read(PRESETS / f"{name}.toml")
    assert found is not None, faults
    return found


def test_the_promised_presets_are_there() -> None:
    assert {"demo", "bowman2022-mmlu", "bowman2022-quality", "halie"} <= {file.stem for file in FILES}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_preset_has_no_fault_and_lists_its_deviations(file: Path) -> None:
    found, faults = read(file)
    assert faults == []
    assert found is not None
    assert found.study.slug == file.stem
    assert found.study.deviations


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_preset_has_every_text_a_participant_meets(file: Path) -> None:
    found, _ = read(file)
    assert found is not None
    texts = found.texts
    for text in (texts.welcome, texts.instructions, texts.break_, texts.debrief, texts.declined, texts.stopped):
        assert text.strip()
    assert {item.key for item in found.consent.items} == {"study", "chats", "provider", "telemetry", "public_release"}
    assert {item.key for item in found.consent.items if not item.required} == {"telemetry", "public_release"}
    assert "outside_help" in {question.key for question in found.after_block}
    assert found.comprehension.questions
    assert found.survey


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_participant_is_told_of_every_provider_by_name(file: Path) -> None:
    """The demo's words say what its provider is; the others name it, so that a change of provider is a change there."""
    found, _ = read(file)
    assert found is not None
    [consent] = [item.text for item in found.consent.items if item.key == "provider"]
    for provider in {assistant.provider for assistant in found.assistants.values()}:
        assert provider in consent or file.stem == "demo"


@pytest.mark.parametrize("name", ["mmlu", "quality"])
def test_the_founding_studys_presets_declare_its_own_experts_with_their_source(name: str) -> None:
    [task] = protocol(f"bowman2022-{name}").tasks
    assert task.expert is not None
    assert task.expert.accuracy == EXPERTS[name]
    assert SOURCE.removesuffix(", table 1") in task.expert.source


def test_the_demo_draws_on_bundled_items_and_never_meets_its_practice_item_again() -> None:
    demo = protocol("demo")
    tasks = {task.dataset: task for task in demo.tasks}
    assert set(tasks) == {"oversight-mmlu", "oversight-quality"}
    keys = {question.key for question in bundled.mmlu()}
    practice = [trial.item for trial in demo.practice.trials]
    assert practice
    assert set(practice) <= keys
    assert tasks["oversight-mmlu"].split == "test"
    assert not any("/test/" in key for key in practice)


def test_the_demo_leaves_nothing_to_be_changed() -> None:
    assert placeholders(tomllib.loads((PRESETS / "demo.toml").read_text(encoding="utf-8"))) == []


def test_the_demo_clocks_are_about_a_minute() -> None:
    limits = {task.name: task.time_limit_seconds for task in protocol("demo").tasks}
    assert limits == {"mmlu": 60, "quality": 90}


@pytest.mark.parametrize(("kind", "limit", "sees"), [("mmlu", "none", []), ("quality", 300, ["passage"])])
def test_the_founding_study_is_set_as_published(kind: str, limit: int | str, sees: list[str]) -> None:
    found = protocol(f"bowman2022-{kind}")
    [task] = found.tasks
    assert (task.items_per_arm, task.time_limit_seconds) == (100, limit)
    assert [arm.name for arm in found.arms] == ["assisted", "unaided"]
    assert found.arms[1].assistant is None
    assert found.assistants["helper"].sees == sees
    assert (found.design.arm_order, found.design.items, found.design.participants) == ("fixed", "separate", 5)
    assert found.design.sittings > 1
    assert (found.confidence.scale, found.answer.reveal, found.answer.initial) == ("five_bins", "after_trial", "none")
    assert found.bonus.rule == "none"
    assert found.entry.panel == "prolific"
    assert set(found.entry.codes) == {
        "completed",
        "declined",
        "screened_out",
        "failed_attention",
        "withdrawn",
        "expired",
        "technical",
    }


def test_halie_has_five_questions_in_each_of_two_counterbalanced_blocks_and_a_check_in_the_middle() -> None:
    found = protocol("halie")
    [task] = found.tasks
    assert (task.items_per_arm, task.time_limit_seconds, len(found.arms)) == (5, "none", 2)
    assert (found.design.order, found.design.arm_order) == ("blocked", "counterbalanced")
    assert [check.after for check in found.attention] == [5]


@pytest.mark.parametrize("name", ["bowman2022-mmlu", "bowman2022-quality", "halie"])
def test_a_stand_in_assistant_is_confessed(name: str) -> None:
    found = protocol(name)
    assert found.assistants["helper"].provider == "scripted"
    assert any("stand-in" in deviation for deviation in found.study.deviations)


@pytest.mark.parametrize("name", ["bowman2022-mmlu", "bowman2022-quality", "halie"])
def test_what_must_be_changed_before_a_launch_cannot_be_overlooked(name: str) -> None:
    text = (PRESETS / f"{name}.toml").read_text(encoding="utf-8")
    assert "# Before you launch" in text
    study = tomllib.loads(text)["study"]
    assert all(study[key].startswith("CHANGE") for key in ("institution", "contact_name", "ethics_approval"))
    warned = {fault.split(":")[0] for fault in placeholders(tomllib.loads(text))}
    assert {"study.contact_email", "entry.codes.completed", "entry.codes.technical"} <= warned
    assert text.count("CHANGE-") + text.count("CHANGE:") + text.count("change-me@") == len(warned)
