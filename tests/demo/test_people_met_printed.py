"""The chapter of people the police met as the demonstration prints it: each sentence and figure is
compared with who was asked, what they said, and what was planted.
"""

import datetime
import re
from collections import Counter

import pytest
from lxml import html

from analysis.statistics.rates import clopper_pearson
from api import clock
from api.editions.chapters import encounters as printed
from api.jobs import kinds
from demo.command import ask_people_met
from demo.simulation import encounters
from demo.simulation.comparisons import true_share
from demo.steps import make_and_publish
from survey.deployments import month_end
from survey.store import places

MONTH = kinds.last_month(clock.today())
DIMENSIONS = {"Age": "age", "Sex": "sex", "Kind of encounter": "kind", "Borough": "area"}


class AskedPeople:
    """Who was asked in each wave and when, and the codes of those who answered, as simulated."""

    def __init__(self, patched):
        self.waves, self.used, self.encounters = [], set(), []
        answer_wave, use = encounters.answer_wave, encounters.limits.use_codes
        made_up = encounters.made_up_encounter

        async def remember_wave(connection, chance, made_on, people):
            self.waves.append((made_on, people))
            await answer_wave(connection, chance, made_on, people)

        async def remember_used(connection, slug, used):
            self.used |= {one.code_digest for one in used}
            await use(connection, slug, used)

        def remember_encounter(chance, number, made_on):
            self.encounters.append(made_up(chance, number, made_on))
            return self.encounters[-1]

        patched.setattr(encounters, "answer_wave", remember_wave)
        patched.setattr(encounters.limits, "use_codes", remember_used)
        patched.setattr(encounters, "made_up_encounter", remember_encounter)

    @property
    def asked(self):
        return [one for _, people in self.waves for one in people]

    @property
    def answered(self):
        return [one for one in self.asked if one.code_digest in self.used]

    @property
    def days(self):
        """The days of the encounters that somebody was asked about."""
        return [
            one.day
            for made_on, _ in self.waves
            for one in self.encounters
            if one.reference.startswith(f"CAD{made_on:%m%d}-")
            and not one.against
            and (made_on - one.day).days >= encounters.RULES.wait
        ]

    def shares_of(self, dimension, name):
        """The share of a group among those asked and among those who answered."""
        return [
            sum(groups_of(one)[dimension].lower() == name.lower() for one in people) / len(people)
            for people in (self.asked, self.answered)
        ]


def groups_of(one):
    return {"kind": one.kind, "area": one.area, **one.groups}


def in_words(node):
    return " ".join(node.text_content().split()).replace("\N{NO-BREAK SPACE}", " ")


def number(text):
    return int(text.replace(",", ""))


def nearest_5(count):
    return 5 * round(count / 5)


def day_of(text):
    for form in ("%d %B %Y", "%d %b %Y"):
        try:
            return datetime.datetime.strptime(text.replace("Sept ", "Sep "), form).date()  # noqa: DTZ007
        except ValueError:
            continue
    raise AssertionError(text)


@pytest.fixture
async def found(db, client, monkeypatch):
    """The people of the simulation, and the two sections of the chapter on the page."""
    people = AskedPeople(monkeypatch)
    await ask_people_met(db.the_connection, 2007)
    await make_and_publish(db.the_connection, "monthly", MONTH)
    page = html.fromstring((await client.get(f"/reports/monthly/{MONTH}")).text)
    return people, [page.xpath(f'//section[@aria-labelledby="{key}"]')[0]
                    for key in ("met-1", "met-asked-1")]  # fmt: skip


def sentences_of(section):
    """Its paragraphs in order: stream, words, words for statisticians, notes of tables."""
    return [in_words(one) for one in section.xpath('.//p[starts-with(@class, "govuk-body")]')]


def tables_of(section):
    """The rows of each table of a section, by its caption."""
    return {
        in_words(one.xpath("./caption")[0]): [
            [in_words(cell) for cell in row.xpath("./th|./td")] for row in one.xpath("./tbody/tr")
        ]
        for one in section.xpath(".//table")
    }


async def count_given(connection):
    """How often each answer was given to each question by the end of the month."""
    rows = await connection.fetch(
        "SELECT answers FROM responses WHERE instrument = $1 AND received_at < $2",
        encounters.SLUG,
        clock.midnight(month_end(MONTH) + datetime.timedelta(days=1)),
    )
    given, bases = Counter(), Counter()
    for row in rows:
        for item, answer in row["answers"].items():
            bases[item] += 1
            given.update((item, one) for one in (answer if isinstance(answer, list) else [answer]))
    return given, bases


@pytest.mark.slow
async def test_each_sentence_about_who_was_asked_is_true(found):
    people, sections = found
    _stream, asked, who, waves, came, rounded, *_bases = sentences_of(sections[0])
    assert who == printed.WHO_THEY_ARE
    assert rounded == f"{printed.ROUNDED} {printed.NOT_COVERED}"
    assert day_of(re.fullmatch(r"These answers came by (.+)\.", came)[1]) == month_end(MONTH)
    how_many, first, last = re.fullmatch(
        r"They were asked in (\d+) waves, about encounters of (.+) to (.+)\.", waves
    ).groups()
    assert number(how_many) == len(people.waves)
    assert (day_of(first), day_of(last)) == (min(people.days), max(people.days))
    assert len(people.days) == len(people.asked)
    answered, some, until = re.fullmatch(
        r"About ([\d,]+) of about ([\d,]+) people had answered by (.+)\.", asked
    ).groups()
    assert (number(some), number(answered)) == (
        nearest_5(len(people.asked)),
        nearest_5(len(people.answered)),
    )
    assert day_of(until) == clock.today()
    _stream, _short, never, *_ = sentences_of(sections[1])
    names = never.removeprefix("Never asked: ").removesuffix(".").split("; ")
    rules = [rule for rule, words in printed.NEVER_ASKED.items() if words in names]
    assert len(rules) == len(names)
    assert {rule for one in people.encounters for rule in one.against} <= set(rules)


@pytest.mark.slow
async def test_each_share_is_of_the_stored_answers_and_near_the_truth(found, db):
    _, (section, _) = found
    given, bases = await count_given(db.the_connection)
    tables, missed = tables_of(section), []
    options = {item: (text, shares) for item, (text, shares) in encounters.TRUTH.items()}
    options["done"] = encounters.DONE_TEXT, encounters.DONE
    assert set(tables) == {text for text, _ in options.values()}
    for item, (text, shares) in options.items():
        assert f"About {nearest_5(bases[item])} people answered this question." in in_words(section)
        assert [row[0] for row in tables[text]] == list(shares)
        for words, people, share in tables[text]:
            count = given[item, encounters.option_name(words)]
            assert number(people) == nearest_5(count)
            middle, low, high = [int(one) / 100 for one in re.findall(r"\d+", share)]
            assert middle == round(number(people) / nearest_5(bases[item]), 2)
            exact = clopper_pearson(count, bases[item], 0.025)
            assert low <= exact[0] + 0.005
            assert high >= exact[1] - 0.005
            if not low - 0.005 <= true_share(item, words) <= high + 0.005:
                missed.append(words)
    assert missed[1:] == []  # eleven intervals of 95%, of rounded counts, which makes them wider


@pytest.mark.slow
async def test_what_became_of_those_asked_is_as_recorded_and_the_rates_follow(found):
    people, (_, section) = found
    tables = tables_of(section)
    rows = {row[0]: row[1] for row in tables["What became of the people asked"]}
    letters = {re.search(r"\((\w+)\)$", name)[1]: number(text) for name, text in rows.items()
               if name != "Asked" and text[0].isdigit()}  # fmt: skip
    asked, answered = nearest_5(len(people.asked)), nearest_5(len(people.answered))
    assert number(rows["Asked"]) == asked
    assert letters["I"] == answered
    assert (letters["R"], letters["UO"], letters["NE"]) == tuple(
        nearest_5(encounters.OUTCOMES[name]) for name in ("refused", "undelivered", "ineligible")
    )
    silent = asked - answered - letters["R"] - letters["UO"] - letters["NE"]
    assert letters["UH"] == silent
    known = answered + letters["R"]
    e = known / (known + letters["NE"])
    true = {
        "RR1": answered / (asked - letters["NE"]),
        "RR3": answered / (known + e * (silent + letters["UO"])),
        "COOP1": answered / known,
        "e": e,
    }
    true |= {"RR2": true["RR1"], "RR4": true["RR3"], "COOP2": true["COOP1"]}
    shown = {
        re.search(r"\((\w+)\)$", name)[1]: float(share.rstrip("%")) / 100
        for name, share in tables["Response rates"]
    }
    assert shown == pytest.approx(true, abs=0.006)


@pytest.mark.slow
async def test_who_is_short_is_short_and_each_group_is_as_large_as_it_is_said(found, db):
    people, (_, section) = found
    _stream, short, _never, since, *_notes = sentences_of(section)
    assert day_of(re.fullmatch(r"Counted since (.+)\.", since)[1]) == people.waves[0][0]
    dimension, group, asked, answered = re.fullmatch(
        r"Furthest short of \d+ groups \((.+)\): (.+)\. They are (\d+)% of those asked and "
        r"(\d+)% of those who answered\.",
        short,
    ).groups()
    by = {words.lower(): name for words, name in DIMENSIONS.items()}[dimension]
    codes = {
        area.name: area.code for area in (await places.get_city(db.the_connection)).local_areas()
    }
    shares = people.shares_of(by, codes.get(group, group))
    assert [int(asked) / 100, int(answered) / 100] == pytest.approx(shares, abs=0.02)
    for caption, rows in tables_of(section).items():
        of = DIMENSIONS.get(caption.removesuffix(": asked and answered"))
        for name, *counts in rows if of else []:
            true = people.shares_of(of, codes.get(name, name))
            # No other group is further short, but for rounding.
            assert true[0] - true[1] <= shares[0] - shares[1] + 0.02
            for text, share, everybody in zip(
                counts, true, (people.asked, people.answered), strict=True
            ):
                count, per_cent = re.fullmatch(r"([\d,]+) \((\d+)%\)", text).groups()
                assert number(count) == nearest_5(share * len(everybody))
                assert int(per_cent) / 100 == pytest.approx(share, abs=0.02)
