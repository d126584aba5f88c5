import hashlib
import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from studies.models import Participant, Study, Unblinding
from tests.commands.study_file import TOML, load_items, written

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def items() -> None:
    load_items()


def run(*words: str) -> str:
    out = StringIO()
    call_command("study", *words, stdout=out)
    return out.getvalue()


def refusal(*words: str) -> str:
    with pytest.raises(CommandError) as caught:
        run(*words)
    assert caught.value.returncode == 1
    return str(caught.value)


def launched(folder: Path) -> Study:
    run("load", written(folder))
    run("launch", "small")
    return Study.objects.get(slug="small")


def test_check_lists_every_fault_on_a_line_with_its_key_and_stores_nothing(tmp_path: Path) -> None:
    bad = TOML.replace("seed = 1", "seed = -1").replace('pay = "nothing"', 'wage = "1"').replace('"A"', '"A\\u0000"')
    lines = refusal("check", written(tmp_path, bad)).splitlines()[1:]
    assert {line.split(":")[0] for line in lines} == {"study.seed", "study.pay", "study.wage", "study.contact_name"}
    assert not Study.objects.exists()


def test_check_and_launch_warn_of_what_a_preset_left_to_be_changed(tmp_path: Path) -> None:
    left = TOML.replace('contact_name = "A"', 'contact_name = "CHANGE: your name"')
    left = left.replace("[design]", '[entry.codes]\ncompleted = "CHANGE-COMPLETED"\n\n[design]')
    told = StringIO()
    call_command("study", "check", written(tmp_path, left), stdout=StringIO(), stderr=told)
    run("load", written(tmp_path, left))
    call_command("study", "launch", "small", stdout=StringIO(), stderr=told)
    first, second = told.getvalue().split("Before real people come, change:\n")[1:]
    assert {line.split(":")[0] for line in first.splitlines()} == {"study.contact_name", "entry.codes.completed"}
    assert sorted(first.splitlines()) == sorted(second.splitlines())


LIMIT = "time_limit_seconds = 60"
EXPERT = f"{LIMIT}\n\n[tasks.expert]\naccuracy = {{}}\nsource = '{{}}'"


@pytest.mark.parametrize(
    ("accuracy", "source", "key"),
    [("90", "Table 1", "tasks[0].expert.accuracy"), ("0.9", "", "tasks[0].expert.source"),
     ("0.9", "  ", "tasks[0].expert.source")],
)  # fmt: skip
def test_a_constant_for_experts_is_a_share_that_somebody_can_look_up(
    tmp_path: Path, accuracy: str, source: str, key: str
) -> None:
    good, bad = (TOML.replace(LIMIT, EXPERT.format(*values)) for values in ((0.9, "Table 1"), (accuracy, source)))
    assert "no faults" in run("check", written(tmp_path, good))
    faults = refusal("check", written(tmp_path, bad))
    assert [line.split(":")[0] for line in faults.splitlines()[1:]] == [key]


SECOND = """[[tasks]]
name = "more"
dataset = "{}"
items_per_arm = 1
expert = {{ accuracy = 0.9, source = "Table 1" }}

[[arms]]"""


def test_tasks_that_ask_from_one_data_set_are_held_against_the_same_experts(tmp_path: Path) -> None:
    fault = "tasks[1].expert: differs from tasks[0].expert"
    assert fault in refusal("check", written(tmp_path, TOML.replace("[[arms]]", SECOND.format("d"), 1)))
    assert fault not in refusal("check", written(tmp_path, TOML.replace("[[arms]]", SECOND.format("another"), 1)))


def test_check_of_a_good_file_says_so_and_stores_nothing(tmp_path: Path) -> None:
    assert "no faults" in run("check", written(tmp_path))
    assert not Study.objects.exists()


def test_a_study_that_may_mislead_cannot_be_loaded_or_launched_without_a_debrief(tmp_path: Path) -> None:
    bare = "\n".join(line for line in TOML.splitlines() if not line.startswith("debrief"))
    for action in ("check", "load"):
        assert "texts.debrief: is missing" in refusal(action, written(tmp_path, bare))
    assert "There is no study 'small'" in refusal("launch", "small")


def test_a_draft_that_may_mislead_is_not_launched_when_its_debrief_has_gone(tmp_path: Path) -> None:
    run("load", written(tmp_path))
    study = Study.objects.get()
    study.document["texts"]["debrief"] = ""
    study.save()
    assert "texts.debrief: is missing" in refusal("launch", "small")
    assert Study.objects.get().state == "draft"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xff\xfe", "not UTF-8"),
        (b"[study\n", "not valid TOML"),
        (b"a = " + b"[" * 20_000, "not valid TOML"),
        (b"#" * 1_000_001, "larger than"),
    ],
)
def test_a_broken_file_is_refused_in_words(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    assert says in refusal("check", str(path))


@pytest.mark.parametrize("name", ["missing.toml", ".", "nul\0.toml"])
def test_a_file_that_cannot_be_read_is_named_with_the_presets(name: str) -> None:
    assert "cannot be read" in refusal("load", name)


def test_a_control_character_in_a_name_is_a_fault_like_one_in_a_text(tmp_path: Path) -> None:
    bad = TOML.replace("[assistants.guide]", '[assistants."g\\u0000"]\nstrategy = "honest"\n\n[assistants.guide]')
    assert r"assistants.'g\x00': contains the control character U+0000" in refusal("check", written(tmp_path, bad))


def test_a_preset_is_taken_by_its_name() -> None:
    assert "oversight-mmlu" in refusal("check", "demo")


@pytest.mark.parametrize("action", ["show", "launch", "pause", "resume", "close", "preview"])
def test_an_unknown_study_is_said_to_be_unknown(tmp_path: Path, action: str) -> None:
    run("load", written(tmp_path))
    assert "There is no study 'nobody'; there is: small." in refusal(action, "nobody")


def test_a_study_is_launched_paused_resumed_and_closed_for_good(tmp_path: Path) -> None:
    run("load", written(tmp_path))
    for action, state in (("launch", "open"), ("pause", "paused"), ("resume", "open"), ("close", "closed")):
        run(action, "small")
        assert Study.objects.get().state == state
    for action in ("launch", "pause", "resume"):
        refusal(action, "small")
    assert Study.objects.get().state == "closed"


def test_what_is_shown_is_what_was_hashed(tmp_path: Path) -> None:
    launched(tmp_path)
    shown = json.loads(run("show", "small"))
    assert shown["version"] == 1
    assert shown["sha256"] == hashlib.sha256(run("show", "small", "--canonical").encode()).hexdigest()
    assert shown["document"]["protocol"]["study"]["slug"] == "small"


def test_an_old_version_can_still_be_shown(tmp_path: Path) -> None:
    launched(tmp_path)
    run("load", written(tmp_path, TOML.replace("participants = 10", "participants = 20")))
    run("launch", "small")
    assert json.loads(run("show", "small", "--version", "1"))["document"]["protocol"]["design"]["participants"] == 10
    assert json.loads(run("show", "small"))["document"]["protocol"]["design"]["participants"] == 20
    assert "Version 3 of small has not been frozen" in refusal("show", "small", "--version", "3")


def test_a_draft_has_nothing_frozen_to_show(tmp_path: Path) -> None:
    run("load", written(tmp_path))
    assert "has not been frozen" in refusal("show", "small")


def test_a_preview_link_opens_the_welcome_page_and_its_person_never_counts(tmp_path: Path) -> None:
    launched(tmp_path)
    link = run("preview", "small", "--arm", "assisted", "--base-url", "https://example.org/").strip()
    page = Client().get(link.removeprefix("https://example.org"))
    assert page.status_code == 200
    assert "Preview: nothing here counts" in page.content.decode()
    assert [person.pool for person in Participant.objects.all()] == ["preview"]


def test_a_draft_can_be_previewed_and_its_launch_finds_the_same_version(tmp_path: Path) -> None:
    run("load", written(tmp_path))
    run("preview", "small")
    assert Study.objects.get().state == "draft"
    run("launch", "small")
    assert Study.objects.get().versions.count() == 1


def test_an_unknown_arm_is_refused_and_leaves_nobody_behind(tmp_path: Path) -> None:
    launched(tmp_path)
    assert "no arm 'third'" in refusal("preview", "small", "--arm", "third")
    assert not Participant.objects.exists()


def test_unblinding_needs_a_reason_and_is_noted(tmp_path: Path) -> None:
    launched(tmp_path)
    assert "Say why" in refusal("unblind", "small", "--why", "  ")
    run("unblind", "small", "--why", "safety board")
    assert [noted.why for noted in Unblinding.objects.all()] == ["safety board"]
