"""The planned trials of a simulated study: its answers with their place, times, confidence and talk around them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.inference import BoolArray, IntArray
from analysis.simulate import LETTERS, OPTIONS, Array, Drawn, Truth, draw, names
from analysis.synthetic.confidence import stated
from analysis.synthetic.expected import SPREAD, median_seconds

if TYPE_CHECKING:
    import pandas as pd

STUDY, TASK = "simulated-study", "simulated"
BEGIN_MS = 1_767_603_600_000  # 2026-01-05T09:00:00Z
JOIN_EVERY_MS, BETWEEN_TRIALS_MS = 60_000, 5_000
STATES, MOST_MESSAGES = 0.25, 3
REPLY_SHARE, FIRST_TOKEN_SHARE = 0.1, 0.02  # of the trial's time, over all its replies


def planned(truth: Truth, seed: int) -> pd.DataFrame:
    """One row per planned trial in the order of people and places; ``opened`` tells those that came to be.

    Columns are those of responses.csv and allocations.csv as far as the simulation has them, typed, not yet text.
    """
    drawn = draw(truth, seed)
    frame = _answers(truth, drawn)
    streams = [np.random.default_rng([seed, number]) for number in range(1, 6)]
    frame = frame.assign(**_places(truth, drawn, streams[0]))
    frame = frame.sort_values(["person", "position"], kind="stable").reset_index(drop=True)
    frame = frame.assign(**_leavers(truth, frame, streams[1]), **_exposure(frame))
    frame = frame.assign(**_times(truth, frame, streams[2]))
    frame = frame.assign(**_talk(frame, streams[3]))
    return frame.assign(**_confidence(truth, frame, streams[4]))


def opened(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["opened"]]


def _answers(truth: Truth, drawn: Drawn) -> pd.DataFrame:
    import pandas as pd

    assisted, own = drawn.assisted, LETTERS[drawn.own]
    brief = drawn.target == drawn.gold
    asks_first = assisted & truth.initial
    return pd.DataFrame(
        {
            "person": drawn.person,
            "participant_id": names("P", drawn.person),
            "session_id": names("S", drawn.person),
            "trial_id": [f"T{p + 1:04d}-{i + 1:04d}" for p, i in zip(drawn.person, drawn.item, strict=True)],
            "allocation_id": [f"A{p + 1:04d}-{i + 1:04d}" for p, i in zip(drawn.person, drawn.item, strict=True)],
            "item_id": names("I", drawn.item),
            "arm": np.array(truth.arms)[drawn.arm],
            "arm_number": drawn.arm,
            "gold": LETTERS[drawn.gold],
            "answer": _where(~drawn.lost, LETTERS[drawn.answer]),
            "correct": _where(~drawn.lost, drawn.answer == drawn.gold),
            "lost": drawn.lost,
            "own": own,
            "assisted": assisted,
            "asked": drawn.asked,
            "assistant": _where(assisted, np.array(["", *assistants(truth)])[drawn.arm]),
            "brief_target": _where(assisted, LETTERS[drawn.target]),
            "brief_correct": _where(assisted, brief),
            "brief_probability": _where(assisted, _chances(truth, drawn, brief)),
            "initial_answer": _where(asks_first, own),
            "initial_correct": _where(asks_first, drawn.own == drawn.gold),
        }
    )


def assistants(truth: Truth) -> list[str]:
    """Names of the assistants, one per assisted arm."""
    return [f"assistant-{number}" for number in range(1, len(truth.reliability) + 1)]


def _chances(truth: Truth, drawn: Drawn, right: BoolArray) -> Array:
    reliability = np.array([1.0, *truth.reliability])[drawn.arm]
    return np.where(right, reliability, (1 - reliability) / (OPTIONS - 1))


def _where(mask: Any, values: Any) -> Array:
    """The values where the mask holds, missing elsewhere."""
    kept = np.array(values, dtype=object)
    kept[~np.asarray(mask, dtype=bool)] = None
    return kept


def _places(truth: Truth, drawn: Drawn, rng: np.random.Generator) -> dict[str, Array]:
    """Arms in blocks whose order rotates over people, items at random within; options in random order."""
    count = len(truth.arms)
    block = np.zeros_like(drawn.arm) if truth.design == "between" else (drawn.arm - drawn.person) % count
    order = np.lexsort((rng.random(len(drawn.arm)), block, drawn.person))
    position = np.empty(len(order), dtype=np.int64)
    position[order] = np.tile(np.arange(truth.items), truth.participants) + 1
    shown = rng.permuted(np.tile(LETTERS, (len(order), 1)), axis=1)
    turned = [" ".join(truth.arms[(first + step) % count] for step in range(count)) for first in range(count)]
    within = truth.design == "within"
    return {
        "block": block + 1,
        "position": position,
        "sequence": _where(np.full(len(order), within), np.array(turned)[drawn.person % count]),
        "choice_order": np.array(["".join(row) for row in shown]),
    }


def _leavers(truth: Truth, frame: pd.DataFrame, rng: np.random.Generator) -> dict[str, Array]:
    """A share of people leaves after a uniformly drawn number of trials, whoever they are."""
    leaves = rng.random(truth.participants) < truth.leave
    last = np.where(leaves, rng.integers(1, truth.items, size=truth.participants), truth.items)
    person = frame["person"].to_numpy()
    return {"opened": frame["position"].to_numpy() <= last[person], "leaves": leaves[person]}


def _exposure(frame: pd.DataFrame) -> dict[str, Any]:
    """What the person had seen of assistants before the trial; answers are revealed at the debrief only."""
    seen = frame["assisted"].astype(int)
    wrong = seen * (frame["brief_target"] != frame["gold"]).astype(int)
    before = {
        name: marks.groupby(frame["person"]).cumsum() - marks
        for name, marks in (("assisted_trials_before", seen), ("wrong_briefs_before", wrong))
    }
    return before | {"wrong_revealed_before": 0}


def _times(truth: Truth, frame: pd.DataFrame, rng: np.random.Generator) -> dict[str, Any]:
    """Log-normal seconds, cut at the limit: then the choice that stands counts, unless the answer is lost."""
    medians = np.array([median_seconds(truth, arm) for arm in truth.arms])[frame["arm_number"]]
    natural = medians * np.exp(SPREAD * rng.normal(size=len(frame)))
    late = frame["lost"].to_numpy() | (natural >= truth.limit_seconds)
    spent = np.where(late, truth.limit_seconds, natural)
    took = np.round(1000 * spent).astype(np.int64)
    begun = _begun(frame, took)
    standing = _where(~frame["lost"].to_numpy(), np.where(late, "standing", "submitted"))
    return {
        "opened_at": begun, "closed_at": begun + took,
        "deadline_at": begun + round(1000 * truth.limit_seconds),
        "seconds": took / 1000, "timed_out": late, "time_limit_seconds": truth.limit_seconds,
        "closed_by": np.where(late, "deadline", "participant"), "answer_source": standing,
    }  # fmt: skip


def _begun(frame: pd.DataFrame, took: IntArray) -> IntArray:
    """Milliseconds since 1970 at which each trial opens: one after the other, people join a minute apart."""
    import pandas as pd

    step = pd.Series(took + BETWEEN_TRIALS_MS, index=frame.index)
    before = step.groupby(frame["person"]).cumsum() - step
    return np.asarray(joined(frame["person"]) + 2 * JOIN_EVERY_MS + before, dtype=np.int64)


def joined(person: Any) -> IntArray:
    return np.asarray(BEGIN_MS + JOIN_EVERY_MS * np.asarray(person), dtype=np.int64)


def _talk(frame: pd.DataFrame, rng: np.random.Generator) -> dict[str, Any]:
    """Who asks writes one to three messages; some say first what they think; the assistant stays with its brief."""
    asked = frame["asked"].to_numpy()
    states = asked & (rng.random(len(frame)) < STATES)
    messages = np.where(asked, rng.integers(1, MOST_MESSAGES + 1, size=len(frame)), 0)
    assisted = frame["assisted"].to_numpy()
    advice = _where(asked, frame["brief_target"])
    return {
        "assistant_first_answer": advice, "assistant_answer": advice,
        "assistant_correct": _where(asked, frame["brief_correct"]),
        "participant_stated_answer": _where(states, frame["own"]),
        "messages_sent": _where(assisted, messages), "resets": _where(assisted, 0 * messages),
        "assistant_faults": _where(assisted, 0 * messages),
        "reply_wait_seconds": np.where(asked, REPLY_SHARE * frame["seconds"], 0.0),
        "first_token_wait_seconds": np.where(asked, FIRST_TOKEN_SHARE * frame["seconds"], 0.0),
        "clock_paused_seconds": 0.0,
    }  # fmt: skip


def _confidence(truth: Truth, frame: pd.DataFrame, rng: np.random.Generator) -> dict[str, Any]:
    """By arm, so that every step is right as often as the truth says; in the initial answer as without help."""
    final, first = (np.full(len(frame), None, dtype=object) for _ in range(2))
    for arm in truth.arms:
        mine = (frame["arm"] == arm).to_numpy()
        for values, column, accuracy in ((final, "correct", truth.answered(arm)),
                                         (first, "initial_correct", truth.own(arm))):  # fmt: skip
            told = mine & frame[column].notna().to_numpy()
            if told.any():
                right = frame.loc[told, column].to_numpy(dtype=bool)
                values[told] = stated(accuracy, truth.overconfidence).draw(right, rng)
    return {"confidence": final, "initial_confidence": first}
