"""How right a vote of k people is: curves over k, and the vote of everybody who answered an item."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis import ballots
from analysis.exclusions import clusters, exclusion_variants
from analysis.inference import Clusters, Estimate, FloatArray, IntArray, Spec, jackknife_of
from analysis.load import Package
from analysis.plan import Plan, Row, Section

if TYPE_CHECKING:
    import pandas as pd

PLAIN, PRODUCT = "plurality", "product"
LONGEST = 15
_TOGETHER = 32
_SHARE_OF_ITEMS = 0.8
_COVERAGE = "coverage .95–.97 in 500 simulated studies of 40 people and 24 items"


@dataclass(frozen=True)
class Item:
    """One item's voters, in an order that does not depend on ids: their rows, options and log-probabilities."""

    rows: IntArray
    options: IntArray
    right: int
    size: int
    votes: FloatArray | None


def votes(package: Package, plan: Plan, trials: pd.DataFrame) -> Section:
    """Rows per task, arm, rule and ``k``: ``estimate`` = mean over items of P(the vote of k is right).

    Voters are the counted answers of an item; each item weighs the same. ``voters`` says whether k of them are drawn
    (averaged over all draws, on one fixed set of ``items_voted`` that have more than enough voters; ``items_left_out``
    have not) or all vote (``k`` is null). Rules: plurality (``ballots.plurality``), and the founding study's product of
    stated probabilities (``ballots.weighted``). ``voters_least`` and ``voters_mean`` are of an item.

    Returns
    -------
    Section
        Shares of items, 0-1; counts of voters and items. Two-way jackknife, over items only where a vote takes all.

    References
    ----------
    Those of ``ballots``; MacKinnon, Nielsen & Webb (2024), arXiv:2406.08880.
    """
    if not {"answer", "gold"} <= set(trials):
        return Section(reason="needs the columns answer and gold")
    rows: list[Row] = []
    for variant, frame in exclusion_variants(package, trials):
        for task, arm in itertools.product(sorted(frame["task"].unique()), plan.arms):
            mine = frame[(frame["task"] == task) & (frame["arm"] == arm)]
            for rule in (PLAIN, PRODUCT):
                rows += _of_rule(plan, mine, task, arm, rule, variant.exclusions)
    rows.sort(key=lambda row: (row["task"], plan.arms.index(row["arm"]), not row["primary"]))
    return Section(rows, "" if rows else "no item has a counted answer with a key")


def _of_rule(plan: Plan, frame: pd.DataFrame, task: str, arm: str, rule: str, exclusions: str) -> Iterator[Row]:
    counted = frame[frame["answer"].notna() & frame["gold"].notna()]
    if rule == PRODUCT:
        counted = counted[counted["confidence"].notna()] if "confidence" in counted else counted.iloc[:0]
    if counted.empty:
        return
    counted = counted.reset_index(drop=True)
    items, groups = _items(counted, rule), clusters(counted)
    start: Row = {"task": task, "arm": arm, "rule": rule, "primary": exclusions == "none"}
    spec = plan.spec(timeouts="missing", exclusions=exclusions, notes=(_COVERAGE,))
    yield start | {
        "voters": "all",
        "k": None,
        **_facts(items, items, None),
        **_all(items, groups, spec).as_row(),
    }
    chosen, longest = _chosen(items)
    for k in _sizes(longest):
        estimate = vote(chosen, k, groups, spec)
        yield start | {"voters": "drawn", "k": k, **_facts(chosen, items, k), **estimate.as_row()}


def _facts(used: list[Item], items: list[Item], k: int | None) -> Row:
    sizes = [len(item.rows) for item in used]
    return {
        "items_voted": len(used),
        "items_left_out": len(items) - len(used),
        "voters_least": min(sizes, default=0),
        "voters_mean": float(np.mean(sizes)) if sizes else None,
        "exact": k is None or used[0].votes is None or ballots.is_exact(iter(sizes), k),
    }


def _items(frame: pd.DataFrame, rule: str) -> list[Item]:
    letters = sorted({*frame["answer"].unique(), *frame["gold"].unique()} | set("ABCD"[: _most_options(frame)]))
    place = {letter: number for number, letter in enumerate(letters)}
    answers, gold = (frame[name].map(place).to_numpy(dtype=np.intp) for name in ("answer", "gold"))
    options = _options(frame, len(place))
    log = _log_probabilities(frame, answers, letters) if rule == PRODUCT else None
    found = []
    for indices in frame.groupby("item_id", sort=True).indices.values():
        rows = np.asarray(indices, dtype=np.intp)
        right = int(gold[rows[0]])
        size = max(int(options[rows[0]]), int(answers[rows].max()) + 1, right + 1)
        votes = None if log is None else log(rows, size)
        order = np.lexsort((answers[rows][:, None] if votes is None else votes).T)
        found.append(Item(rows[order], answers[rows][order], right, size, None if votes is None else votes[order]))
    return found


def _options(frame: pd.DataFrame, otherwise: int) -> IntArray:
    """Each row's number of options: the first one recorded for its item."""
    if "n_options" not in frame:
        return np.full(len(frame), otherwise)
    first = frame.groupby("item_id")["n_options"].transform("first")
    return np.asarray(first.fillna(otherwise).to_numpy(dtype=np.intp))


def _most_options(frame: pd.DataFrame) -> int:
    if "n_options" not in frame or frame["n_options"].isna().all():
        return 4
    return int(frame["n_options"].max())


def _log_probabilities(
    frame: pd.DataFrame, answers: IntArray, letters: list[str]
) -> Callable[[IntArray, int], FloatArray]:
    """By the product rule; where somebody gave a probability for every option, these, clipped alike."""
    confidence = frame["confidence"].to_numpy(dtype=float)
    texts = frame["probabilities"].to_numpy() if "probabilities" in frame else None

    def of(rows: IntArray, size: int) -> FloatArray:
        votes = ballots.product_votes(answers[rows], confidence[rows], size)
        for place, text in enumerate(() if texts is None else texts[rows]):
            if isinstance(text, str) and (stated := _stated(text, letters[:size])) is not None:
                votes[place] = stated
        return votes

    return of


def _stated(text: str, letters: list[str]) -> FloatArray | None:
    try:
        given: Any = json.loads(text)
        shares = np.array([float(given[letter]) for letter in letters])
    except (ValueError, TypeError, KeyError):
        return None
    clipped = np.clip(shares, ballots.CLIP, 1 - ballots.CLIP)
    return np.asarray(np.log(clipped / clipped.sum()), dtype=np.float64)


def _chosen(items: list[Item]) -> tuple[list[Item], int]:
    """The items of the curve, and its largest k: at least four in five items have more than k voters."""
    sizes = np.array([len(item.rows) for item in items])
    enough = int(np.quantile(sizes, 1 - _SHARE_OF_ITEMS, method="lower"))
    longest = min(max(enough - 1, 1), LONGEST)
    return [item for item in items if len(item.rows) > longest or longest == 1], longest


def _sizes(longest: int) -> list[int]:
    """Odd numbers of voters, thinner where they are many."""
    return [k for k in (1, 3, 5, 7, 9, 11, 15) if k <= longest]


def _all(items: list[Item], groups: Clusters, spec: Spec) -> Estimate:
    """The vote of everybody: an interval over items only, since without a person it is another vote."""
    shares = np.array([_everybody(item) for item in items])
    return _over_items(items, shares, groups, spec.noted("all who answered vote: these people"))


def vote(items: list[Item], k: int, groups: Clusters, spec: Spec) -> Estimate:
    """Share of items whose vote of k is right; two-way where every item has more than k voters.

    Returns
    -------
    Estimate
        A share of items, 0-1, the mean of the items' probabilities.

    References
    ----------
    As ``votes``.
    """
    least = min(len(item.rows) for item in items)
    shares, without = _plain(items, k) if items[0].votes is None else _weighted(items, k)
    if least <= k:
        return _over_items(items, shares, groups, spec.noted("some item has no more than k voters: these people"))
    losses = np.concatenate([share - each for share, each in zip(shares, without, strict=True)])
    return _over_both(items, shares, losses, groups, spec)


def _everybody(item: Item) -> float:
    """Whether everybody's vote is right, a tie of j options counting 1/j."""
    sums = (
        np.bincount(item.options, minlength=item.size).astype(float) if item.votes is None else item.votes.sum(axis=0)
    )
    return float(ballots.won(sums[None, None], np.array([item.right]))[0, 0])


def _plain(items: list[Item], k: int) -> tuple[FloatArray, list[FloatArray]]:
    """Each item's share of right votes, and the same without each of its voters."""
    options = max(item.size for item in items)
    counts = np.array([np.bincount(item.options, minlength=options) for item in items], dtype=np.float64)
    right = np.array([item.right for item in items])
    fewer = np.full(counts.shape, np.nan)
    for option in range(options):
        some = counts[:, option] > 0
        left = counts[some] - (np.arange(options) == option)
        fewer[some, option] = ballots.pluralities(left, right[some], k)
    return ballots.pluralities(counts, right, k), [row[item.options] for row, item in zip(fewer, items, strict=True)]


def _weighted(items: list[Item], k: int) -> tuple[FloatArray, list[FloatArray]]:
    """As ``_plain``; items with equally many voters and options go together, for speed."""
    draws = ballots.draws_for(len(items))
    shares, without = np.full(len(items), np.nan), [np.full(len(item.rows), np.nan) for item in items]
    alike: dict[tuple[int, int], list[int]] = {}
    for place, item in enumerate(items):
        alike.setdefault((len(item.rows), item.size), []).append(place)
    for group in alike.values():
        for places in (group[at : at + _TOGETHER] for at in range(0, len(group), _TOGETHER)):
            stacked = np.array([items[place].votes for place in places])
            right = np.array([items[place].right for place in places])
            found = ballots.weighted_alike(stacked, right, k, draws)
            for place, share, each in zip(places, *found, strict=True):
                shares[place], without[place] = share, each
    return shares, without


def _over_items(items: list[Item], shares: FloatArray, groups: Clusters, spec: Spec) -> Estimate:
    """Mean over items with a jackknife over item clusters."""
    rows = np.concatenate([item.rows for item in items])
    used = _only(groups, rows)
    first = np.cumsum([0] + [len(item.rows) for item in items[:-1]])
    home = used.item[first]

    def replicates(codes: IntArray) -> FloatArray:
        return _mean_without(codes, home, shares) if codes is used.item else np.full(1, np.nan)

    return jackknife_of(float(shares.mean()), replicates, used, replace(spec, people="these"), "logit", len(rows))


def _mean_without(codes: IntArray, home: IntArray, shares: FloatArray) -> FloatArray:
    groups = int(codes.max(initial=-1)) + 1
    kept = len(shares) - np.bincount(home, minlength=groups)
    total = shares.sum() - np.bincount(home, shares, groups)
    return np.where(kept > 0, total / np.where(kept > 0, kept, 1), np.nan)


def _over_both(items: list[Item], shares: FloatArray, losses: FloatArray, groups: Clusters, spec: Spec) -> Estimate:
    """Mean over items; without a person each of their items has one voter fewer."""
    rows = np.concatenate([item.rows for item in items])
    used = _only(groups, rows)
    home = used.item[np.cumsum([0] + [len(item.rows) for item in items[:-1]])]

    def replicates(codes: IntArray) -> FloatArray:
        if codes is used.item:
            return _mean_without(codes, home, shares)
        return np.asarray(shares.mean() - np.bincount(codes, losses) / len(shares), dtype=np.float64)

    return jackknife_of(float(shares.mean()), replicates, used, spec, "logit", len(rows))


def _only(groups: Clusters, rows: IntArray) -> Clusters:
    return Clusters.coded(groups.participant[rows], groups.item[rows], groups.cell[rows])
