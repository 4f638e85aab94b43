"""Courtesies are left out before a text is read, so that thanks turn no complaint into praise."""

import random

import pytest

from analysis.text.codes import code_texts
from analysis.text.courtesies import courtesy_spans, text_to_read
from tests.bench.text import invariances

LEFT = [
    # a courtesy is a sentence of its own, before or after what is meant
    ("They never came. Thank you.", "They never came."),
    ("Thanks for asking. They never came.", "They never came."),
    ("They lied to me. Kind regards, Denise Miller", "They lied to me."),
    ("They lied to me. Yours, a worried mother.", "They lied to me."),
    ("Good evening, thank you for your time. They lied.", "They lied."),
    ("They lied. I hope somebody reads this.", "They lied."),
    ("They lied. Just being honest.", "They lied."),
    # or the beginning or end of one
    ("I respect the police, but they never come", "they never come"),
    ("With respect, they lie", "they lie"),
    ("they never come, thanks for asking", "they never come"),
    # people leave out marks, and their fingers slip
    ("they never come thank you", "they never come"),
    ("thank you for asking they never come", "they never come"),
    ("They never came. Thhank you for asknig.", "They never came."),
    ("THEY NEVER CAME. THANK YOU FOR THE SURVEY.", "THEY NEVER CAME."),
    # in any of the languages of the pages
    ("Policja nie przyjechała. Dziękuję za ankietę.", "Policja nie przyjechała."),
    ("لم تأت الشرطة. شكرا جزيلا لكم.", "لم تأت الشرطة."),
    ("La police n'est pas venue. Merci de m'avoir écouté.", "La police n'est pas venue."),
    ("Polis gelmedi. Teşekkür ederim.", "Polis gelmedi."),
    ("পুলিশ আসেনি। অনেক ধন্যবাদ", "পুলিশ আসেনি। অনেক ধন্যবাদ"),  # one sentence to us
]
STAYS = """
Thank you.
Thank you, officers.
Thank you officers, you saved my son.
Thank you for finding my mum so quickly.
Many thanks for saving my son.
Thank you for your help.
I want to say thank you to the two officers.
They would not even say thank you
I hope they catch him.
They are not honest.
I want to stay safe.
It is good that officers ask questions first.
I am happy the police listened to me.
I respect the police.
I have to say that they were wonderful.
""".strip().splitlines()


@pytest.mark.parametrize(("said", "left"), LEFT)
def test_a_courtesy_is_left_out(said, left):
    read = text_to_read(said)
    assert read.split() == left.split()
    # All positions stay, and nothing is found in what is left.
    assert len(read) == len(said)
    assert courtesy_spans(read) == ()


@pytest.mark.parametrize("said", STAYS)
def test_thanks_for_what_the_police_did_and_courtesies_alone_stay(said):
    assert text_to_read(said).split()[-3:] == said.split()[-3:]


def test_what_was_left_out_is_stored_with_the_tone(coder):
    said = "They lied to me and laughed. Thank you for asking."
    plain, polite = code_texts(["They lied to me and laughed.", said], ["en", "en"], coder)
    left = [said[start:end].strip() for start, end in polite.sentiment.left_out]
    assert left == ["Thank you for asking."]
    # The same tone, type and themes as without it.
    assert polite.sentiment.polarity == plain.sentiment.polarity
    assert (polite.comment_type, polite.themes) == (plain.comment_type, plain.themes)


def test_no_courtesy_turns_a_complaint_into_praise(coder):
    """Texts by courtesies, known and held out, by places and ways of writing them: a sample."""
    few = random.Random(invariances.SEED).sample(invariances.plain_texts(), 6)
    found = invariances.shares_changed(tuple(few), invariances.courtesy_changes())
    assert changed_share(found) <= invariances.TARGET


@pytest.mark.slow
def test_what_must_not_matter_changes_no_side():
    """All of them, and slips, capitals, quotations and polite forms: each group by itself."""
    changes = [*invariances.courtesy_changes(), *invariances.other_changes()]
    found = invariances.shares_changed(invariances.plain_texts(), changes)
    shares = {group: changed / of for group, (changed, of) in found.items()}
    assert {group: share for group, share in shares.items() if share > invariances.TARGET} == {}


def changed_share(found):
    return sum(changed for changed, _ in found.values()) / sum(of for _, of in found.values())
