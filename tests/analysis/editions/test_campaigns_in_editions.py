"""A campaign in an edition: counted once in front of every text, a headline, coded by a person."""

import datetime
import re
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from analysis.editions import gate, make_edition
from analysis.editions.campaigns import campaign_sentences
from analysis.editions.chapters.themes import edition_theme_shares
from analysis.themes.accuracy import DoubleCodedTexts
from api import editions
from api.editions import drawing
from api.editions.chapters.theme_charts import theme_charts
from survey.editions.texts import ThemelessTexts, WaitingProposal
from survey.themes.demands import CampaignCoding, EditionCampaign
from tests.analysis.editions.made_up_edition import THEMES, bare_edition, sample, theme
from tests.analysis.editions.small_inputs import FIRST, inputs_of_week, texts

NOW = 30 * 7  # the first day of the week of these inputs
LETTERS, OTHERS = 40, 120
QUARTER = datetime.date(2024, 4, 1)  # the quarter before, as the labels usually are
NAMED = EditionCampaign(
    id="c1",
    stream="open",
    themes=("Young people",),
    texts=40,
    first=datetime.date(2008, 6, 2),
    last=datetime.date(2008, 6, 8),
    name="No Taser in schools",
    tone="negative",
)


def labels(wrong=0, n=200):
    """Labels of open texts: the machine finds the first theme in `wrong` texts that lack it."""
    truth = np.zeros((n, 2), dtype=np.bool_)
    truth[: n // 4] = True
    now = truth.copy()
    now[n // 4 : n // 4 + wrong, 0] = True
    names = np.full(n, "", dtype=np.str_)
    sets = np.full(n, None, dtype=object)
    whole = np.full((n, 2), -1, dtype=np.int64)
    quarter = np.full(n, QUARTER, dtype=object)
    return DoubleCodedTexts(
        quarter=quarter, stream=np.full(n, "open"), area=names, language=names, age=names,
        sex=names, ethnicity=names, weight=np.ones(n), stratum=names, survey_weight=np.ones(n),
        survey_stratum=names, psu=names, first=sets, second=sets,
        settled=np.ones(n, dtype=np.bool_), truth=truth, told=np.ones_like(truth), then=now,
        now=now, tone=np.zeros(n), tone_then=np.zeros(n), tone_now=np.zeros(n),
        marks=np.full((n, 2, 2), -1, dtype=np.int64), tones=whole, comment_types=whole,
    )  # fmt: skip


def inputs_with_letters(*, by_person, labelled, themes=(0,)):
    """Letters of one campaign with these themes, among texts of which a quarter has theme 0."""
    rows = [("open", NOW, 0, themes)] * LETTERS
    rows += [("open", NOW, 1, (0,) if i % 4 == 0 else (1,)) for i in range(OTHERS)]
    made = texts(rows)
    letters = np.arange(len(rows)) < LETTERS
    coding = CampaignCoding(campaign="c1", name="No Taser", tone="negative", themes=(), codebook=1)
    return inputs_of_week(
        texts=replace(
            made,
            campaign=np.where(letters, 0, -1).astype(np.int64),
            by_person=letters & by_person,
        ),
        campaigns=("c1",),
        campaign_codings=(coding,) if by_person else (),
        labelled=labelled,
    )


def first_theme(inputs):
    return next(one for one in edition_theme_shares(inputs) if one.stream == "open")


def test_without_labels_both_counts_are_the_machine_s():
    one = first_theme(inputs_with_letters(by_person=False, labelled=None))
    assert (one.texts, one.voices) == (70, 31)
    assert one.voice_share == pytest.approx(31 / 121)


def test_the_share_that_counts_each_campaign_once_is_corrected_too():
    """Where the machine makes no error, the corrected share is that of the voices."""
    one = first_theme(inputs_with_letters(by_person=False, labelled=labels()))
    assert one.corrected
    assert one.voice_share == pytest.approx(31 / 121, abs=0.001)
    assert one.voice_low <= one.voice_share <= one.voice_high


@pytest.mark.parametrize(("themes", "spoken"), [((), 0), ((0,), 1)])
def test_what_a_person_said_of_a_campaign_is_not_corrected(themes, spoken):
    """The machine finds theme 0 in 10% of texts that lack it: that is taken off the other texts."""
    inputs = inputs_with_letters(by_person=True, labelled=labels(wrong=20), themes=themes)
    one = first_theme(inputs)
    others = (30 / 120 - 20 / 200) * OTHERS
    assert one.share == pytest.approx((others + spoken * LETTERS) / (OTHERS + LETTERS), abs=0.001)
    assert one.voice_share == pytest.approx((others + spoken) / (OTHERS + 1), abs=0.001)
    assert 0 <= one.low <= one.share <= one.high <= 1


def test_the_edition_has_its_name_its_tone_and_a_sentence_at_the_top():
    found = make_edition(inputs_with_letters(by_person=True, labelled=None, themes=(1,)))
    [one] = found.campaigns
    assert (one.name, one.tone, one.texts, one.themes) == ("No Taser", "negative", 40, ("Taser",))
    day = (FIRST + datetime.timedelta(days=NOW)).strftime("%-d %B %Y")
    assert (
        f"The same letter was received about 40 times from {day} to {day}: No Taser." in found.lead
    )


def test_a_campaign_that_nobody_named_says_what_the_machine_reads():
    found = make_edition(inputs_with_letters(by_person=False, labelled=None))
    [sentence] = campaign_sentences(found)
    assert sentence.endswith(". A machine reads it as about Fairness.")


def test_a_campaign_that_is_too_small_to_show_is_not_in_the_headline():
    small = msgspec.structs.replace(NAMED, texts=9)
    found = gate.safe_edition(msgspec.structs.replace(bare_edition(), campaigns=(small,)))
    assert found.campaigns == ()
    assert campaign_sentences(found) == []


def edition_with_campaign(**changes):
    """Open themes of which one is mostly a campaign: 45 texts, 6 voices."""
    many = msgspec.structs.replace(theme(THEMES[0], "open", 200), texts=45, voices=15)
    others = (theme(THEMES[1], "open", 200), theme(THEMES[2], "open", 200))
    return msgspec.structs.replace(sample(), themes=(many, *others), campaigns=(NAMED,), **changes)


def section_of(edition, key):
    return next(
        one for one in editions.report_view(edition, "0" * 64).every_section if one.key == key
    )


def test_the_chart_counts_the_campaign_once_in_front_of_every_text():
    [chart] = [chart for name, chart in theme_charts(edition_with_campaign()) if "open" in name]
    row = next(row for row in chart.rows if row.name == THEMES[0][1])
    assert (row.size, row.whole) == (15, 45)
    assert (row.often, row.every) == ("15 texts", "45 texts")
    assert f"{row.name}: 15 texts; every text: 45 texts, " in chart.description
    drawn = drawing.render_named_charts([("themes", chart)])["themes"]
    # A bar for each of both counts, and the words of each at its end.
    assert drawn.count(f'data-row="{row.name}"') == 2
    assert {">15 texts<", ">45 texts<"} <= set(re.findall(">[^<]+<", drawn))
    assert "each campaign counted once" in chart.title
    # A theme that no campaign is about has one bar.
    assert {row.whole for row in chart.rows if row.name != THEMES[0][1]} == {None}


def test_the_main_table_has_both_counts_and_says_which_is_which():
    part = section_of(edition_with_campaign(), "themes-open")
    assert part.figure.table.head[1] == "Each campaign once"
    assert "Every text" in part.figure.table.head
    [row] = [row for row in part.figure.table.rows if row[0].text == THEMES[0][1]]
    assert (row[1].text, row[-1].text) == ("15", "45")
    assert "Dark bars count each campaign once, grey bars every text." in part.figure.subtitle


def test_without_a_campaign_nothing_is_counted_twice():
    part = section_of(sample(), "themes-open")
    assert "Every text" not in part.figure.table.head
    assert all(chart.rows[0].whole is None for _, chart in theme_charts(sample()))


def test_the_share_without_a_theme_and_the_waiting_proposal_are_said():
    found = msgspec.structs.replace(
        edition_with_campaign(),
        themeless=(ThemelessTexts(stream="open", texts=30, of_texts=275, share=30 / 275),),
        proposed=(WaitingProposal(id="1", until=datetime.date(2008, 7, 6), texts=25),),
    )
    said = " ".join(section_of(found, "themes-open").words).replace("\N{NO-BREAK SPACE}", " ")
    assert "In about 30 of about 275 texts (11%) the machine found none of our themes." in said
    [*_, waits] = section_of(found, "themes").words
    assert waits == (
        "The machine proposes a new theme, which groups about 25 texts received up to 6 July 2008. "
        "The working group has not decided on it yet."
    )


@pytest.mark.parametrize(("texts", "of_texts"), [(9, 100), (95, 100), (0, 100)])
def test_a_number_without_a_theme_that_would_show_few_people_is_withheld(texts, of_texts):
    none = ThemelessTexts(stream="open", texts=texts, of_texts=of_texts, share=texts / of_texts)
    found = gate.safe_edition(msgspec.structs.replace(bare_edition(), themeless=(none,)))
    assert found.themeless == ()


def test_texts_without_a_theme_are_counted_by_stream():
    rows = [("open", NOW, 0, ())] * 20 + [("open", NOW, 0, (1,))] * 60
    made = make_edition(inputs_of_week(texts=texts(rows)))
    assert made.themeless == (ThemelessTexts(stream="open", texts=20, of_texts=80, share=0.25),)
