"""The crossed mixed logistic model: random intercepts and arm slopes of participants and items."""

from analysis.mixed.fit import Fit, Marginal, Refused, fit, marginal

__all__ = ["Fit", "Marginal", "Refused", "fit", "marginal"]
