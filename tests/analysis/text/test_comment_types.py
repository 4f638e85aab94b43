"""What a comment does, on sentences that the examples do not have."""

import pytest

from analysis.text import codes
from analysis.text.codes import guess_types
from analysis.text.model import reading

HELD_OUT = {
    "experience": [
        "Last spring an officer stopped my cousin near Brockley station.",
        "I phoned them in January when my shed was broken into.",
        "They came to our block on Friday and spoke to the caretaker.",
        "I was searched twice on the way to football.",
        "My wife gave a statement at the station in Sutton.",
        "We saw two of them outside the bank on Monday.",
    ],
    "complaint": [
        "The sergeant was arrogant and would not listen to us.",
        "Nobody replied and my case was closed without a word.",
        "They treated my nephew like dirt for no reason.",
        "It is disgraceful that it took five hours.",
        "I was ignored every time I reported the harassment.",
        "They never turn up when you call about the noise.",
    ],
    "praise": [
        "The constable was gentle and very patient with my gran.",
        "Brilliant response, they were here in minutes.",
        "I am so grateful to the woman who took my call.",
        "They were respectful and fair with all of us.",
        "Great work by the team at the festival.",
        "I felt supported from start to finish.",
    ],
    "suggestion": [
        "There should be a youth worker in every custody suite.",
        "More officers on foot in the evening.",
        "They ought to publish how long each case takes.",
        "I would like to see regular meetings with parents.",
        "Teach new recruits about the history of the area.",
        "Put a police post box in the library.",
    ],
    "question": [
        "How can I get a copy of my record?",
        "Who is the inspector for our area?",
        "Do I need to bring identification to the interview?",
        "When will the front desk open again?",
        "what happens after i report something",
        "Could you tell me where the meeting is held?",
    ],
}


def test_types_of_sentences_that_no_example_has():
    sentences = [(text, kind) for kind, texts in HELD_OUT.items() for text in texts]
    examples = " ".join(getattr(codes.load_examples(), kind) for kind in HELD_OUT)
    assert not [text for text, _ in sentences if text in examples]
    found = guess_types([text for text, _ in sentences], ["en"] * len(sentences))
    right = sum(typed.type == kind for typed, (_, kind) in zip(found, sentences, strict=True))
    assert right >= 0.8 * len(sentences)


def test_examples_are_enough_and_each_stands_once():
    lines = {kind: getattr(codes.load_examples(), kind).strip().splitlines() for kind in HELD_OUT}
    assert min(map(len, lines.values())) >= 40
    everything = [line for each in lines.values() for line in each]
    assert len(everything) == len(set(everything))


@pytest.mark.parametrize("language", ["bn", "so", "pl", "und"])
def test_other_languages_and_empty_texts_have_no_type(language):
    assert guess_types(["Kiedy otwarcie?", " "], [language, "en"]) == [None, None]


def test_a_text_read_before_is_not_read_again(monkeypatch):
    texts = ["Where is the station?", "They were kind."]
    before, read = guess_types(texts, ["en", "en"]), reading.read_texts(texts)
    monkeypatch.setattr(reading, "read_texts", None)
    assert guess_types(texts, ["en", "en"], read) == before
    assert all(0.2 < typed.probability <= 1 for typed in before)
