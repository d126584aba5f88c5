"""p-values of estimates, and what asking several questions at once makes of them."""

from analysis.estimates import Estimate


def p_value(estimate: Estimate, direction: str = "two_sided") -> float | None:
    """p of the hypothesis that the estimate's target is 0, by a t statistic with the estimate's df.

    Parameters
    ----------
    estimate : Estimate
        With its standard error and degrees of freedom.
    direction : str
        What is held against 0: two_sided, or only that the target is greater or less.

    Returns
    -------
    float or None
        A probability; ``None`` without a standard error.

    References
    ----------
    Cameron, Gelbach & Miller (2011), J. Bus. Econ. Stat. 29:238, for t with min(participants, items) - 1 df.
    """
    if estimate.estimate is None or not estimate.se or not estimate.df:
        return None
    from scipy.special import stdtr

    t = estimate.estimate / estimate.se
    if direction == "two_sided":
        return float(2 * stdtr(estimate.df, -abs(t)))
    return float(stdtr(estimate.df, -t if direction == "greater" else t))


def holm(values: list[float | None]) -> list[float | None]:
    """Step-down adjusted p-values of one family: max over those no larger of (m − rank) p; ``None`` takes no part.

    Returns
    -------
    list
        Probabilities, in the order given.

    References
    ----------
    Holm (1979), Scandinavian Journal of Statistics 6:65.
    """
    order = sorted((p, place) for place, p in enumerate(values) if p is not None)
    adjusted: list[float | None] = [None] * len(values)
    running = 0.0
    for rank, (p, place) in enumerate(order):
        running = max(running, min(1.0, (len(order) - rank) * p))
        adjusted[place] = running
    return adjusted
