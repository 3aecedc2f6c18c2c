"""What is said more in some texts than in others: log-odds with an informative prior."""

from math import log, sqrt

PRIOR_WORDS = 1_000.0
"""How many words of the common text the prior is worth: enough that a word seen once or twice proves nothing."""


def contrast(count: int, total: int, other: int, other_total: int) -> float:
    """Return how many standard deviations a term is more frequent in texts of `total` words than in the others.

    The log-odds ratio with an informative Dirichlet prior of Monroe, Colaresi and Quinn, "Fightin' Words" (Political
    Analysis 16, 2008, equations 16 to 22): the prior is the share of the term in all texts together, so that rare words
    need several mentions to stand out, and frequent ones have to differ much.
    """
    prior = PRIOR_WORDS * (count + other + 1) / (total + other_total + 1)
    own, others = count + prior, other + prior
    own_rest, other_rest = total + PRIOR_WORDS - own, other_total + PRIOR_WORDS - others
    ratio = log(own / max(own_rest, 0.5)) - log(others / max(other_rest, 0.5))
    return ratio / sqrt(1 / own + 1 / others)
