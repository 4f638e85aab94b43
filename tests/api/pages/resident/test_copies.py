"""A copy of one's own answers: a page and a PDF, before and after sending."""

import asyncio
import io
import threading

import pypdfium2
import pytest

from api.pages.resident.questionnaire import kept_answers
from tests.api.pages.resident.test_resident_pages import (
    COMPLAINT,
    FEEDBACK,
    answer_pages,
    send_answers,
)
from tests.api.pages.resident.test_resident_pages import everything as everything
from tests.api.pages.survey_of_everything import FILLED

BASE = "/surveys/feedback"


def pdf_text(answer):
    assert answer.headers["content-type"] == "application/pdf", answer.text
    pages = pypdfium2.PdfDocument(io.BytesIO(answer.content))
    return "\n".join(page.get_textpage().get_text_bounded() for page in pages)


async def test_a_copy_has_the_questions_and_answers_before_and_after_sending(client, db):
    await answer_pages(client, BASE, FEEDBACK)
    for reference in ("", "sent"):
        reference = reference and await send_answers(client, BASE)
        page = await client.get(f"{BASE}/copy")
        said = pdf_text(await client.get(f"{BASE}/copy.pdf"))
        for words in ("I felt safer.", "Hackney", reference or "Not sent yet"):
            assert words in page.text
            assert words in said
        assert "<it>" in said
    rows = await db.the_connection.fetch("SELECT content FROM drafts")
    assert "safer" not in str(rows)


async def test_the_copy_ends_when_the_receipt_is_closed(client):
    await answer_pages(client, BASE, FEEDBACK)
    reference = await send_answers(client, BASE)
    assert (await client.post(f"{BASE}/done/ABCD-EFGH")).status_code == 404
    await client.post(f"{BASE}/done/{reference}")
    assert (await client.get(f"{BASE}/copy")).headers["location"] == BASE
    assert (await client.get(f"{BASE}/done/{reference}")).status_code == 404


async def test_a_complaint_has_a_copy(client):
    await answer_pages(client, "/complaints", COMPLAINT)
    await send_answers(client, "/complaints")
    assert "It was fired without a word." in pdf_text(await client.get("/complaints/copy.pdf"))


async def test_two_copies_are_printed_at_once_and_no_more(monkeypatch):
    """Anyone may ask for many, and each keeps a core busy."""
    both, crowd, running = threading.Barrier(2), [], []

    def print_slowly(*given):
        running.append(1)
        crowd.append(len(running))
        both.wait(20)
        running.pop()
        both.wait(20)
        return b"%PDF-"

    monkeypatch.setattr(kept_answers.paper, "render_copy_pdf", print_slowly)
    await asyncio.gather(*(kept_answers.print_copy(b"<html>", "en") for _ in range(6)))
    assert len(crowd) == 6
    assert max(crowd) == 2


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_every_kind_of_question_is_copied_in_the_persons_language(
    client, everything, language
):
    client.headers["accept-language"] = language
    filled = {step: fields for step, (fields, _) in FILLED.items()} | {"why": {"answer": "x"}}
    await answer_pages(client, everything, filled)
    page = await client.get(f"{everything}/copy")
    assert ('dir="rtl"' in page.text) == (language == "ar")
    assert pdf_text(await client.get(f"{everything}/copy.pdf"))
