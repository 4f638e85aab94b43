"""The codebook pages: every edit of a draft, refusals, its effect, acceptance, and files."""

import html
import re

import pytest

from api.jobs.texts import coding
from api.pages.staff.themes import codebook_draft
from survey.formats import codebook_files
from survey.store import jobs
from survey.store.accounts import people
from survey.store.themes import codebooks
from survey.themes.codebooks import Codebook, Descent, Rename, Split, Theme
from tests.api.pages.forms import send
from tests.jobs import run_all_jobs
from tests.people import AMINA, CINDY, JOAN
from tests.stored.complaint_forms import create_case

BASE = "/work/themes/codebook"
DRAFT = f"{BASE}/draft"
YOUNG = f"{DRAFT}/themes/young-people"
NIGHT = {"name-en": "Buses at night", "description": "Buses, trams and their stops after dark."}
NOTE = "The group agreed on it on Monday."


@pytest.fixture
async def cindy(signed_in):
    return await signed_in(CINDY)


@pytest.fixture
async def draft(cindy, db):
    """Reads the codebook draft that Cindy has started."""
    await send(cindy, DRAFT)

    async def read():
        return await codebooks.find_draft(db.the_connection)

    return read


@pytest.fixture
def edit(cindy, draft):
    """Sends a form with the current revision of the draft."""

    async def sent(address, form, **given):
        seen = {"revision": str((await draft()).revision)}
        return await send(cindy, address, seen | form, **given)

    return sent


@pytest.fixture
async def texts(db):
    """Twelve complaints that the machine has coded."""
    said = (
        "They stopped and searched my son, who is 14, on his way home from school.",
        "The officer swore at me and would not give his number.",
        "Nobody came when I rang about the drunk people on the night bus.",
    )
    for text in said * 4:
        await create_case(db, narrative=text, allegations=["incivility"])
    await coding.code_all(db.the_connection)


async def audit_entries(db, number=1):
    rows = await people.load_audit(db.the_connection, 2**62, number)
    return [(row.act, row.subject, row.detail) for row in rows]


def selected_parts(text):
    """The part selected for each example on the page that splits a theme."""
    selects = re.findall(r'<select[^>]* name="(part-\d+)"(.*?)</select>', text, re.DOTALL)
    choices = [(name, re.search(r'value="(\d)" selected', options)) for name, options in selects]
    return [(name, found[1]) for name, found in choices if found]


def page_text(answer):
    return html.unescape(answer.text)


# ---------------------------------------------------------------- the page, and a draft


async def test_the_page_shows_the_version_in_force_and_offers_a_draft(cindy, db):
    text = page_text(await cindy.get(BASE))
    assert "Version 1 is in use" in text
    assert "Start a draft" in text
    assert f"{BASE}/versions/1/codebook.csv" in text
    assert "Young people" in page_text(await cindy.get(f"{BASE}/versions/1"))
    assert (await cindy.get(f"{BASE}/versions/77")).status_code == 404


async def test_a_draft_is_begun_once_and_shared(cindy, signed_in, draft, db):
    assert await audit_entries(db) == [("codebook draft begun", "version 2", {})]
    first = await draft()
    joan = await signed_in(JOAN)
    assert (await send(joan, DRAFT)).headers["location"] == DRAFT
    assert await draft() == first
    assert "Draft of version 2" in page_text(await joan.get(DRAFT))
    assert "There is a draft of version 2" in page_text(await joan.get(BASE))


async def test_without_a_draft_its_pages_say_so(cindy):
    assert (await cindy.get(DRAFT)).headers["location"] == BASE
    for address in (YOUNG, f"{DRAFT}/effect", f"{DRAFT}/import"):
        answer = await cindy.get(address)
        assert answer.status_code == 409
        assert "There is no draft any more" in answer.text


async def test_a_draft_is_discarded_after_a_question(cindy, edit, draft):
    assert "Discard the draft of version 2?" in page_text(await cindy.get(f"{DRAFT}/discard"))
    assert (await edit(f"{DRAFT}/discard", {})).headers["location"] == f"{BASE}?done=discarded"
    assert await draft() is None
    assert "The draft is discarded." in page_text(await cindy.get(f"{BASE}?done=discarded"))


# ---------------------------------------------------------------- edits of one theme


async def test_a_theme_is_named_in_more_languages(cindy, edit, draft, db):
    names = {"kind": "rename", "name-en": "Youth", "name-ar": "الشباب"}
    answer = await edit(f"{YOUNG}/edits", names)
    assert answer.headers["location"] == f"{YOUNG}?done=rename"
    assert (await draft()).book.get("young-people").name == {"en": "Youth", "ar": "الشباب"}
    assert await audit_entries(db) == [("codebook changed", "young-people", {"edit": "rename"})]
    assert "The name is changed in the draft." in page_text(await cindy.get(f"{YOUNG}?done=rename"))
    assert "Renamed “Young people” to “Youth”" in page_text(await cindy.get(DRAFT))


@pytest.mark.parametrize(
    ("form", "field", "became"),
    [
        ({"kind": "describe", "description": "Under 25."}, "description", "Under 25."),
        ({"kind": "seed", "seeds": "school\r\n\r\nyouth club\r\nschool"}, "seeds",
         ("school", "youth club")),
        ({"kind": "pin", "pinned": "yes"}, "pinned", True),
        ({"kind": "example", "example": "Kids fear them", "belongs": "no"}, "counterexamples",
         ("Kids fear them",)),
    ],
)  # fmt: skip
async def test_a_theme_is_changed(form, field, became, edit, draft):
    assert (await edit(f"{YOUNG}/edits", form)).status_code == 303
    assert getattr((await draft()).book.get("young-people"), field) == became


async def test_examples_are_added_moved_and_removed(edit, draft, cindy):
    async def theme():
        return (await draft()).book.get("young-people")

    first, second = (await theme()).examples[:2]
    await edit(f"{YOUNG}/edits", {"kind": "example", "example": "Let them play", "belongs": "yes"})
    assert (await theme()).examples[-1] == "Let them play"
    await edit(f"{YOUNG}/edits", {"exclude": "examples-1"})
    await edit(f"{YOUNG}/edits", {"forget": "examples-0"})
    assert not {first, second} & set((await theme()).examples)
    assert (await theme()).counterexamples == (second,)
    await edit(f"{YOUNG}/edits", {"exemplify": "counterexamples-0"})
    assert (await theme()).examples[-1] == second
    words = page_text(await cindy.get(DRAFT))
    assert "example added “Let them play”" in words
    assert "example removed" in words


@pytest.mark.parametrize(
    ("form", "field", "sentence"),
    [
        ({"kind": "rename", "name-en": " "}, "name-en", "A theme needs a name"),
        ({"kind": "rename", "name-en": "x" * 121}, "name-en", "up to 120 characters"),
        ({"kind": "describe"}, "description", "The description is empty"),
        ({"kind": "seed", "seeds": "y" * 61}, "seeds", "of up to 60 characters"),
        ({"kind": "example", "example": ""}, "example", "The example is empty"),
        ({"forget": "examples-99"}, "", "Choose one of the texts"),
        ({"forget": "counterexamples-0000009"}, "", "Choose one of the texts"),
        ({"forget": f"examples-{'9' * 5000}"}, "", "Choose one of the texts"),
        ({"exclude": "anything"}, "", "Choose one of the texts"),
        ({"kind": "explode"}, "", "Choose what to change"),
    ],
)
async def test_an_edit_that_is_refused_says_why_beside_its_field(
    form, field, sentence, edit, draft
):
    before = await draft()
    answer = await edit(f"{YOUNG}/edits", form)
    assert answer.status_code == 422
    assert sentence in page_text(answer)
    assert not field or f'href="#{field}"' in answer.text
    if field in form:
        assert form[field].strip() in answer.text
    assert await draft() == before


async def test_markup_in_a_name_is_only_words(edit, cindy):
    await edit(f"{YOUNG}/edits", {"kind": "rename", "name-en": "<b>x</b>"})
    for address in (DRAFT, YOUNG, f"{YOUNG}/merge", f"{YOUNG}/split", f"{YOUNG}/retire"):
        assert "<b>x" not in (await cindy.get(address)).text


async def test_too_few_examples_are_told(edit, cindy):
    await edit(f"{DRAFT}/add", NIGHT | {"example": "One\nTwo"})
    text = page_text(await cindy.get(f"{DRAFT}/themes/buses-at-night"))
    assert "2 texts are about this theme" in text
    assert "Add 3 more" in text


# ---------------------------------------------------------------- add, merge, split, retire


async def test_a_theme_is_added_with_an_id_of_its_own(edit, draft):
    form = NIGHT | {"example": "No bus after ten\nThe stop is dark\n", "seeds": "bus"}
    answer = await edit(f"{DRAFT}/add", form)
    assert answer.headers["location"] == f"{DRAFT}/themes/buses-at-night?done=added"
    await edit(f"{DRAFT}/add", NIGHT | {"name-en": "Buses, at night"})
    theme = (await draft()).book.get("buses-at-night")
    assert theme.examples == ("No bus after ten", "The stop is dark")
    assert (await draft()).book.get("buses-at-night-2").examples == ()


async def test_a_missing_name_and_description_are_both_named(edit):
    answer = await edit(f"{DRAFT}/add", {"name-en": " ", "example": "The bus was late"})
    assert answer.status_code == 422
    for field in ("name-en", "description"):
        assert f'href="#{field}"' in answer.text
    assert "The bus was late" in answer.text


async def test_a_theme_without_a_description_is_not_added(edit):
    answer = await edit(f"{DRAFT}/add", {"name-en": "Buses"})
    assert answer.status_code == 422
    assert 'href="#description"' in answer.text
    assert 'value="Buses"' in answer.text


async def test_two_themes_are_merged(edit, draft, cindy):
    before = (await draft()).book.get("young-people")
    assert "Merge it into" in page_text(await cindy.get(f"{YOUNG}/merge"))
    into = "fairness-between-groups"
    assert (await edit(f"{YOUNG}/merge", {"into": into})).headers["location"].endswith("merged")
    book = (await draft()).book
    assert "young-people" not in book.ids()
    assert set(before.examples) <= set(book.get(into).examples)
    assert "Merged “Young people” into “Fairness between groups”" in page_text(
        await cindy.get(DRAFT)
    )
    assert (await cindy.get(YOUNG)).status_code == 404


@pytest.mark.parametrize("into", ["", "young-people", "nobody"])
async def test_a_theme_is_not_merged_with_itself_or_with_none(into, edit):
    answer = await edit(f"{YOUNG}/merge", {"into": into})
    assert answer.status_code == 422
    assert 'href="#into"' in answer.text


async def test_a_theme_is_split_with_a_division_to_begin_with(edit, draft, cindy):
    chosen = selected_parts((await cindy.get(f"{YOUNG}/split?parts=3")).text)
    theme = (await draft()).book.get("young-people")
    assert len(chosen) == len(theme.examples)
    assert {part for _, part in chosen} == {"1", "2", "3"}
    names = {f"name-{part}": f"Youth {part}" for part in "123"}
    words = {f"description-{part}": f"Part {part} of it." for part in "123"}
    form = {"parts": "3"} | names | words | dict(chosen) | {"part-0": ""}
    assert (await edit(f"{YOUNG}/split", form)).headers["location"].endswith("split")
    book = (await draft()).book
    assert isinstance(book.edits[0], Split)
    parts = [book.get(f"youth-{part}") for part in "123"]
    assert sorted(text for part in parts for text in part.examples) == sorted(theme.examples[1:])


async def test_a_split_with_a_part_unnamed_keeps_what_was_chosen(edit, draft):
    form = {"parts": "2", "name-1": "Same", "description-1": "Words", "part-0": "2"}
    answer = await edit(f"{YOUNG}/split", form)
    assert answer.status_code == 422
    assert "Part 2: A theme needs a name" in page_text(answer)
    assert ("part-0", "2") in selected_parts(answer.text)
    assert (await draft()).book.edits == ()


TAKEN = "fairness  BETWEEN groups"


@pytest.mark.parametrize(
    ("address", "form", "field"),
    [
        (f"{YOUNG}/edits", {"kind": "rename", "name-en": TAKEN}, "name-en"),
        (f"{DRAFT}/add", NIGHT | {"name-en": TAKEN}, "name-en"),
        (
            f"{YOUNG}/split",
            {"parts": "2", "name-1": "Youth", "name-2": TAKEN}
            | {"description-1": "Children.", "description-2": "Their parents."},
            "name-2",
        ),
        (
            f"{YOUNG}/split",
            {f"{field}-{part}": "Youth" for field in ("name", "description") for part in (1, 2)},
            "name-1",
        ),
    ],
)
async def test_no_theme_takes_the_name_of_another(address, form, field, edit, draft):
    before = await draft()
    answer = await edit(address, form)
    assert answer.status_code == 422
    assert "Another theme is already called" in page_text(answer)
    assert "merge the two themes" in page_text(answer)
    assert f'href="#{field}"' in answer.text
    assert f'value="{form[field]}"' in answer.text
    assert await draft() == before


async def test_a_part_may_keep_the_name_of_the_theme_that_is_split(edit, draft):
    names = {"name-1": "Young people", "name-2": "Schools"}
    words = {"description-1": "Children and teenagers.", "description-2": "What schools do."}
    await edit(f"{YOUNG}/split", names | words)
    assert {"young-people-2", "schools"} <= (await draft()).book.ids()


async def test_a_theme_is_retired_after_a_question(edit, draft, cindy):
    assert "Retire “Young people”?" in page_text(await cindy.get(f"{YOUNG}/retire"))
    assert (await edit(f"{YOUNG}/retire", {})).headers["location"] == f"{DRAFT}?done=retired"
    assert "young-people" not in (await draft()).book.ids()


async def test_the_last_theme_is_not_retired(db, cindy):
    only = Theme(id="only", name={"en": "Only"}, description="One", examples=())
    book = Codebook(version=2, themes=(only,))
    revision = await codebooks.save_draft(db.the_connection, book, revision=0, by=None)
    form = {"revision": str(revision)}
    answer = await send(cindy, f"{DRAFT}/themes/only/retire", form)
    assert answer.status_code == 422
    assert "needs at least one theme" in answer.text


# ---------------------------------------------------------------- two people at once


@pytest.mark.parametrize(
    ("address", "form", "words"),
    [
        (f"{YOUNG}/edits", {"kind": "rename", "name-en": "Mine <i>"}, "Mine <i>"),
        (f"{YOUNG}/edits", {"kind": "example", "example": "My text"}, "My text"),
        (f"{YOUNG}/merge", {"into": "respect"}, ""),
        (f"{YOUNG}/retire", {}, ""),
        (f"{YOUNG}/split", {f"{field}-{part}": f"{field} of {part}"
                            for field in ("name", "description") for part in (1, 2)},
         "description of 2"),
        (f"{DRAFT}/add", NIGHT, "Buses, trams"),
        (f"{DRAFT}/accept", {"note": NOTE}, NOTE),
        (f"{DRAFT}/discard", {}, ""),
        (f"{DRAFT}/import", {}, ""),
    ],
)  # fmt: skip
async def test_who_comes_second_loses_no_word(address, form, words, cindy, draft, signed_in):
    seen = {"revision": str((await draft()).revision)}
    joan = await signed_in(JOAN)
    theirs = seen | {"kind": "rename", "name-en": "Theirs"}
    await send(joan, f"{YOUNG}/edits", theirs)
    after = await draft()
    file = {"files": {"file": ("b.csv", b"name\nBins\n")}} if "import" in address else {}
    answer = await send(cindy, address, seen | form, **file)
    assert answer.status_code == 409
    assert "Renamed “Young people” to “Theirs”" in page_text(answer)
    assert JOAN[1] in answer.text
    assert html.escape(words) in answer.text
    assert await draft() == after


async def test_a_draft_that_has_gone_is_told_and_no_word_is_lost(cindy, draft, db):
    seen = {"revision": str((await draft()).revision)}
    await codebooks.discard_draft(db.the_connection)
    answer = await send(cindy, f"{DRAFT}/add", seen | NIGHT)
    assert answer.status_code == 409
    assert "There is no draft any more" in answer.text
    assert NIGHT["description"] in answer.text


@pytest.mark.parametrize("revision", ["", "0", "-1", "x", "9" * 40, "²"])
async def test_a_revision_that_never_was_changes_nothing(revision, cindy, draft):
    before = await draft()
    form = {"revision": revision, "kind": "rename", "name-en": "X"}
    assert (await send(cindy, f"{YOUNG}/edits", form)).status_code == 409
    assert await draft() == before


# ---------------------------------------------------------------- effect and acceptance


@pytest.mark.slow
async def test_the_effect_is_worked_out_by_a_job_and_kept_until_the_draft_changes(
    edit, draft, cindy, texts, db
):
    """Found: the page took up to 66 seconds, white all the time."""
    await edit(f"{DRAFT}/themes/young-people/retire", {})
    before = await draft()
    asked = await send(cindy, f"{DRAFT}/effect")
    assert asked.headers["location"] == f"{DRAFT}/effect"
    await send(cindy, f"{DRAFT}/effect")
    waiting = await cindy.get(f"{DRAFT}/effect")
    assert "Waiting for its turn." in waiting.text
    connection = db.the_connection
    backend = await jobs.load_backend(connection)
    await jobs.save_progress(connection, backend, "weekly 2026-11-23", "computing")
    waiting = await cindy.get(f"{DRAFT}/effect")
    assert "Waiting for its turn: an edition is being made first." in waiting.text
    await jobs.save_progress(connection, backend, "draft_effect", "250 of 2,000")
    waiting = await cindy.get(f"{DRAFT}/effect")
    assert "Texts read under the draft: 250 of 2,000" in waiting.text
    assert (await cindy.get("/work/editions")).status_code == 200
    await jobs.delete_progress(connection, backend)
    assert "most recent texts" not in waiting.text
    assert len(await jobs.load_pending(db.the_connection, ["draft_effect"])) == 1
    await run_all_jobs(db)
    text = page_text(await cindy.get(f"{DRAFT}/effect"))
    assert "Calculated from the 12 most recent texts" in text
    assert re.search(r"Young people <strong[^>]*>Gone", text)
    assert "Would leave it, for example" in text
    assert "who is 14" in text
    assert "Accept as version 2" in text
    assert await draft() == before
    await send(cindy, f"{DRAFT}/effect")
    assert await jobs.load_pending(db.the_connection, ["draft_effect"]) == []
    await edit(f"{DRAFT}/themes/fairness-between-groups/retire", {})
    changed = (await cindy.get(f"{DRAFT}/effect")).text
    assert "Work out the effect" in changed
    assert "Would leave it" not in changed


@pytest.mark.slow
async def test_an_accepted_draft_is_in_force_and_what_moved_is_shown(edit, draft, cindy, db, texts):
    await edit(f"{DRAFT}/themes/young-people/merge", {"into": "fairness-between-groups"})
    answer = await edit(f"{DRAFT}/accept", {"note": NOTE})
    assert answer.headers["location"] == f"{BASE}?done=accepted"
    assert await audit_entries(db) == [("codebook accepted", "codebook", {"note": NOTE})]
    text = page_text(await cindy.get(f"{BASE}?done=accepted"))
    assert "Version 2 is in use. The texts of the last year are now read again." in text
    assert "Texts are being read again" in text
    assert NOTE in text
    assert "Merged “Young people” into “Fairness between groups”" in text
    await run_all_jobs(db)
    text = page_text(await cindy.get(BASE))
    assert "Texts are being read again" not in text
    assert "Texts that moved with version 2" in text


@pytest.mark.parametrize("note", ["", "short", "x" * 501])
async def test_a_draft_is_not_accepted_without_a_reason(note, edit, draft):
    await edit(f"{YOUNG}/edits", {"kind": "pin", "pinned": "yes"})
    answer = await edit(f"{DRAFT}/accept", {"note": note})
    assert answer.status_code == 422
    assert 'href="#note"' in answer.text
    assert note in answer.text
    assert await draft() is not None


async def test_a_draft_that_changes_nothing_is_not_accepted(edit, db):
    answer = await edit(f"{DRAFT}/accept", {"note": NOTE})
    assert answer.status_code == 422
    assert "The draft has no changes" in answer.text
    assert (await codebooks.get_newest(db.the_connection)).version == 1


def test_a_theme_is_called_in_the_history_as_it_was_called_then():
    edits = [Rename(theme="a1", name={"en": "B"}), Rename(theme="a1", name={"ar": "ب"})]
    assert codebook_draft.edit_sentences(edits, {"a1": "A"}) == [
        "Renamed “A” to “B”",
        "Named “B” in ar: “ب”",
    ]


# ---------------------------------------------------------------- files


async def test_a_version_is_taken_away_as_a_table_and_as_a_codebook(cindy, db):
    book = await codebooks.get_newest(db.the_connection)
    for end, content in (
        ("csv", codebook_files.to_csv(book)),
        ("qdc", codebook_files.to_qdc(book)),
    ):
        answer = await cindy.get(f"{BASE}/versions/1/codebook.{end}")
        assert answer.content == content
        assert f'filename="codebook-1.{end}"' in answer.headers["content-disposition"]


async def test_what_was_taken_away_comes_back_without_an_edit(edit, draft, cindy):
    before = await draft()
    for end in ("csv", "qdc"):
        content = (await cindy.get(f"{BASE}/versions/1/codebook.{end}")).content
        answer = await edit(f"{DRAFT}/import", {}, files={"file": (f"book.{end}", content)})
        assert "The file has no changes" in page_text(answer)
    assert await draft() == before


async def test_an_older_codebook_gets_the_themes_it_never_had_from_a_file(cindy, db):
    book = await codebooks.get_newest(db.the_connection)
    *kept, retired = book.themes[:12]
    gone = Descent(version=2, theme=retired.id, into=())
    older = Codebook(version=2, themes=tuple(kept), descent=(gone,))
    await codebooks.insert(db.the_connection, older)
    await send(cindy, DRAFT)
    assert f'href="{BASE}/new-themes.csv"' in (await cindy.get(f"{DRAFT}/import")).text
    file = ("new-themes.csv", (await cindy.get(f"{BASE}/new-themes.csv")).content)
    seen = {"revision": str((await codebooks.find_draft(db.the_connection)).revision)}
    answer = await send(cindy, f"{DRAFT}/import", seen, files={"file": file})
    assert "Added “Use of force”" in page_text(answer)
    draft = await codebooks.find_draft(db.the_connection)
    assert draft.book.themes == (*kept, *book.themes[12:])


async def test_a_file_becomes_edits_and_says_what_it_left_alone(edit, draft, db):
    rows = b"id,name,colour,examples\nyoung-people,Youth,red,Play\n,Bins,blue,\n"
    answer = await edit(f"{DRAFT}/import", {}, files={"file": ("mine.csv", rows)})
    text = page_text(answer)
    for words in (
        "3 changes in the draft",
        "Renamed “Young people” to “Youth”",
        "Added “Bins”",
        "column 'colour'",
        "New themes without a description: 1",
        "Not in the file, and left as they are",
        "Fairness between groups",
    ):
        assert words in text
    assert await audit_entries(db) == [("codebook imported", "mine.csv", {"edits": 3})]
    assert {"bins", "young-people"} <= (await draft()).book.ids()


@pytest.mark.parametrize(
    ("name", "content", "status", "sentence"),
    [
        ("b.csv", b"", 422, "not empty"),
        ("b.csv", b"name\nBins\n\nA,B\n", 422, "row 4"),
        (
            "b.csv",
            b"id,name\nyoung-people,Feeling  SAFER\n",
            422,
            "Another theme is already called",
        ),
        ("b.qdc", b"<!DOCTYPE a><a/>", 422, "DOCTYPE"),
        ("b.csv", b"<!DOCTYPE a><a/>", 422, "DOCTYPE"),
        ("b.csv", b"name\n" + b"x" * 1_000_001, 413, "larger than 1 MB"),
        ("b.csv", b"x" * 3_000_000, 413, "What you sent is too large"),
    ],
)
async def test_a_file_that_is_refused_says_where(name, content, status, sentence, edit, draft):
    before = await draft()
    answer = await edit(f"{DRAFT}/import", {}, files={"file": (name, content)})
    assert answer.status_code == status
    assert sentence in page_text(answer)
    assert await draft() == before


async def test_an_organiser_neither_reads_nor_changes_it(signed_in, draft):
    amina = await signed_in(AMINA)
    assert (await amina.get(BASE)).status_code == 403
    assert (await send(amina, f"{YOUNG}/retire")).status_code == 403
