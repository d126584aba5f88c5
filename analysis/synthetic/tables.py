"""Every table of the data package around the planned trials, in the columns that the schema declares."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.schema import codebook_rows
from analysis.simulate import LETTERS, OPTIONS, UNAIDED, Truth, names
from analysis.synthetic.confidence import stated
from analysis.synthetic.study import JOIN_EVERY_MS, STUDY, TASK, assistants, joined, opened

if TYPE_CHECKING:
    import pandas as pd

REPEATS, RATERS = 4, 2
ASKED_AT = 1_767_600_000_000
MODEL = "simulated-model"


def tables(truth: Truth, seed: int, planned: pd.DataFrame, sha256: str) -> dict[str, pd.DataFrame]:
    """By name without ``.csv``; a table that is not here is written with its heading alone."""
    import pandas as pd

    about: dict[str, Any] = {
        "study": STUDY, "protocol_sha256": sha256, "protocol_version": 1, "sitting": 1, "trial_kind": "main",
        "task": TASK, "dataset": TASK, "is_simulated": True, "is_preview": False,
    }  # fmt: skip
    items = _items(truth, planned)
    people = _people(truth, planned)
    talk = _messages(opened(planned))
    rng = np.random.default_rng([seed, 100])
    made = {
        "arms": _arms(truth),
        "participants": people,
        "sessions": _sessions(people),
        "allocations": _allocations(truth, planned, people),
        "responses": _responses(opened(planned)),
        "messages": talk,
        "generations": _generations(talk[talk["role"] == "assistant"]),
        "events": _events(opened(planned)),
        "form_answers": _forms(people),
        "items": items,
        "ratings": _ratings(truth, items, rng),
        "baselines": _baselines(truth, items, rng),
        "codebook": pd.DataFrame(list(codebook_rows())),
    }
    return {name: frame.assign(**{key: value for key, value in about.items() if key not in frame})
            for name, frame in made.items()}  # fmt: skip


def _responses(frame: pd.DataFrame) -> pd.DataFrame:
    raw = frame["confidence"].map(lambda c: f"{100 * c:.0f}", na_action="ignore")
    return frame.assign(
        n_options=OPTIONS, time_multiplier=1, late_answer=None, confidence_raw=raw, key_status="ok",
        confidence_scale=raw.map(lambda _: "five", na_action="ignore"), reveal="debrief", excluded=False,
        brief_stratum=frame["assistant"], app_version="simulated",
    )  # fmt: skip


def _arms(truth: Truth) -> pd.DataFrame:
    import pandas as pd

    named = [None, *assistants(truth)]
    share = truth.items if truth.design == "between" else None
    rows = [
        {"arm": arm, "label": _label(truth, arm), "assistant": name, "provider": "scripted" if name else None,
         "strategy": "assigned" if name else None, "model": MODEL if name else None,
         "time_limit_seconds": truth.limit_seconds, "passage_access": "always", "reveal": "debrief",
         "shared_with_assistant": "question" if name else None, "initial_answer": bool(name) and truth.initial,
         "items_per_participant": share or truth.items // len(truth.arms)}
        for arm, name in zip(truth.arms, named, strict=True)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _label(truth: Truth, arm: str) -> str:
    if arm == UNAIDED:
        return "On their own"
    return f"With an assistant that is right in {truth.reliability_of(arm):.0%} of cases"


def _people(truth: Truth, planned: pd.DataFrame) -> pd.DataFrame:
    seen = opened(planned)
    first = planned.groupby("participant_id", sort=True).first().reset_index()
    sums = seen.groupby("participant_id", sort=True)
    wrong = (seen["assisted"] & (seen["brief_target"] != seen["gold"])).groupby(seen["participant_id"]).sum()
    at = joined(first["person"])
    between = truth.design == "between"
    return first[["participant_id", "session_id", "person", "sequence", "leaves"]].assign(
        assigned_arm=first["arm"] if between else None, source="simulated", enrolled_at=at,
        consented_at=at + JOIN_EVERY_MS // 2, randomised_at=at + JOIN_EVERY_MS, time_multiplier=1,
        outcome=np.where(first["leaves"], "expired", "completed"), data_use="study_only", prior_studies=0,
        telemetry=True, chat_storage=True, sittings_planned=1, last_seen_at=sums["closed_at"].max().to_numpy(),
        assisted_trials_seen=sums["assisted"].sum().to_numpy(), wrong_briefs_seen=wrong.to_numpy(),
        wrong_revealed_seen=0, arm_probability=1 / len(truth.arms), app_version="simulated",
    )  # fmt: skip


def _sessions(people: pd.DataFrame) -> pd.DataFrame:
    return people.assign(
        state="finished", started_at=people["enrolled_at"], briefed_at=people["randomised_at"],
        finished_at=people["last_seen_at"] + JOIN_EVERY_MS, device="simulated",
    )  # fmt: skip


def _allocations(truth: Truth, planned: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    drawn = people.set_index("participant_id")["randomised_at"]
    at = planned["participant_id"].map(drawn)
    chance = 1.0 if truth.design == "between" else 1 / len(truth.arms)
    return planned.assign(
        unit="item", choice=planned["item_id"].str[1:].astype(int) - 1, probability=1.0, refill=False, overfill=False,
        arm_probability=chance, randomised_at=at, drawn_at=at,
    )  # fmt: skip


def _messages(frame: pd.DataFrame) -> pd.DataFrame:
    """Question and reply in turn; the replies share the waiting time of their trial."""
    asked = frame[frame["asked"]]
    said = asked.loc[asked.index.repeat(asked["messages_sent"].astype(int))]
    turn = said.groupby("trial_id").cumcount() + 1
    share = (1000 * said["seconds"] / said["messages_sent"].astype(float)).astype(np.int64)
    wait = (1000 * said["reply_wait_seconds"] / said["messages_sent"].astype(float)).astype(np.int64)
    sent = said["opened_at"] + (turn - 1) * share
    common = said[["participant_id", "session_id", "trial_id", "item_id", "assistant"]].assign(
        turn=turn, attempt=1, status="done", context_epoch=0, sent_at=sent
    )
    stated = said["participant_stated_answer"].where(turn == 1)
    shown = [order.index(letter) for order, letter in zip(said["choice_order"], said["brief_target"], strict=True)]
    option = LETTERS[np.asarray(shown, dtype=np.int64)] if shown else np.array([], dtype=str)
    quote = [f"Option {letter} is right." for letter in option]
    question = common.assign(
        message_id=common["trial_id"] + "-" + turn.astype(str) + "p", role="participant", finished_at=sent,
        text=np.where(stated.notna(), "I think that I know it. Do you agree?", "Which option is right?"),
    )  # fmt: skip
    reply = common.assign(
        message_id=common["trial_id"] + "-" + turn.astype(str) + "a", role="assistant", text=quote,
        first_token_at=sent + wait // 5, finished_at=sent + wait, recommended=said["brief_target"],
        recommended_shown=option, recommended_quote=quote, recommended_by="simulation",
    )  # fmt: skip
    return _joined(question, reply)


def _joined(*frames: pd.DataFrame) -> pd.DataFrame:
    """Frames below each other; rows of one trial stay together in the order of turns, frames within a turn."""
    import pandas as pd

    both = pd.concat([frame.assign(part=part) for part, frame in enumerate(frames)])
    return both.sort_values(["trial_id", "turn", "part"], kind="stable").reset_index(drop=True)


def _generations(replies: pd.DataFrame) -> pd.DataFrame:
    return replies.assign(
        generation_id=replies["message_id"] + "-1", strategy="assigned", model_requested=MODEL, model_returned=MODEL,
        purpose="reply", attempts=1, stop_reason="end_turn",
        first_token_ms=replies["first_token_at"] - replies["sent_at"],
        latency_ms=replies["finished_at"] - replies["sent_at"],
    )  # fmt: skip


def _events(frame: pd.DataFrame) -> pd.DataFrame:
    start = frame[["participant_id", "session_id", "trial_id"]]
    begun = start.assign(event_id=start["trial_id"] + "-1", kind="trial.opened", server_at=frame["opened_at"], turn=0)
    ended = start.assign(event_id=start["trial_id"] + "-2", kind="trial.closed", server_at=frame["closed_at"], turn=0)
    return _joined(begun, ended)


def _forms(people: pd.DataFrame) -> pd.DataFrame:
    return people[["participant_id", "session_id"]].assign(
        form="consent", version="1", key="study", value="true", attempt=1, answered_at=people["consented_at"]
    )


def _items(truth: Truth, planned: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    gold = planned.groupby("item_id", sort=True)["gold"].first()
    numbers = range(1, truth.items + 1)
    asked = [f"Simulated question {number}?" for number in numbers]
    offered = [json.dumps([f"option {letter} of {number}" for letter in LETTERS]) for number in numbers]
    hashes = [hashlib.sha256(f"{q}{o}".encode()).hexdigest() for q, o in zip(asked, offered, strict=True)]
    return pd.DataFrame(
        {"item_id": names("I", np.arange(truth.items)), "family": TASK, "split": "test", "category": TASK,
         "question": asked, "options": offered, "gold": gold.to_numpy(), "n_options": OPTIONS, "key_status": "ok",
         "text_sha256": hashes}
    )  # fmt: skip


def _ratings(truth: Truth, items: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Two experts per item, each right with the experts' accuracy."""
    rows = items.loc[items.index.repeat(RATERS)]
    right = rng.random(len(rows)) < truth.expert
    return rows[["item_id", "gold"]].assign(
        source="expert", rater_id=[f"E{number % RATERS + 1}" for number in range(len(rows))],
        answer=_letters(rows["gold"], right, rng), correct=right, seconds=60.0,
    )  # fmt: skip


def _baselines(truth: Truth, items: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Each assistant without people: right with its reliability, its probability calibrated like people's."""
    import pandas as pd

    made = []
    for name, reliability in zip(assistants(truth), truth.reliability, strict=True):
        rows = items.loc[items.index.repeat(REPEATS)]
        right = rng.random(len(rows)) < reliability
        sure = stated(reliability, truth.overconfidence).draw(right, rng) if 0 < reliability < 1 else right * 1.0
        made.append(rows[["item_id", "gold"]].assign(
            run_id=f"run-{name}", assistant=name, model=MODEL, model_returned=MODEL, method="zero_shot", shots=0,
            comparator="as_deployed", repeat=np.tile(np.arange(1, REPEATS + 1), truth.items), choice_order="ABCD",
            outcome="answered", attempt=1, answer=_letters(rows["gold"], right, rng), correct=right, probability=sure,
            asked_at=ASKED_AT, stop_reason="end_turn",
        ))  # fmt: skip
    return pd.concat(made)


def _letters(gold: pd.Series, right: Any, rng: np.random.Generator) -> Any:
    places = np.searchsorted(LETTERS, gold.to_numpy(dtype=str))
    return LETTERS[np.where(right, places, (places + rng.integers(1, OPTIONS, size=len(places))) % OPTIONS)]
