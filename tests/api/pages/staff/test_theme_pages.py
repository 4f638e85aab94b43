"""The pages from a theme to its texts, and the machine's proposals that people decide on."""

import re
import uuid

import msgspec
import pytest
from lxml import html

from analysis.disclosure import FEWEST_TEXTS
from analysis.text.model import reading
from api import clock
from api.jobs.edition_inputs import editions
from api.jobs.texts import discoveries as discovery
from api.pages.staff import themes
from api.pages.staff.themes import texts as text_search
from api.pages.staff.themes.texts import marked_parts
from survey.store import jobs
from survey.store.accounts import people
from survey.store.cases import complaints
from survey.store.themes import codebooks, codes, texts
from survey.themes.codebook_edits import apply_edit, next_draft
from survey.themes.codebooks import (
    Add,
    CandidateTheme,
    Coding,
    Merge,
    Passages,
    Sentiment,
    Split,
    Statement,
    ThemeCode,
)
from survey.themes.proposals import Discovery, MergeThemes, NewTheme, SplitTheme
from tests.api.pages.forms import send
from tests.conftest import roll_back_at_end
from tests.house.test_plans import ExplainingConnection, scanned_tables
from tests.jobs import run_all_jobs
from tests.people import CINDY
from tests.stored.complaint_forms import create_case

THEMES = "/work/themes"
YOUNG = f"{THEMES}/young-people/texts"
RAW = "Ring me on 07700 900123. <b>They</b> stopped my son."
REDACTED = "Ring me on [phone]. <b>They</b> stopped my son."
SAID = (20, len(REDACTED))
WORDS = ("stadium", "match day")
NAMED = {"name-0": "Match days", "description-0": "Policing of football."}


@pytest.fixture
async def db(connection, swept):
    """As in conftest, but at the isolation level (repeatable read) that an export needs."""
    async with roll_back_at_end(connection, "repeatable_read") as one:
        yield one


@pytest.fixture
async def cindy(signed_in):
    return await signed_in(CINDY)


@pytest.fixture
def write(db):
    """Submits a complaint, stores the given coding for it, and returns the id of its text."""

    async def written(redacted=REDACTED, *, area="Hackney", body=RAW, **given):
        receipt = await create_case(db, narrative=body, allegations=["incivility"], area=area)
        case = await complaints.get(db.the_connection, receipt.reference)
        ident = await db.the_connection.fetchval(
            "SELECT id::text FROM texts WHERE complaint = $1", case.id
        )
        await codes.save(db.the_connection, [ident], [example_coding(redacted, **given)])
        return ident

    return written


def example_coding(redacted=REDACTED, *, label="negative", themes=("young-people",), **given):
    tone = Sentiment(
        label=label,
        polarity=-0.3,
        subjectivity=0.5,
        words=(("rude", -0.3),),
        confidence=0.71,
        scorers=(("VADER", -0.41),),
    )
    made = {
        "language": "en",
        "redacted": redacted,
        "spans": (),
        "sentiment": tone,
        "themes": tuple(ThemeCode(theme, 0.9, *SAID) for theme in themes),
        "coder": "soundings.text",
        "coder_version": "7",
        "codebook": 1,
    }
    return Coding(**(made | given))


@pytest.fixture
def audit(db):
    """Reads the latest audit entries: act, subject and details."""

    async def lines(number=1):
        rows = await people.load_audit(db.the_connection, 2**62, number)
        return [(row.act, row.subject, row.detail) for row in rows]

    return lines


# ---------------------------------------------------------------- texts under a theme


async def test_a_theme_is_opened_to_its_texts_with_the_passage_marked(cindy, write):
    ident = await write()
    await write("About something else", themes=("feeling-safer",))
    page = (await cindy.get(YOUNG)).text
    assert f"/work/texts/{ident}" in page
    assert re.search(r"Ring me on \[phone\]\. <mark>.*&lt;b&gt;They&lt;/b&gt; stopped", page)
    assert "07700" not in page
    assert "something else" not in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 2), ("stream=complaints", 2), ("stream=open", 0), ("borough=E09000012", 1),
        ("tone=positive", 1), ("tone=not_scored", 0), ("type=praise", 1), ("type=question", 0),
        ("words=STOPPED+son", 1), ("words=stopped+daughter", 0), ("words=%25", 0),
        ("since=2007-01-01&until=2007-12-31", 0), ("since=2007-01-01", 2),
    ],
)  # fmt: skip
async def test_texts_are_narrowed_down(query, found, cindy, write):
    await write()
    await write("Well done", area="Camden", label="positive", comment_type="praise")
    page = (await cindy.get(f"{YOUNG}?{query}")).text
    assert page.count('href="/work/texts/') == found
    assert f"{found} text" in page


async def test_today_is_inside_of_a_period_that_ends_today(cindy, write):
    await write()
    today = clock.today()
    page = (await cindy.get(f"{YOUNG}?since={today}&until={today}")).text
    assert 'href="/work/texts/' in page


async def test_all_texts_are_searched_also_those_without_a_theme(cindy, write):
    """What no theme has yet is found by its words alone, and leads to the same page of a text."""
    plain = await write("The old mill pond is full of rubbish", themes=())
    marked = await write()
    await write("Well done", area="Camden", label="positive")
    found = (await cindy.get("/work/texts?words=mill+POND")).text
    assert re.findall(r'href="/work/texts/([^"]+)"', found) == [plain]
    everything = (await cindy.get("/work/texts")).text
    assert everything.count('href="/work/texts/') == 3
    assert f"/work/texts/{marked}" in everything
    assert "07700" not in everything
    assert "[Young people" in everything
    camden = (await cindy.get("/work/texts?borough=E09000007&tone=positive")).text
    assert camden.count('href="/work/texts/') == 1
    assert 'action="/work/texts"' in (await cindy.get(THEMES)).text


@pytest.mark.parametrize("query", ["stream=letters", "since=yesterday", "version=one", "tone=sad"])
async def test_a_choice_that_is_not_offered_is_refused_and_not_left_out(query, cindy):
    answer = await cindy.get(f"{YOUNG}?{query}")
    assert answer.status_code == 422
    assert "texts.filter" in answer.text


async def test_a_misspelt_word_is_put_right_by_what_is_written(cindy, write):
    await write()
    page = (await cindy.get(f"{YOUNG}?words=stoped&stream=complaints")).text
    link = re.search(r'Did you mean <a class="govuk-link" href="([^"]+)">stopped<', page)[1]
    assert "1 text" in (await cindy.get(link.replace("&amp;", "&"))).text
    assert "Did you mean" not in (await cindy.get(f"{YOUNG}?words=qwrtzpl")).text


@pytest.mark.parametrize("address", [f"{THEMES}/none/texts", f"{YOUNG}?version=99"])
async def test_a_theme_or_version_that_never_was_is_not_found(address, cindy):
    assert (await cindy.get(address)).status_code == 404


async def test_texts_come_page_by_page_and_each_once(cindy, write):
    idents = {await write(f"Text {number}") for number in range(27)}
    first = (await cindy.get(f"{YOUNG}?stream=complaints")).text
    following = re.search(r'href="([^"]*after=[^"]*)"', first)[1].replace("&amp;", "&")
    assert "stream=complaints" in following
    second = (await cindy.get(following)).text
    seen = re.findall(r'href="/work/texts/([0-9a-f-]+)"', first + second)
    assert (len(seen), set(seen)) == (27, idents)


async def test_a_text_counts_as_it_was_last_coded_up_to_the_version(cindy, write, db):
    ident = await write()
    await insert_next_version(
        db, lambda draft: apply_edit(draft, Merge(theme="officer-training", into="young-people"))
    )
    await codes.save(
        db.the_connection, [ident], [example_coding(codebook=2, themes=("feeling-safer",))]
    )
    assert "0 texts" in (await cindy.get(YOUNG)).text
    assert "1 text\n" in (await cindy.get(f"{YOUNG}?version=1")).text.replace("<", "\n<")


async def test_a_merged_theme_is_opened_with_the_texts_of_both(cindy, write, db):
    old = await write(themes=("officer-training",))
    await insert_next_version(
        db, lambda draft: apply_edit(draft, Merge(theme="officer-training", into="young-people"))
    )
    assert old in (await cindy.get(YOUNG)).text


async def insert_next_version(db, change):
    book = await codebooks.get_newest(db.the_connection)
    await codebooks.insert(db.the_connection, change(next_draft(book)))


async def test_only_the_sampled_survey_of_the_city_is_the_working_groups_to_read(cindy, write, db):
    ident = await write()
    await db.the_connection.execute(
        """
        WITH survey AS (
            INSERT INTO surveys VALUES ('estate', 'sampled')
        ), other AS (
            INSERT INTO instruments (slug, version, mode, kind, definition)
            SELECT 'estate', 1, 'sampled', 'survey', definition FROM instruments
             WHERE slug = 'taser-trial' LIMIT 1 RETURNING slug, version, mode
        ), answer AS (
            INSERT INTO responses (reference, instrument, version, mode, area, language, answers,
                                   stratum, psu, probability)
            SELECT 'r', slug, version, mode, 'E09000012', 'en', '{}', 's', 'p', 0.1 FROM other
            RETURNING id
        )
        UPDATE texts SET complaint = NULL, response = answer.id FROM answer WHERE texts.id = $1
        """,
        ident,
    )
    assert "0 texts" in (await cindy.get(YOUNG)).text
    assert (await cindy.get(f"/work/texts/{ident}")).status_code == 404


MANY = """
    INSERT INTO responses (reference, instrument, version, mode, area, language, answers,
                           received_at)
    SELECT n::text, 'feedback',
           (SELECT max(version) FROM instruments WHERE slug = 'feedback'),
           'open', 'E09000012', 'en', '{}',
           date_trunc('hour', now()) - n * interval '1 hour'
      FROM generate_series(1, 20000) n;
    INSERT INTO texts (response, item, body, language, due)
    SELECT id, 'story', 'words', 'en', false FROM responses;
    INSERT INTO codings (text, coder, coder_version, codebook, language, redacted, spans, themes)
    SELECT id, 'c', '1', 1, 'en', repeat('some words ', 20), '[]', jsonb_build_array(
               jsonb_build_object('theme', 'theme-' || row_number() OVER () % 50, 'strength', 1))
      FROM texts;
    ANALYZE
"""


@pytest.mark.slow
async def test_the_texts_of_a_theme_are_found_by_its_index(db):
    await db.the_connection.execute(MANY)
    overheard = ExplainingConnection(db.the_connection)
    domain = texts.TextSelection(version=1, sampled="taser-trial", themes=("theme-7",))
    assert len(await texts.load_page(overheard, domain, None, 26)) == 26
    assert "codings" not in scanned_tables(overheard.plans)


async def test_a_figure_of_an_edition_is_opened_to_as_many_texts_as_it_says(cindy, db, write):
    for number in range(FEWEST_TEXTS + 1):
        await write(f"Text {number}")
    await write("Of another theme", themes=("feeling-safer",))
    start = clock.today().replace(day=1)
    await editions.make_edition(db.the_connection, "monthly", start)
    assert (
        f"/work/editions/monthly/{start}/themes?number=1"
        in (await cindy.get("/work/editions")).text
    )
    page = (await cindy.get(f"/work/editions/monthly/{start}/themes")).text
    row = page.split("by borough")[0].split("Complaints: themes of the city")[-1]
    link, figure = re.search(
        r'href="([^"]+)">Young people.*?numeric">(\d+)<', row, re.DOTALL
    ).groups()
    assert figure == str(FEWEST_TEXTS)  # to the nearest 5
    assert f"{FEWEST_TEXTS + 1} texts" in (await cindy.get(link.replace("&amp;", "&"))).text


def test_a_text_is_cut_where_marked_passages_begin_and_end():
    codes = [ThemeCode("a", 1.0, 0, 3), ThemeCode("b", 1.0, 2, 5), ThemeCode("c", 1.0)]
    found = marked_parts("abcdef", codes, {"a": "A"})
    assert [(part.words, part.themes) for part in found] == [
        ("ab", ("A",)), ("c", ("A", "b")), ("de", ("b",)), ("f", ()),
    ]  # fmt: skip


# ---------------------------------------------------------------- one text


async def test_a_text_tells_who_coded_it_when_and_under_which_version(cindy, write):
    page = (await cindy.get(f"/work/texts/{await write(comment_type='complaint')}")).text
    for words in (
        "soundings.text, version 7",
        "Version 1",
        "Young people",
        "rude −0.30",
        "0.90",
        "VADER −0.41",
    ):
        assert words in page
    assert f"{clock.now():%-d %b %Y, %H:00}" in page
    assert "07700" not in page


async def test_a_confidence_that_no_labels_checked_is_not_shown(cindy, write):
    page = (await cindy.get(f"/work/texts/{await write()}")).text
    assert "71&nbsp;%" not in page
    assert "onfidence" not in page


async def test_a_text_with_praise_and_blame_is_shown_by_sentence(cindy, write, db):
    said = "They were kind to me. Nobody ever called me back."
    tone = Sentiment(
        label="neutral",
        polarity=0.0,
        subjectivity=0.5,
        words=(),
        statements=(Statement(0, 21, "positive", 0.8), Statement(22, 49, "negative", -0.7)),
    )
    themed = (ThemeCode("young-people", 0.9, 22, 49),)
    coding = msgspec.structs.replace(example_coding(said, sentiment=tone), themes=themed)
    ident = await write(said)
    await db.the_connection.execute("DELETE FROM codings WHERE text = $1::uuid", ident)
    await codes.save(db.the_connection, [ident], [coding])
    page = (await cindy.get(f"/work/texts/{ident}")).text
    praise, blame = re.findall(r"<tr[^>]*>(?:(?!</tr>).)*(?:Positive|Negative).*?</tr>", page, re.S)
    assert "They were kind to me." in praise
    assert "Young people" not in praise
    assert "Nobody ever called me back." in blame
    assert "Young people" in blame
    blame_alone = msgspec.structs.replace(tone, statements=tone.statements[1:])
    other = await write(said, sentiment=blame_alone)
    assert "by sentence" not in (await cindy.get(f"/work/texts/{other}")).text


async def test_a_courtesy_that_was_not_read_is_named(cindy, write):
    said = "Nobody ever called me back. Thank you for asking."
    tone = Sentiment(
        label="negative", polarity=-0.8, subjectivity=0.0, words=(), left_out=((27, 49),)
    )
    page = (await cindy.get(f"/work/texts/{await write(said, sentiment=tone)}")).text
    row = re.search(r"<dt[^>]*>Not read, because it is a courtesy</dt><dd[^>]*>(.*?)</dd>", page)
    assert row[1] == "Thank you for asking."


async def test_a_text_keeps_the_history_of_its_codes(cindy, write, db):
    ident = await write()
    await insert_next_version(
        db, lambda draft: apply_edit(draft, Merge(theme="young-people", into="stop-and-search"))
    )
    await codes.save(
        db.the_connection, [ident], [example_coding(codebook=2, themes=("stop-and-search",))]
    )
    page = (await cindy.get(f"/work/texts/{ident}")).text
    now, before = page.split("Earlier:")
    assert "Stop and search" in now
    assert "Young people" not in now
    assert "Young people" in before
    labels = html.fromstring(page).xpath("//*[@role='region']/@aria-label")
    assert len(labels) == len(set(labels)), labels


async def test_the_words_as_written_need_a_reason_that_is_kept(cindy, write, audit):
    ident = await write()
    refused = await send(cindy, f"/work/texts/{ident}/words", {"reason": "because"})
    assert refused.status_code == 422
    assert "07700" not in refused.text
    assert await audit() == []
    answer = await send(cindy, f"/work/texts/{ident}/words", {"reason": "To ring the mother back"})
    assert "Ring me on 07700 900123. &lt;b&gt;They" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert await audit() == [("words read", ident, {"reason": "To ring the mother back"})]


async def test_the_words_as_written_are_on_no_page_that_has_an_address(cindy, write):
    ident = await write()
    await send(cindy, f"/work/texts/{ident}/words", {"reason": "To ring the mother back"})
    for address in (
        THEMES,
        YOUNG,
        f"{YOUNG}?words=Ring",
        "/work/texts?words=Ring",
        f"/work/texts/{ident}",
    ):
        assert "07700" not in (await cindy.get(address)).text, address
    assert (await cindy.get(f"/work/texts/{ident}/words")).status_code == 405


@pytest.mark.parametrize("address", ["", "/words"])
async def test_a_text_that_is_not_there_is_not_found_and_leaves_no_line(address, cindy, audit):
    path = f"/work/texts/{uuid.uuid4()}{address}"
    reason = {"reason": "To ring the mother back"}
    answer = await (send(cindy, path, reason) if address else cindy.get(path))
    assert answer.status_code == 404
    assert await audit() == []


# ---------------------------------------------------------------- the landing page


async def test_themes_are_told_by_stream_with_their_change_tone_and_a_quote(cindy, write):
    ident = await write()
    page = (await cindy.get(THEMES)).text
    section = page.split('id="young-people"')[1].split("</tr>")[0]
    text = re.sub(r"\s+", " ", re.sub("<[^>]+>", "", section))
    assert "before: 0; no clear change" in text
    assert "1 in all" in text
    assert "1 negative, 0 neutral, 0 positive" in section
    assert f"/work/texts/{ident}" in section
    assert "&lt;b&gt;They&lt;/b&gt; stopped my son." in section
    assert "Ring me" not in section


async def test_a_source_without_any_text_has_no_column(cindy, write):
    """Found: 17 themes in four columns, one of them "None" in every row."""
    await write()
    table = html.fromstring((await cindy.get(THEMES)).text).find(".//table")
    heads = [head.text for head in table.xpath(".//thead//th")]
    assert heads == ["Theme", "Complaints"]
    cells = [cell for cell in table.xpath(".//tbody//td") if "None" in cell.text]
    assert len(cells) > 10
    assert {cell.get("class") for cell in cells} == {"govuk-table__cell"}


async def test_the_quote_of_a_theme_has_the_tone_that_most_of_its_texts_have(cindy, write):
    said = "At the school gate they stopped my son again, and he was late for nothing."
    idents = {"positive": set(), "negative": set()}
    for tone in ("positive", "negative", "negative", "positive", "negative"):
        scored = Sentiment(label=tone, polarity=0.0, subjectivity=0.0, words=())
        # The texts of praise are the shorter ones, and would come first.
        ident = await write(said + " Again." * (tone == "negative"), sentiment=scored)
        idents[tone].add(ident)
    page = (await cindy.get(THEMES)).text
    section = page.split('id="young-people"')[1].split("</tr>")[0]
    assert "3 negative, 0 neutral, 2 positive" in section
    quoted = set(re.findall(r"/work/texts/([0-9a-f-]{36})", section))
    assert quoted <= idents["negative"]
    assert quoted


def test_a_change_within_chance_is_called_no_clear_change():
    def change(lately, earlier):
        return themes.ThemeStreamCounts(lately=lately, earlier=earlier).change

    assert change(90, 56) == "clearly more"
    assert change(14, 37) == "clearly fewer"
    assert change(50, 51) == change(77, 59) == change(0, 0) == change(3, 1) == "no clear change"


async def test_the_landing_page_counts_what_waits(cindy, db):
    await insert_proposal(db, NEW)
    page = re.sub("<[^>]+>", "", (await cindy.get(THEMES)).text)
    assert "Proposals of the machine: 1 waiting" in page
    assert "Look for new themes\n" in page


# ---------------------------------------------------------------- proposals

CANDIDATE = CandidateTheme(
    label="stadium, match day", words=WORDS, quotes=("Too rough at the match",), size=31
)
NEW = NewTheme(theme=CANDIDATE)
MERGE = MergeThemes(theme="officer-training", into="message-to-communities", likeness=0.93)
SPLIT = SplitTheme(theme="young-people", parts=(CANDIDATE, CANDIDATE))
PARTS = {"name-0": "At school", "description-0": "In schools.",
         "name-1": "In the street", "description-1": "In streets."}  # fmt: skip


async def insert_proposal(db, proposal):
    await codebooks.insert_proposals(db.the_connection, [proposal], codebook=1, key="2026-W1")
    return (await codebooks.load_open_proposals(db.the_connection))[0].id


async def accept_proposal(client, number, form=None):
    return await send(client, f"{THEMES}/proposals/{number}/accept", form)


async def test_a_new_theme_is_accepted_under_the_name_that_a_person_gives(cindy, db, audit):
    number = await insert_proposal(db, NEW)
    assert "Too rough at the match" in (await cindy.get(f"{THEMES}/proposals")).text
    answer = await accept_proposal(cindy, number, NAMED)
    assert answer.headers["location"].startswith(f"{THEMES}/codebook/draft")
    draft = (await codebooks.find_draft(db.the_connection)).book
    assert isinstance(draft.edits[0], Add)
    assert draft.get("match-days").name == {"en": "Match days"}
    assert (await audit())[0][:2] == ("proposal accepted", str(number))
    assert "No proposals" in (await cindy.get(f"{THEMES}/proposals")).text


async def test_the_id_of_a_theme_follows_from_its_name_and_is_given_once(cindy, db):
    like = {"name-0": "Young people", "name-1": "Young, people", "description-0": "One.",
            "description-1": "Two."}  # fmt: skip
    assert (await accept_proposal(cindy, await insert_proposal(db, SPLIT), like)).status_code == 303
    draft = (await codebooks.find_draft(db.the_connection)).book
    assert {"young-people-2", "young-people-3"} <= draft.ids()
    assert 'name="id-0"' not in (await cindy.get(f"{THEMES}/proposals")).text


async def test_merges_and_splits_become_edits_of_one_draft(cindy, db):
    for proposal, form in ((MERGE, {}), (SPLIT, PARTS)):
        assert (
            await accept_proposal(cindy, await insert_proposal(db, proposal), form)
        ).status_code == 303
    edits = (await codebooks.find_draft(db.the_connection)).book.edits
    assert [type(edit) for edit in edits] == [Merge, Split]
    page = (await cindy.get(THEMES)).text
    (link, *_) = re.findall(r'href="(/work/themes/codebook/draft/themes/[^"]+)"', page)
    assert (await cindy.get(link)).status_code == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name-0": ""}, "name-0"), ({"description-0": ""}, "description-0"),
        ({"name-0": "feeling  SAFER"}, "name-0"),
        ({"name-0": "", "description-0": " "}, "name-0"),
        ({"name-0": "", "description-0": " "}, "description-0"),
    ],
)  # fmt: skip
async def test_a_theme_that_cannot_join_is_asked_for_again_and_stays_open(change, field, cindy, db):
    number = await insert_proposal(db, NEW)
    answer = await accept_proposal(cindy, number, NAMED | change)
    assert answer.status_code in (409, 422)
    assert f'href="#{field}-{number}"' in answer.text
    assert f'id="{field}-{number}"' in answer.text
    assert await codebooks.find_draft(db.the_connection) is None
    assert len(await codebooks.load_open_proposals(db.the_connection)) == 1


async def test_a_proposal_is_declined_with_a_reason_and_once(cindy, db, audit):
    number = await insert_proposal(db, MERGE)
    address = f"{THEMES}/proposals/{number}/decline"
    assert (await send(cindy, address, {"reason": "no"})).status_code == 422
    reason = {"reason": "They are not the same to us"}
    assert (await send(cindy, address, reason)).status_code == 303
    assert await audit() == [("proposal declined", str(number), reason)]
    assert (await send(cindy, address, reason)).status_code == 409
    assert (await accept_proposal(cindy, number)).status_code == 409


# ---------------------------------------------------------------- discovery


async def insert_discovery(db, *ids, size=31):
    """Store a discovery with two groups at one cut and one at the next, quoting the given texts."""
    large = msgspec.structs.replace(CANDIDATE, quotes=ids, size=size)
    small = CandidateTheme(label="horses", words=("horses",), quotes=(), size=FEWEST_TEXTS - 1)
    other = CandidateTheme(label="everything", words=("all",), quotes=ids, size=40)
    found = Discovery(
        texts=40,
        reader="r1",
        proposed=7,
        candidates=(large, small, other),
        cuts={7: (0, 1), 6: (2,)},
    )
    await codebooks.insert_discovery(db.the_connection, found)
    return (await codebooks.find_newest_discovery(db.the_connection)).id


async def test_a_discovery_is_asked_for_once(cindy, db, audit):
    for _ in range(2):
        answer = await send(cindy, f"{THEMES}/discovery")
        assert answer.headers["location"] == f"{THEMES}/discovery?done=asked"
    assert len(await jobs.load_pending(db.the_connection, ["discover_themes"])) == 1
    assert "is running" in (await cindy.get(f"{THEMES}/discovery")).text


OFTEN = ("Horses at the stadium on match day", "Sirens outside of my window all night",
         "The front desk of our station is shut")  # fmt: skip


async def test_the_job_keeps_candidates_of_every_cut_with_the_texts_they_quote(db, write):
    said = [f"{often}, in week {week} of {2000 + week}" for often in OFTEN for week in range(12)]
    idents = {}
    for one, vector in zip(said, reading.text_vectors(said), strict=True):
        packed = Passages(
            reader=reading.VERSION, spans=((0, len(one)),), vectors=vector.astype("<f2").tobytes()
        )
        idents[await write(one, passages=packed)] = one
    await jobs.enqueue(db.the_connection, "discover_themes")
    await run_all_jobs(db)
    found = (await codebooks.find_newest_discovery(db.the_connection)).discovery
    assert (found.texts, found.reader) == (36, reading.VERSION)
    assert found.proposed in found.cuts
    quoted = {text for one in found.candidates for text in one.quotes}
    assert quoted <= set(idents)
    assert all(one.quotes for one in found.candidates)
    assert "stadium" in str([one.words for one in found.candidates])


async def test_a_discovery_among_too_few_texts_says_so(db, cindy):
    await discovery.discover_themes(db.the_connection, "")
    assert "too few texts" in (await cindy.get(f"{THEMES}/discovery")).text


async def test_candidates_are_shown_at_the_cut_proposed_and_at_another(cindy, db, write):
    await insert_discovery(db, await write())
    page = (await cindy.get(f"{THEMES}/discovery")).text
    assert "Machine’s candidate" in page
    assert "&lt;b&gt;They&lt;/b&gt; stopped my son." in page
    assert "1 group of fewer than 10 texts is not shown" in page
    assert "orses" not in page
    assert "Everything" in (await cindy.get(f"{THEMES}/discovery?k=6")).text


@pytest.mark.parametrize("k", ["5", "26", "many"])
async def test_a_cut_that_is_not_offered_is_refused(k, cindy):
    assert (await cindy.get(f"{THEMES}/discovery?k={k}")).status_code == 400


async def test_an_erased_text_is_no_longer_quoted(cindy, db, write):
    ident = await write()
    await insert_discovery(db, ident)
    case = await db.the_connection.fetchval("SELECT reference FROM complaints LIMIT 1")
    await complaints.erase(db.the_connection, case)
    page = (await cindy.get(f"{THEMES}/discovery")).text
    assert "Stadium, match day" in page
    assert "stopped my son" not in page


async def test_a_candidate_is_selected_by_a_person_and_looks_different(cindy, db, write, audit):
    number = await insert_discovery(db, await write())
    answer = await send(cindy, f"{THEMES}/discovery/{number}/0", NAMED)
    assert answer.headers["location"].startswith(f"{THEMES}/codebook/draft")
    theme = (await codebooks.find_draft(db.the_connection)).book.get("match-days")
    assert theme.examples == (REDACTED,)
    assert (await audit())[0][:2] == ("candidate selected", f"{number}/0")
    page = (await cindy.get(f"{THEMES}/discovery")).text
    assert "Selected: Match days" in page


async def test_a_candidate_without_a_name_or_too_small_is_not_selected(cindy, db, write):
    number = await insert_discovery(db, await write())
    answer = await send(cindy, f"{THEMES}/discovery/{number}/0", NAMED | {"name-0": "", "k": "7"})
    assert answer.status_code == 422
    assert 'href="#name-0-0"' in answer.text
    for place in (1, 99):
        answer = await send(cindy, f"{THEMES}/discovery/{number}/{place}", NAMED)
        assert answer.status_code == 404
    assert await codebooks.find_draft(db.the_connection) is None


async def test_a_link_with_a_very_long_word_is_answered_with_little_work(cindy, monkeypatch):
    asked = []
    monkeypatch.setattr(text_search, "corrected_words", lambda words, written: asked.append(words))
    answer = await cindy.get(f"{YOUNG}?words={'q' * 5_000}")
    assert answer.status_code == 200
    assert [len(words) for words in asked] == [text_search.MOST_CHARACTERS]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("version=99999999999999999999", 422),
        ("version=0", 422),
        ("until=9999-12-31", 200),
        ("since=0001-01-01", 200),
        ("since=9999-12-31", 200),
    ],
)
async def test_a_number_or_a_day_beyond_all_bounds_is_no_error_of_ours(cindy, query, status):
    assert (await cindy.get(f"{YOUNG}?{query}")).status_code == status
