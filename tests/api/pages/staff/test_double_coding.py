"""Blind double coding: what the pages show, what they must not show, and what is stored."""

import re

import pytest
from lxml import html

from api.jobs.texts import double_coding as job
from api.jobs.texts import heads
from api.pages.staff.themes.double_coding import label_sentences
from api.pages.staff.themes.double_coding_results import agreement_word
from survey.store.accounts import people
from survey.store.themes import double_coding
from survey.themes.tone_heads import CurvePoint, LabelCurve
from tests.api.pages.forms import TOKEN, send
from tests.people import CINDY, JOAN
from tests.stored import coded_twice, taught_tones
from tests.stored.coded_twice import (
    QUARTER,
    code_as_person,
    insert_answers,
    label,
    save_machine_codes,
)

BASE = "/work/double-coding"
NEXT = f"{BASE}/next"
RESULTS = f"{BASE}/results"


@pytest.fixture
async def the_connection(db):
    return db.the_connection


@pytest.fixture
async def themes(the_connection):
    return await coded_twice.load_theme_ids(the_connection)


@pytest.fixture
async def accounts(the_connection):
    return await coded_twice.ensure_reviewers(the_connection)


@pytest.fixture
async def texts(the_connection, themes):
    """Six texts in one quarter's sample, each given one theme by the machine."""
    made = await insert_answers(the_connection, [([themes[n % 3]], "negative") for n in range(6)])
    await job.draw_quarter_sample(the_connection, str(QUARTER))
    return made


@pytest.fixture
async def cindy(signed_in):
    return await signed_in(CINDY)


@pytest.fixture
async def joan(signed_in):
    return await signed_in(JOAN)


LABEL = {"tone": "neutral", "themes": ["none"], "comment_type": "praise"}


def text_address(text):
    return f"{BASE}/code/{text}"


async def next_text_id(client):
    return (await client.get(NEXT)).headers["location"].partition("?")[0].rpartition("/")[2]


async def next_page(client):
    return await client.get((await client.get(NEXT)).headers["location"])


async def code_text(client, text, **answers):
    """Code a text; `themes` may be a list."""
    return await send(client, text_address(text), LABEL | answers, page=BASE)


async def code_next_text(client, **answers):
    return await code_text(client, await next_text_id(client), **answers)


async def insert_disagreement(connection, accounts, text, themes):
    """Store labels of two coders who disagree on one text."""
    await double_coding.insert_label(connection, text, label([themes[0]]), by=accounts[0])
    await double_coding.insert_label(
        connection, text, label([themes[1]], "positive"), by=accounts[1]
    )


async def test_a_text_is_coded_and_the_next_one_comes(cindy, texts, the_connection, themes):
    first = await next_text_id(cindy)
    answer = await code_next_text(cindy, themes=[themes[1], themes[0]], tone="negative")
    assert answer.headers["location"] == f"{NEXT}?done=kept"
    assert await next_text_id(cindy) != first
    said = await the_connection.fetchval("SELECT label FROM labels WHERE text = $1::uuid", first)
    codes = {"tone": "negative", "themes": sorted(themes[:2]), "comment_type": "praise"}
    assert said == codes
    assert "text 2 of 6" in (await next_page(cindy)).text


async def test_what_themes_mean_is_folded_so_that_the_choices_come_first(cindy, texts):
    fold = (await next_page(cindy)).text.split("What the themes mean")[0].rpartition("<details")[2]
    assert " open" not in fold


async def test_the_audit_says_who_coded_and_never_what(cindy, texts, the_connection, themes):
    await code_next_text(cindy, themes=[themes[0]])
    row = (await people.load_audit(the_connection, 2**62, 1))[0]
    assert (row.act, row.name, row.detail) == ("text coded blind", CINDY[1], {})


async def test_what_is_missing_is_named_and_nothing_is_lost(cindy, texts):
    answer = await code_next_text(cindy, tone="negative", themes=[], comment_type="")
    assert answer.status_code == 422
    assert 'href="#themes"' in answer.text
    assert 'href="#comment_type"' in answer.text
    assert 'href="#tone"' not in answer.text
    assert re.search(r'value="negative" checked', answer.text)


async def test_none_of_these_with_a_theme_is_refused(cindy, texts, themes):
    answer = await code_next_text(cindy, themes=["none", themes[0]])
    assert answer.status_code == 422
    assert "also that none applies" in answer.text


async def test_a_text_that_two_have_coded_meanwhile_is_passed_by(
    cindy, texts, the_connection, accounts
):
    text = await next_text_id(cindy)
    await double_coding.insert_label(the_connection, text, label(), by=accounts[1])
    await double_coding.insert_label(the_connection, text, label(), by=accounts[2])
    answer = await code_text(cindy, text)
    assert answer.headers["location"] == f"{NEXT}?done=taken"
    assert (await cindy.get(text_address(text))).headers["location"] == f"{NEXT}?done=taken"
    assert (
        "Two people have already coded that text"
        in (await cindy.get(f"{text_address(await next_text_id(cindy))}?done=taken")).text
    )


@pytest.mark.parametrize("text", ["x", "00000000-0000-0000-0000-000000000000"])
async def test_a_text_that_is_in_no_sample_is_not_coded(text, cindy, texts):
    assert (await code_text(cindy, text)).status_code == 404


async def test_back_leads_to_what_was_chosen_and_it_may_be_changed(cindy, texts, the_connection):
    text = await next_text_id(cindy)
    await code_text(cindy, text, tone="positive")
    assert f'href="{text_address(text)}">Change your last label' in (await next_page(cindy)).text
    page = (await cindy.get(text_address(text))).text
    assert re.search(r'value="positive" checked', page)
    assert "a text that you have coded" in page
    answer = await code_text(cindy, text, tone="negative")
    assert answer.headers["location"] == f"{NEXT}?done=changed"
    said = await the_connection.fetch("SELECT label ->> 'tone' AS tone FROM labels")
    assert [row["tone"] for row in said] == ["negative"]


async def test_a_label_stands_once_the_other_person_has_coded_the_text(
    cindy, texts, the_connection, accounts
):
    text = await next_text_id(cindy)
    await code_text(cindy, text, tone="positive")
    await double_coding.insert_label(the_connection, text, label(), by=accounts[1])
    assert (await code_text(cindy, text)).headers["location"] == f"{NEXT}?done=taken"
    assert "Change your last label" not in (await next_page(cindy)).text
    assert (await double_coding.get_pair(the_connection, text)).first.tone == "positive"


async def test_what_one_tab_refuses_is_never_shown_with_another_tab_s_text(cindy, texts):
    """Both tabs show one text; the second one sends it incomplete after the first has saved it."""
    text = await next_text_id(cindy)
    await code_text(cindy, text)
    answer = await code_text(cindy, text, tone="negative", themes=[])
    assert answer.status_code == 422
    assert text_address(text) in answer.text
    assert re.search(r'value="negative" checked', answer.text)


async def test_a_changed_label_leaves_its_seat_to_whoever_comes_first(
    texts, the_connection, accounts
):
    await double_coding.insert_label(the_connection, texts[0], label(), by=accounts[0])
    await double_coding.delete_own_label(the_connection, texts[0], by=accounts[0])
    await double_coding.insert_label(the_connection, texts[0], label(), by=accounts[1])
    await double_coding.insert_label(the_connection, texts[0], label(), by=accounts[0])
    assert (await double_coding.get_pair(the_connection, texts[0])).first_by == JOAN[1]


async def test_each_choice_has_a_key_of_its_own(cindy, texts, themes):
    page = (await next_page(cindy)).text
    keys = re.findall(r'data-key="(.)"', page)
    assert len(keys) == len(set(keys)) == 4 + len(themes) + 2 + 6
    # Without its script a page shows no key.
    assert page.count('<kbd class="code-choice__key" aria-hidden="true" hidden>') == len(keys)


async def test_when_all_is_coded_the_page_says_so(cindy, texts, the_connection, accounts):
    await code_as_person(the_connection, accounts[0], lambda text: label())
    answer = await cindy.get(NEXT)
    assert answer.headers["location"] == f"{BASE}?done=finished"
    assert "no text left for you" in (await cindy.get(BASE)).text


# ---------------------------------------------------------------- blind


def without_tokens(answer):
    """A page without its CSRF tokens, which differ in every response."""
    return TOKEN.sub("", answer.text)


async def coder_pages(client):
    """Every page that a coder may open, with the address and the order of the texts."""
    text = await next_text_id(client)
    addresses = BASE, text_address(text), "/work", f"{BASE}/disagreements", f"{BASE}/results"
    return [text, *[without_tokens(await client.get(address)) for address in addresses]]


async def test_the_machine_s_codes_leave_no_trace_on_a_page_before_both_have_coded(
    cindy, texts, the_connection, themes
):
    """If only the machine's codes differ, the pages are the same, byte for byte."""
    before = await coder_pages(cindy)
    planted = [([themes[5], themes[-1]], "positive")] * len(texts)
    await save_machine_codes(the_connection, texts, planted, version="zz-planted")
    assert await coder_pages(cindy) == before
    await the_connection.execute(
        "UPDATE codings SET language = 'cy', sentiment = NULL, themes = '[]'"
    )
    assert await coder_pages(cindy) == before


async def test_a_text_that_teaches_looks_like_one_that_chance_drew(cindy, texts, the_connection):
    """The same pages, byte for byte, whichever part of the sample each text belongs to."""
    before = await coder_pages(cindy)
    await the_connection.execute("ALTER TABLE double_coding_texts DISABLE TRIGGER USER")
    await the_connection.execute(
        "UPDATE double_coding_texts SET purpose = 'teach', stratum = NULL, probability = NULL"
        " WHERE text = ANY($1::uuid[])",
        [before[0], *texts[:2]],
    )
    await the_connection.execute("ALTER TABLE double_coding_texts ENABLE TRIGGER USER")
    assert await coder_pages(cindy) == before


async def test_the_other_person_s_codes_leave_no_trace_either(
    cindy, joan, texts, the_connection, themes, accounts
):
    text = await next_text_id(cindy)
    before = without_tokens(await next_page(cindy))
    said = label([themes[7]], "positive", "question")
    await double_coding.insert_label(the_connection, text, said, by=accounts[1])
    assert without_tokens(await next_page(cindy)) == before


async def test_the_two_do_not_meet_the_texts_in_the_same_order(the_connection, themes, cindy, joan):
    await insert_answers(the_connection, [([themes[0]], "neutral")] * 30)
    await job.draw_quarter_sample(the_connection, str(QUARTER))
    orders = []
    for client in (cindy, joan):
        seen = []
        for _ in range(6):
            seen.append(await next_text_id(client))
            await code_next_text(client)
        orders.append(seen)
    assert orders[0] != orders[1]


async def test_a_pair_is_closed_until_both_have_coded(cindy, texts, the_connection, accounts):
    await double_coding.insert_label(the_connection, texts[0], label(), by=accounts[1])
    assert (await cindy.get(f"{BASE}/texts/{texts[0]}")).status_code == 404
    assert texts[0][:8] not in (await cindy.get(f"{BASE}/disagreements")).text


async def test_words_as_written_are_nowhere(cindy, texts, the_connection, accounts, themes):
    await insert_disagreement(the_connection, accounts, texts[0], themes)
    seen = await next_page(cindy)
    assert "thing I saw" not in seen.text
    assert "I saw [name] at the station." in seen.text
    for address in (f"{BASE}/texts/{texts[0]}", f"{BASE}/examples"):
        text = (await cindy.get(address)).text
        assert "thing I saw" not in text


# ---------------------------------------------------------------- resolving


async def test_a_disagreement_shows_both_sides_and_is_decided(
    cindy, texts, the_connection, accounts, themes
):
    await insert_disagreement(the_connection, accounts, texts[0], themes)
    address = f"{BASE}/texts/{texts[0]}"
    page = (await cindy.get(address)).text
    assert CINDY[1] in page
    assert JOAN[1] in page
    assert "What the machine chose" in page
    decision = {"tone": "negative", "themes": themes[0], "comment_type": "complaint"}
    without = await send(cindy, address, decision, page=address)
    assert without.status_code == 422
    assert 'href="#note"' in without.text
    decided = await send(cindy, address, decision | {"note": "It names a stop."}, page=address)
    assert decided.headers["location"] == f"{BASE}/disagreements?done=resolved"
    page = (await cindy.get(address)).text
    assert "It names a stop." in page
    assert 'name="note"' not in page


async def test_a_decision_is_made_once(cindy, joan, texts, the_connection, accounts, themes):
    await insert_disagreement(the_connection, accounts, texts[0], themes)
    address = f"{BASE}/texts/{texts[0]}"
    form = {"tone": "negative", "themes": "none", "comment_type": "praise", "note": "x"}
    assert (await send(cindy, address, form, page=address)).status_code == 303
    assert (await send(joan, address, form, page=BASE)).status_code == 409


async def test_what_both_said_alike_needs_no_decision(cindy, texts, the_connection, accounts):
    for account in accounts[:2]:
        await double_coding.insert_label(the_connection, texts[0], label(), by=account)
    address = f"{BASE}/texts/{texts[0]}"
    assert "both coders agreed on" in (await cindy.get(address)).text
    form = {"tone": "negative", "themes": "none", "comment_type": "praise", "note": "x"}
    assert (await send(cindy, address, form, page=BASE)).status_code == 409


# ---------------------------------------------------------------- what it finds


@pytest.fixture
async def measured(the_connection, themes, accounts):
    """120 texts in one quarter, coded alike by two people; the machine misses one in six."""
    said = [([] if n % 6 == 0 else [themes[n % 2]], "negative") for n in range(120)]
    made = await insert_answers(the_connection, said)
    truth = {text: [themes[n % 2]] for n, text in enumerate(made)}
    await job.draw_quarter_sample(the_connection, str(QUARTER))
    for account in accounts[:2]:
        await code_as_person(the_connection, account, lambda text: label(truth[text], "negative"))
    return made


async def test_the_results_show_agreement_accuracy_and_corrected_shares(cindy, measured):
    text = (await cindy.get(f"{BASE}/results")).text
    for words in ("Themes, α", "1.00 (1.00", "By theme", "Hackney", "Rogan–Gladen", "PPI++"):
        assert words in text
    assert "1.00): good" in text
    assert "0.83 (0.83" in text
    assert "Which themes may be printed" in text
    assert "Good enough" in text
    folds = html.fromstring(text).xpath("//details[.//table]")
    named = [" ".join(fold.find("summary").text_content().split()) for fold in folds]
    assert named[0] == "By stream, language, borough and who wrote"
    assert re.fullmatch(r"All \d+ checks, \d+ of them not good enough or not settled", named[1])
    assert re.fullmatch(r"People who wrote in, \d+ labels", named[2])
    assert not any("open" in fold.attrib for fold in folds)


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (None, None, "too few to say"),
        (-0.31, -0.02, "less than chance"),
        (-0.31, 0.12, "could be chance"),
        (0.0, 0.95, "could be chance"),
        (0.05, 0.5, "weak"),
        (0.5, 0.9, "not settled"),
        (0.67, 0.9, "fair"),
        (0.8, 0.95, "good"),
    ],
)
def test_the_word_for_agreement_is_that_of_the_whole_interval(low, high, word):
    assert agreement_word(low, high) == word


async def test_the_overview_says_what_more_labels_would_bring(cindy, measured):
    text = (await cindy.get(BASE)).text
    assert "What your labels earn" in text
    assert "Themes of people who wrote in: F1 0.83 (0.83" in text
    assert f"{CINDY[1]} 120, {JOAN[1]} 120." in text


async def test_before_any_label_the_results_say_so(cindy):
    assert "No text has been coded by two people yet." in (await cindy.get(f"{BASE}/results")).text


async def test_an_alert_stands_on_the_first_page_while_themes_are_withheld(
    cindy, the_connection, themes, accounts, measured
):
    assert "Themes are withheld" not in (await cindy.get("/work")).text
    await the_connection.execute("UPDATE codings SET themes = '[]'")
    text = (await cindy.get("/work")).text
    assert "Reports do not show themes at present" in text
    assert "lies below the mark" in text


@pytest.mark.slow
async def test_a_head_is_offered_used_and_left_by_a_person(cindy, the_connection, accounts):
    tones = await taught_tones.insert_readable_texts(the_connection)
    await taught_tones.let_people_code(the_connection, accounts, tones)
    answer = await send(cindy, f"{BASE}/tone/learn", page=RESULTS)
    assert answer.headers["location"] == f"{RESULTS}?done=learning#tone"
    assert "The machine is learning" in (await cindy.get(RESULTS)).text
    await heads.learn_tone_head(the_connection)
    text = (await cindy.get(RESULTS)).text
    for words in (
        "Use this head",
        "Tone is read as shipped",
        "50 labels",
        "With the head",
        "0.33 (",
        "twice the labels",
    ):
        assert words in text
    form = {"head": re.search(r'name="head" value="(\d+)"', text)[1], "after": "0"}
    answer = await send(cindy, f"{BASE}/tone", form, page=RESULTS)
    assert answer.headers["location"] == f"{RESULTS}?done=head#tone"
    act = (await people.load_audit(the_connection, 2**62, 1))[0]
    assert (act.act, act.subject, act.detail["labels"]) == ("tone head switched on", "1", 160)
    text = (await cindy.get(RESULTS)).text
    assert "Tone is read by this head" in text
    assert "are being read again" in text
    # Somebody else has changed it since this page was shown.
    assert (await send(cindy, f"{BASE}/tone", form, page=RESULTS)).status_code == 409
    answer = await send(cindy, f"{BASE}/tone", {"head": "", "after": "1"}, page=RESULTS)
    assert answer.headers["location"] == f"{RESULTS}?done=shipped#tone"
    assert "Tone is read as shipped" in (await cindy.get(RESULTS)).text


async def test_a_head_that_was_not_learned_cannot_be_used(cindy):
    answer = await send(cindy, f"{BASE}/tone", {"head": "1", "after": "0"}, page=RESULTS)
    assert answer.status_code == 409


async def test_labels_become_examples_through_a_draft_by_a_person(cindy, measured, themes):
    text = (await cindy.get(f"{BASE}/examples")).text
    assert "There is no draft of the codebook." in text
    await send(cindy, "/work/themes/codebook/draft", {"revision": "0"})
    text = (await cindy.get(f"{BASE}/examples")).text
    assert re.search(r'summary-text">[^<]+: \d+ texts?<', text)  # a theme opens to its texts
    revision = re.search(r'name="revision" value="(\d+)"', text)[1]
    form = {"kind": "example", "belongs": "yes", "revision": revision, "example": "An officer."}
    address = f"/work/themes/codebook/draft/themes/{themes[0]}"
    answer = await send(cindy, f"{address}/edits", form)
    assert answer.status_code == 303
    assert "An officer." in (await cindy.get(address)).text


async def test_a_quarter_can_be_drawn_by_hand_once(cindy, the_connection, themes):
    await insert_answers(the_connection, [([themes[0]], "neutral")] * 3)
    page = (await cindy.get(BASE)).text
    assert f'value="{QUARTER}"' in page
    answer = await send(cindy, BASE, {"quarter": str(QUARTER)}, page=BASE)
    assert answer.headers["location"] == f"{BASE}?done=drawn"
    again = await send(cindy, BASE, {"quarter": str(QUARTER)})
    assert again.status_code == 422


def test_a_curve_is_a_sentence_about_the_next_aim():
    points = [(100, 0.6), (140, 0.66), (180, 0.7), (280, 0.72)]
    curve = LabelCurve(
        stream="complaints",
        labels=140,
        shipped=0.5,
        measured=(),
        expected=tuple(
            CurvePoint(labels=n, recall=r, low=r - 0.03, high=r + 0.05) for n, r in points
        ),
    )
    (said,) = label_sentences([curve])
    assert said.startswith("About 40 more texts (0 to many more)")
    assert said.endswith("the tone of people who complained to a recall of 0.70.")
