"""Sources of chance of the made-up city: each has a name, so that no two draw the same numbers."""

import random

import numpy as np

# In this order: an array stream is known by its place, so a new one goes at the end.
ARRAY_STREAMS = ("city", "disabilities", "subjects", "schools")


def stream(seed: int, name: str) -> random.Random:
    """The numbers that one named part of the simulation draws for a seed."""
    return random.Random(f"{seed} {name}")  # noqa: S311 - a seed must give the same world


def array_stream(seed: int, name: str) -> np.random.Generator:
    """The same for parts that draw whole arrays; the name is one of ARRAY_STREAMS."""
    return np.random.default_rng((seed, ARRAY_STREAMS.index(name)))
