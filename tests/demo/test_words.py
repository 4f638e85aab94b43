"""The sentences of invented residents can be read one after another."""

import re

import numpy as np

from demo.simulation.texts_and_subjects import TextSimulator

# A word with a capital after a comma or a colon: none that begins a sentence stands there.
BROKEN = re.compile(r"[,:;] (?!I\b)[A-Z][a-z]")


def test_no_sentence_begins_within_another():
    """Found: "Speaking as somebody who works in a shop on the high street, The officers"."""
    writer = TextSimulator(np.random.default_rng(7))
    texts = [writer.text(index).text for index in np.linspace(0, 100, 400)]
    texts += [make().text for make in (writer.newcomer, writer.about_schools) for _ in range(60)]
    assert [one for one in texts if BROKEN.search(one)] == []
