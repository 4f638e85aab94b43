"""Texts are coded in slices, and each of them once."""

from analysis.text import codes
from analysis.themes import codebook
from api.jobs.texts import coding as job
from survey.themes.codebooks import Coding

LETTER = "Please keep Tasers out of our schools."
TEXTS = [LETTER, "He shouted at me.", LETTER, "Thank you.", "He shouted at me.", LETTER, LETTER]
LANGUAGES = [None, None, "pl", None, None, "pl", None]


async def test_equal_texts_of_a_batch_are_coded_once(monkeypatch):
    asked = []

    def code_and_note(texts, languages, coder, **given):
        asked.append(list(zip(texts, languages, strict=True)))
        return [
            Coding(
                language=spoken or "en", redacted=text, spans=(), sentiment=None, themes=(),
                coder="a stand-in", coder_version="1", codebook=1,
            )
            for text, spoken in asked[-1]
        ]  # fmt: skip

    monkeypatch.setattr(codes, "code_texts", code_and_note)
    monkeypatch.setattr(job, "SLICE", 2)
    found = await job.code_in_slices(codebook.STARTING_CODEBOOK, TEXTS, LANGUAGES)
    assert asked == [
        [(LETTER, None), ("He shouted at me.", None)],
        [(LETTER, "pl"), ("Thank you.", None)],
    ]
    assert [one.redacted for one in found] == TEXTS
    assert [one.language for one in found] == [spoken or "en" for spoken in LANGUAGES]
