"""Temperature and bias: how the tone was corrected by labels before heads; a yardstick."""

import numpy as np
from scipy.optimize import minimize

LEAST = 1e-4


def recalibrated(shipped, tone, others):
    """The probabilities `others` (n, 3), p' ∝ exp(log p / T + b), fitted on labels by log loss.

    `shipped` (n, 3) are the probabilities of the texts with labels, `tone` these, 0 to 2.
    Source: Guo et al. (2017); Alexandari, Kundaje & Shrikumar (2020).
    """
    logs = np.log(np.clip(shipped, LEAST, 1.0))

    def badness(x):
        right = scaled(logs, x)[np.arange(len(tone)), tone]
        return -np.log(np.maximum(right, 1e-12)).mean() + 0.5 * (x @ x) / len(tone)

    fitted = minimize(badness, np.zeros(3), method="L-BFGS-B").x
    return scaled(np.log(np.clip(others, LEAST, 1.0)), fitted)


def scaled(logs, x):
    scores = logs / np.exp(x[0]) + np.array([0.0, x[1], x[2]])
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)
