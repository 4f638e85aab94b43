"""What no rule names is not published, and what is published later editions know."""

import datetime

import msgspec
import pytest

from analysis.disclosure import EVENTS, TEXTS, PublishedCount
from analysis.disclosure.session import DisclosureSession
from analysis.editions import gate
from analysis.editions.chapter import CountRule, FigureRule, TableRules, gated_table
from survey.editions.figures import FigureTable, Interval, TableCount, TableFigure
from tests.analysis.editions.full_editions import demand_table
from tests.analysis.editions.made_up_edition import LONDON, bare_edition

START, END = datetime.date(2008, 6, 2), datetime.date(2008, 6, 29)
RULES = TableRules(
    kind="hours",
    facts=("waves",),
    counts={
        "people": CountRule("hours", TEXTS),
        "hour": CountRule("hour", EVENTS, cells=True, whole="people"),
    },
    figures={"share": FigureRule(of="people"), "accuracy": FigureRule()},
    needs=("people",),
)


def table(people=100, hours=(), facts=(), figures=(), missing=""):
    counts = [TableCount(name="people", count=people)]
    counts += [TableCount(name="hour", row=str(row), count=one) for row, one in enumerate(hours)]
    return FigureTable(
        kind="hours", key=("a",), domain=LONDON, first=START, last=END,
        facts=facts, counts=tuple(counts), figures=tuple(figures), missing=missing,
    )  # fmt: skip


def gated(found, rules=RULES, session=None, **more):
    return gated_table(session or DisclosureSession(LONDON), rules, found, **more)


def test_what_no_rule_names_cannot_be_published():
    """A count, a figure and a fact that slipped into a table, and a table that slipped in."""
    smuggled = msgspec.structs.replace(
        demand_table({"texts": 180, "own": 40, "witnesses": 3}, share={"for": (0.7, 0.6, 0.8)}),
        facts=(("sentence", "No Taser in schools"), ("labels", 96), ("witnesses", 3)),
    )
    figure = TableFigure(name="witnesses", value=3.0)
    smuggled = msgspec.structs.replace(smuggled, figures=(*smuggled.figures, figure))
    edition = msgspec.structs.replace(
        bare_edition(), tables=(smuggled, msgspec.structs.replace(smuggled, kind="witnesses"))
    )
    [shown] = gate.safe_edition(edition).tables
    assert [one.name for one in shown.counts] == ["texts", "own"]
    assert [one.name for one in shown.figures] == ["accuracy", "share"]
    assert [name for name, _ in shown.facts] == ["sentence", "labels"]


def test_every_kind_of_table_belongs_to_one_chapter():
    assert len(gate.TABLES) == sum(len(chapter.tables) for chapter in gate.CHAPTERS)


def test_a_cell_of_a_list_is_withheld_if_it_is_small_or_0_and_a_total_may_be_0():
    assert [one.count for one in gated(table(100, (40, 57, 3, 0))).counts] == [
        100,
        40,
        55,
        None,
        None,
    ]
    nobody = gated(table(0, (0,)), RULES._replace(needs=()))
    assert [one.count for one in nobody.counts] == [0, None]


def test_the_cells_of_a_list_are_decided_with_what_they_leave_of_their_whole(monkeypatch):
    lists = []

    def remember_list(_session, whole, counts, about, rule):
        lists.append((whole, counts, about))
        return counts

    monkeypatch.setattr(DisclosureSession, "table", remember_list)
    gated(table(103, (40, 57)))
    [(whole, counts, about)] = lists
    assert whole == PublishedCount(("hours", "a"), (START, END), 105, TEXTS)
    assert (counts, about) == ({"0": 40, "1": 57, "": 6}, (("hour", "a"), (START, END)))


def test_a_table_without_the_count_that_it_needs_is_left_out_or_says_that_there_are_few():
    few = table(9, (5, 4), figures=[TableFigure(name="accuracy", value=0.7123)])
    assert gated(few) is None
    stayed = gated(few, RULES._replace(stays=True))
    assert (stayed.missing, stayed.counts) == ("few", ())
    assert [one.value for one in stayed.figures] == [0.712]


def test_a_table_needs_counts_of_a_table_above_it_if_it_has_none_of_their_name():
    below = RULES._replace(needs=("asked",))
    asked = TableCount(name="asked", count=100)
    above = msgspec.structs.replace(table(), kind="met", counts=(asked,))
    elsewhere = msgspec.structs.replace(above, key=("b",))
    assert gated(table(), below, passed=(above,)).count("people") == 100
    assert gated(table(), below, passed=(elsewhere,)) is None


def test_a_list_of_too_few_has_no_cells():
    hour = RULES.counts["hour"]._replace(least=("people", 100))
    least = RULES._replace(counts=RULES.counts | {"hour": hour})
    for people, cell in ((100, 55), (90, None)):
        shown = gated(table(people, (57, people - 57)), least)
        assert shown.count("hour", "0") == cell


def test_a_withheld_count_that_repeats_is_what_a_current_edition_last_said():
    repeats = RULES.counts["people"]._replace(repeats=True)
    rules = RULES._replace(counts=RULES.counts | {"people": repeats})
    before = msgspec.structs.replace(table(33), last=END - datetime.timedelta(days=7))
    known = [*rules.known_counts(gated(before))]
    session = DisclosureSession(LONDON)
    session.remember(known)
    session.allow_repeats(known)
    [shown] = gated(table(36), rules, session).counts
    assert (shown.count, shown.until) == (35, before.last)
    [claim] = rules.known_counts(msgspec.structs.replace(table(), counts=(shown,)))
    assert claim.days == before.days


def test_what_is_made_is_made_of_published_counts_alone():
    def share(found):
        yield TableFigure(name="hours", value=found.count("hour", "0") / found.count("people"))

    shown = gated(table(103, (57, 46)), RULES._replace(made=share))
    assert [one.value for one in shown.figures] == [55 / 105]


def test_a_table_that_has_no_figures_gives_no_count_either():
    assert gated(table(100, (40, 60), missing="reading")).counts == ()


@pytest.mark.parametrize(("share", "shown"), [(0.777, 0.78), (0.094, None), (None, None)])
def test_a_share_of_fewer_than_may_be_counted_is_withheld(share, shown):
    figure = TableFigure(name="share", value=share, low=share, high=share)
    [one] = gated(table(100, figures=[figure])).figures
    assert one.cells == Interval(value=shown, low=shown, high=shown).cells


def test_later_editions_know_each_count_by_its_series():
    shown = gated(table(100, (40, 60)))
    days = START, END
    assert [*RULES.known_counts(shown)] == [
        PublishedCount(("hours", "a"), days, 100, TEXTS),
        PublishedCount(("hour", "a", "0"), days, 40, EVENTS, ("hours", "a")),
        PublishedCount(("hour", "a", "1"), days, 60, EVENTS, ("hours", "a")),
    ]
