"""The report view: its sections, their order and wording, and the measure behind each figure."""

import datetime
import re

import msgspec
import pytest

from analysis import measures
from api import editions
from api.editions import files
from api.editions.cells import LABELS
from api.editions.chapters import alerts, deployments
from api.editions.rows import text_dates
from survey.editions import Correction
from survey.editions.actions import Alert
from survey.editions.force import EditionRateRatio, PeriodDeployments
from tests.analysis.editions.full_editions import full_monthly_edition, full_weekly_edition
from tests.analysis.editions.made_up_edition import bare_edition, sample

SHA = "c0de" * 16
FRONT = ["changed", "alerts", "index", "boroughs", "top-themes"]
MONTH = {
    "alerts-actions": ["actions"],
    "ledger": ["recommendations"],
    "why-changed": ["moved"],
    "residents": ["small-areas", "groups", "agreement", "published"],
    "met": ["met-1", "met-asked-1"],
    "written": ["themes", "themes-sampled", "themes-complaints", "themes-open"],
    "deployed": ["rates", "tactics", "persons", "disparities", "fired"],
    "over-time": ["twelve-months", "trends", "months", "past-good-job-local"],
    "panel": ["panel-1", "panel-trend-1"],
    "compared": ["funnels"],
    "linked": ["together", "lags", "starts", "complained"],
    "reliable": ["caveats", "sample", "response", "reliability", "quality", "disclosure"],
}


def view_of(edition):
    return editions.report_view(edition, SHA)


@pytest.mark.parametrize("edition", [full_weekly_edition(), full_monthly_edition()])
def test_a_screen_reader_calls_no_two_tables_the_same(edition):
    tables = [
        table
        for section in view_of(edition).every_section
        for table in (*section.tables, *section.folded)
    ]
    names = [one.spoken_name or one.caption for one in tables]
    assert sorted(names) == sorted(set(names))


def sections_of(edition):
    return view_of(edition).every_section


def find_section(edition, key):
    return next(one for one in sections_of(edition) if one.key == key)


def tables_of(one):
    return one.every_table


def section_words(one):
    return " ".join(re.findall(r"[^\"\\]+", msgspec.json.encode(one).decode()))


def test_what_the_working_group_reads_first_comes_first():
    found = view_of(full_weekly_edition())
    assert [one.key for one in found.front] == FRONT
    assert [one.label for one in found.stats] == [
        "How residents see the police",
        "Taser uses recorded",
        "Complaints about Tasers",
        "People who wrote in",
        "Uses on people under 18",
    ]
    assert "Association is not proof of cause." in found.strip


def test_a_month_begins_with_what_was_found():
    found = view_of(full_monthly_edition())
    assert [one.key for one in found.front] == ["summary", *FRONT[1:]]


def test_the_rest_is_in_chapters_by_what_a_reader_asks():
    found = view_of(full_monthly_edition())
    assert [one.key for one in found.chapters] == list(MONTH)
    for chapter in found.chapters:
        keys = [one.key for one in chapter.sections]
        assert [key for key in keys if key in MONTH[chapter.key]] == MONTH[chapter.key]
    written = next(one for one in found.chapters if one.key == "written")
    assert written.contents[0] == "What people wrote about"


@pytest.mark.parametrize("edition", [full_weekly_edition(), full_monthly_edition()])
def test_a_chapter_says_its_answer_next_to_its_title(edition):
    answers = {one.key: one.answer for one in view_of(edition).chapters}
    assert answers["residents"].startswith("London: ")
    assert answers["alerts-actions"].startswith("2 open alerts")
    assert answers["linked"] == LABELS[edition.association.verdict]
    assert answers["written"].endswith("(residents who were asked)")


def test_what_has_nothing_to_say_is_absent():
    assert [one.key for one in sections_of(bare_edition())] == ["caveats", "disclosure"]
    keys = [one.key for one in sections_of(sample())]
    assert not set(keys) & {"uses", "changed", "all-alerts", "funnels", "moved", "persons"}


@pytest.mark.parametrize(
    "edition",
    [full_weekly_edition(), full_monthly_edition(), sample()],
    ids=["week", "month", "plain"],
)
def test_every_figure_says_what_it_is(edition):
    heading = None
    for one in sections_of(edition):
        heading = one if one.level == 2 else heading
        counted = one.figure or one.verdict or one.tiles or tables_of(one)
        if counted and one.key != "actions":
            assert one.measures or heading.measures, one.key
    assert all(stat.measure for stat in view_of(edition).stats)


def test_every_measure_stands_somewhere():
    found = {name.name for one in sections_of(full_monthly_edition()) for name in one.measures}
    found |= {stat.measure.name for stat in view_of(full_weekly_edition()).stats}
    found |= {stat.measure.name for stat in view_of(sample()).stats}
    assert set(measures.load_measures()) - found == set()


def test_every_table_is_as_wide_as_its_head():
    for edition in (full_weekly_edition(), full_monthly_edition()):
        for one in sections_of(edition):
            for table in tables_of(one):
                assert {len(row) for row in table.rows} == {len(table.head)}, table.caption


def test_headings_and_keys_are_told_apart():
    for edition in (full_weekly_edition(), full_monthly_edition()):
        found = sections_of(edition)
        assert len({one.key for one in found}) == len(found)
        assert len({one.heading for one in found}) == len(found)


def test_a_chapter_that_is_withheld_as_a_whole_says_so():
    edition = full_monthly_edition()
    blank = dict.fromkeys(("n", "effective_n", "value", "standard_error", "low", "high"))
    hidden = [
        msgspec.structs.replace(
            one, estimate=msgspec.structs.replace(one.estimate, **blank, status="withheld")
        )
        for one in edition.groups
        if one.dimension == "sex"
    ]
    found = find_section(msgspec.structs.replace(edition, groups=tuple(hidden)), "groups-sex")
    assert "Every figure in this section is withheld." in found.words
    assert not tables_of(found)


def test_only_those_who_chose_to_write_stand_apart_and_without_an_interval():
    apart = [one for one in sections_of(full_monthly_edition()) if one.apart]
    assert [one.key for one in apart] == ["themes-open"]
    words = section_words(apart[0])
    assert "They do not represent Londoners, so there is no margin of error" in words
    # That of a tone is about the machine's misreading of these very texts.
    heads = {head for table in tables_of(apart[0]) for head in table.head}
    assert {head for head in heads if "interval" in head} == {"Net sentiment (95% interval)"}


def moved_tables(**changes):
    """The changes, and their parts, which only statisticians need."""
    found = find_section(full_monthly_edition(**changes), "moved")
    return *found.tables, *found.for_statisticians.tables


def test_the_parts_of_a_move_are_written_with_their_sign_and_add_up():
    one = msgspec.structs.replace(full_monthly_edition().moved[0], low=-2.9, high=0.1)
    found, parts = moved_tables(moved=(one, *full_monthly_edition().moved[1:]))
    assert found.head[3:] == ("Change (95% interval)",)
    assert [cell.text.replace("\N{NO-BREAK SPACE}", " ") for cell in found.rows[0]] == [
        "Perception index, London",
        "59.8",
        "58.4",
        "−1.4 (−2.9 to +0.1)",
    ]
    assert parts.head == ("Figure", "New data", "Revised", "Recoded", "Method")
    assert [cell.text for cell in parts.rows[0]] == [
        "Perception index, London",
        "−1.1",
        "0",
        "0",
        "−0.3",
    ]


def test_a_move_whose_reasons_are_withheld_still_shows_the_whole():
    row, parts = (
        next(row for row in table.rows if row[0].text == "Perception index, Camden")
        for table in moved_tables()
    )
    assert row[3].text == "−5.3"
    assert all(cell.withheld for cell in parts[1:])


def test_a_reason_that_explains_nothing_has_no_column():
    moved = full_monthly_edition().moved
    no_method = [msgspec.structs.replace(one, method=0.0) for one in moved if one.answers]
    assert "Method" not in moved_tables(moved=tuple(no_method))[1].head
    new = [msgspec.structs.replace(one, restated=0.0, recoded=0.0) for one in no_method]
    (found,) = moved_tables(moved=tuple(new))
    assert found.head[-1] == "Change (95% interval)"


def test_the_city_is_listed_first_then_themes_then_boroughs_and_the_page_says_so():
    found = find_section(full_monthly_edition(), "moved")
    assert found.words[0].startswith("London comes first, then themes")
    names = [row[0].text for row in found.tables[0].rows]
    assert names[:3] == [
        "Perception index, London",
        "Complaints, London",
        "Use of Taser and other force, London",
    ]


def test_of_a_count_and_its_rate_the_rate_is_listed():
    count = full_monthly_edition().moved[3]
    rate = msgspec.structs.replace(count, unit="per_10_000", was=0.35, now=0.38)
    names = [row[0].text for row in moved_tables(moved=(count, rate))[0].rows]
    assert names == ["Complaints per 10,000, London"]


def test_without_findings_a_week_lists_what_moved_most():
    found = find_section(full_weekly_edition(findings=()), "changed").tables[0]
    assert found.head == ("Figure", "Four weeks before", "Now", "Change (95% interval)")
    assert "The largest of many changes is always partly chance" in found.note
    assert len(found.rows) == 5


def test_an_alert_says_how_many_are_expected_by_chance():
    boxes = {one.level: one for one in find_section(full_weekly_edition(), "alerts").boxes}
    facts = {level: dict(one.facts) for level, one in boxes.items()}
    assert facts["amber"]["By chance alone"] == "about 7 a year"
    assert facts["amber"]["Owner"] == "none yet"
    assert "By chance alone" not in facts["red"]
    assert boxes["data"].standing == "closed"
    assert boxes["red"].place == "Lambeth"


def test_an_alert_is_a_line_on_the_front_and_all_of_it_is_in_its_chapter():
    week = full_weekly_edition()
    view = view_of(week)
    box = next(one for one in find_section(week, "alerts").boxes if one.level == "amber")
    figure, since, owner = box.brief
    assert "four weeks before" in figure
    assert since.startswith("since ")
    assert owner == "no owner yet"
    chapter = next(one for one in view.chapters if one.key == "alerts-actions")
    assert chapter.sections[0].key == "all-alerts"


def test_a_period_without_an_alert_says_so_in_one_sentence():
    found = find_section(full_weekly_edition(alerts=()), "alerts")
    assert (found.words, found.boxes) == (("There is no alert.",), ())


def test_many_alerts_show_the_gravest_first_and_are_all_listed_below():
    first = full_weekly_edition().alerts
    many = [*first[1:] * 4, first[0]]
    found = view_of(full_weekly_edition(alerts=tuple(many)))
    front = next(one for one in found.front if one.key == "alerts")
    assert len(front.boxes) == 6
    assert front.boxes[0].level == "red"
    assert "All 9 are in the chapter Alerts and actions." in front.words[0]
    assert len(next(one for one in found.every_section if one.key == "all-alerts").boxes) == 9


def test_the_five_most_frequent_themes_say_what_is_new_and_are_drawn_with_their_interval():
    edition = full_weekly_edition()
    first = msgspec.structs.replace(edition.themes[0], new=True, meaning="Being treated fairly.")
    found = find_section(
        msgspec.structs.replace(edition, themes=(first, *edition.themes[1:])), "top-themes"
    )
    rows = found.tables[0].rows
    assert len(rows) == 5
    assert rows[0][0].text == "Fair and respectful treatment (new)"
    # What it means is in its chapter.
    assert rows[0][0].under == ""
    assert rows[0][1].text.split("\N{NO-BREAK SPACE}") == ["31%", "(25", "to", "39%)"]
    low, share, high = rows[0][1].scale
    assert 0 < low < share < high <= 100


def test_a_ratio_comes_with_two_benchmarks_and_what_it_cannot_show():
    assert (
        "A ratio does not show why" in find_section(full_monthly_edition(), "disparities").words[0]
    )
    rows = find_section(full_monthly_edition(), "disparities-ethnicity_officer").figure.table.rows
    named = [row[0].text for row in rows]
    assert {"Black, per resident", "Black, per stop and search"} <= set(named)
    assert rows[0][1].text.replace("\N{NO-BREAK SPACE}", " ") == "4.20 (2.90 to 6.20)"
    assert all(cell.withheld for cell in rows[4][1:])


def test_a_ratio_without_limits_is_no_crash():
    edition = full_monthly_edition()
    one = msgspec.structs.replace(
        edition.disparities[0], shown=EditionRateRatio(2.0), exact=EditionRateRatio(2.0)
    )
    found = find_section(
        msgspec.structs.replace(edition, disparities=(one,)), "disparities-ethnicity_officer"
    )
    assert found.figure.table.rows[0][1].text == "2.00"


def test_a_ratio_has_one_interval_and_its_title_names_people():
    tables = {one.key: one.figure for one in sections_of(full_monthly_edition()) if one.figure}
    found = tables["disparities-ethnicity_officer"]
    assert "compared with White people" in found.title
    assert found.table.head[1] == "Ratio (95% interval)"
    assert not [name for name in found.table.head if "limits" in name.lower()]


def test_a_funnel_names_those_outside():
    words = find_section(full_monthly_edition(), "funnel-deployments").words[0]
    assert words == "Above the expected range: Lambeth."


def test_own_answers_stand_beside_the_model():
    rows = {
        row[0].text: row
        for row in find_section(full_monthly_edition(), "small-areas").figure.table.rows
    }
    assert not rows["Sutton"][1].withheld
    assert rows["Sutton"][2].withheld
    assert all(cell.withheld for cell in rows["City of London"][1:])


def test_the_sample_says_what_weighting_cost():
    cells = {
        row[0].text: row[1].text
        for row in find_section(full_monthly_edition(), "sample").for_statisticians.tables[0].rows
    }
    assert cells["Design effect (Kish)"] == "1.35"
    assert cells["Weighting efficiency"] == "74%"
    assert "ONS mid-2007" in section_words(find_section(full_monthly_edition(), "sample"))


def test_items_are_called_as_the_survey_calls_them():
    named = [
        row[0].text for row in find_section(full_monthly_edition(), "agreement").tables[0].rows
    ]
    assert "Force is used fairly" in named
    assert "Being listened to" in named


def test_the_reference_of_an_event_study_is_nought_by_definition():
    rows = find_section(full_monthly_edition(), "bins-event-study").figure.table.rows
    assert {row[0].text: row[1].text for row in rows}["−2"] == "0, by definition"


def test_the_head_says_what_came_in_and_what_is_corrected():
    notes = view_of(full_weekly_edition()).notes
    assert notes[0].startswith(
        "Answers came from 31 of 33 boroughs; deployment figures cover 84 of 91 days"
    )
    assert "edition 1" in view_of(full_weekly_edition()).correction[0]
    assert view_of(full_monthly_edition()).correction == ()


def test_a_correction_says_which_edition_it_corrects_and_why_and_a_draft_made_again_says_nothing():
    one = Correction(1, "Hackney sent its figures again.")
    for make in (full_weekly_edition, full_monthly_edition):
        corrected = make(number=3, correction=one)
        said = "corrects edition 1, which was not changed. Why: Hackney sent its figures again."
        assert said in view_of(corrected).correction[0]
        rows = [row for row in files.edition_rows(corrected) if row[0] == "about"]
        assert {"corrects edition", "why it corrects it"} <= {row[5] for row in rows}
        again = view_of(make(number=3, correction=Correction(0, "")))
        assert again.correction == ()


def test_one_time_before_is_named_on_tiles_alerts_and_the_table():
    for edition, name in (
        (full_weekly_edition(), "Four weeks before"),
        (full_monthly_edition(), "May 2008"),
    ):
        view = view_of(edition)
        changes = [one.change for one in view.stats if one.change != "No earlier figure"]
        assert changes
        assert all(one.startswith(f"{name}: ") for one in changes)
        assert find_section(edition, "moved").tables[0].head[1] == name
        figures = [
            dict(box.facts).get("Figure", "") for box in find_section(edition, "alerts").boxes
        ]
        known = [one for one in figures if ";" in one]
        assert known
        assert all(name.lower() in one.lower() for one in known)


def test_how_it_was_made_names_code_input_and_seeds():
    made = dict(view_of(full_weekly_edition()).basis)
    assert made["Code"] == "0.5.0+348e6fc"
    assert made["Input (SHA-256)"] == "5eed" * 16
    assert made["Seeds"] == "placebo 2008, themes 7"
    assert "Seeds" not in dict(view_of(sample()).basis)


def test_rows_lead_to_the_working_groups_pages_only():
    for edition in (full_weekly_edition(), full_monthly_edition()):
        for one in sections_of(edition):
            assert all(row.address.startswith("/work/") for row in one.rows)
    found = find_section(full_weekly_edition(), "uses").rows[0].address
    assert found == "/work/deployments?start=2008-04-07&end=2008-07-06&as_of=2008-07-09"


def test_an_alert_has_words_for_each_level():
    levels = msgspec.inspect.type_info(Alert).fields
    known = next(one for one in levels if one.name == "level").type.values
    assert set(known) == set(alerts.LEVELS) == set(alerts.ORDER)


@pytest.mark.parametrize(
    ("wrote", "words"),
    [(0, "nobody wrote in"), (None, "a few people wrote in"), (287, "about 287 people wrote in")],
)
def test_a_stream_says_how_many_wrote(wrote, words):
    edition = sample()
    received = msgspec.structs.replace(edition.received[0], open=wrote)
    edition = msgspec.structs.replace(edition, received=(received,))
    assert words in " ".join(find_section(edition, "themes-open").words)


def test_the_tile_says_that_deployments_are_outside_their_range():
    found = PeriodDeployments(
        events=295, low=299.0, high=380.0, since=datetime.date(2008, 1, 1), cumulative=None
    )
    edition = msgspec.structs.replace(full_monthly_edition(), this_period=found)
    [tile] = deployments.period_figure(edition)
    assert tile.word == ("▼", "Fewer than expected", True)
    usual = msgspec.structs.replace(edition, this_period=msgspec.structs.replace(found, events=300))
    assert [one.word.text for one in deployments.period_figure(usual)] == ["As expected"]


def test_the_group_furthest_short_is_named_where_it_is_more_than_rounding():
    month = full_monthly_edition()
    first, *others = month.represented
    assert "Furthest short" not in section_words(find_section(month, "represented"))
    short = msgspec.structs.replace(first, drawn=0.09, residents=0.14)
    shown = full_monthly_edition(represented=(short, *others))
    words = section_words(find_section(shown, "represented"))
    assert (
        f"Furthest short of {len(month.represented)} groups: people aged 16 to 24. They are "
        "14% of residents and 9% of those who answered, after allowing for whom we invited."
    ) in words


def test_an_edition_without_invitations_says_that_it_has_no_rate():
    words = section_words(find_section(full_monthly_edition(response=None), "response"))
    assert "No response rate is given for the survey" in words
    assert "nobody can say what share of people did" in words
    assert not tables_of(find_section(full_monthly_edition(response=None), "response"))


@pytest.mark.parametrize("make", [full_weekly_edition, full_monthly_edition])
def test_blank_themes_have_every_reason_and_nothing_claims_the_most_frequent(make):
    """On the page, on page 1 of the PDF and on slides, which have the same section."""
    edition = make()
    blank = {
        one.stream for one in edition.themes if one.domain == edition.city and one.texts is None
    }
    assert blank == {"sampled", "open", "complaints"}
    first = find_section(edition, "top-themes")
    assert "or would show such a small number next to another report" in first.words[1]
    assert first.tables[0].caption.startswith("The most frequent of the themes shown")
    for stream in blank:
        figure = find_section(edition, f"themes-{stream}").figure
        assert "or would show such a small number next to another report" in figure.subtitle
    assert first.words[0] == f"Texts from {text_dates(edition)}."


def test_what_only_statisticians_need_is_apart_from_what_a_chapter_says():
    found = {one.key: one for one in sections_of(full_monthly_edition())}
    assert [key for key, one in found.items() if one.statisticians_only] == [
        *("small-areas", "lags", "bins-event-study"),
    ]
    assert [
        table.head[-1] for table in found["disparities-ethnicity_officer"].for_statisticians.tables
    ] == ["Per 10,000"]
    fired = found["fired"]
    assert fired.words[0] == "By ethnicity as officers saw it, no group clearly differs."
    assert "Fisher" not in " ".join(fired.words)
    (shares,) = fired.for_statisticians.tables
    assert [row[-1].text for row in shares.rows] == ["0.47", "0.47", ""]


@pytest.mark.parametrize(
    ("p", "said"),
    [
        (0.051, "By ethnicity as officers saw it, no group clearly differs."),
        (
            0.049,
            "By ethnicity as officers saw it, the share for Black (12%) clearly differs from that "
            "for White (14%).",
        ),
        (None, "By ethnicity as officers saw it, there are too few uses to compare groups."),
    ],
)
def test_a_group_that_is_fired_at_more_or_less_often_is_named(p, said):
    edition = full_monthly_edition()
    fired = [
        msgspec.structs.replace(one, p=p if at == 1 else None)
        for at, one in enumerate(edition.fired)
    ]
    found = find_section(msgspec.structs.replace(edition, fired=tuple(fired)), "fired")
    assert found.words[0] == said
