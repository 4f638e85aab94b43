"""A quarter's sample for double coding, the labels of two people, and the shares they correct."""

import datetime

import asyncpg
import pytest

from api.jobs.edition_inputs import editions
from api.jobs.texts import double_coding as job
from survey.deployments import quarter_after, quarter_of
from survey.problems import Conflict, Invalid, NotFound
from survey.store import places
from survey.store.answers import erasure
from survey.store.themes import codebooks, double_coding
from survey.themes.double_coding import final_label
from survey.themes.double_coding import parse_label as form_label
from tests.stored import coded_twice
from tests.stored.coded_twice import DAY, QUARTER, code_as_person, insert_answers, label


@pytest.fixture
async def connection(db):
    return db.the_connection


@pytest.fixture
async def themes(connection):
    return await coded_twice.load_theme_ids(connection)


@pytest.fixture
async def people(connection):
    return await coded_twice.ensure_reviewers(connection)


async def load_sample(connection):
    """The sample of the quarter as it was drawn, without texts erased since."""
    return await connection.fetch(
        "SELECT text::text, stratum, probability FROM double_coding_texts WHERE quarter = $1"
        " ORDER BY stratum, text",
        QUARTER,
    )


async def test_a_quarter_is_drawn_once_with_its_seed_and_codebook(connection, themes):
    texts = await insert_answers(connection, [([themes[0]], "negative")] * 12)
    await job.draw_quarter_sample(connection, str(QUARTER))
    first = await load_sample(connection)
    assert {row["text"] for row in first} == set(texts)
    assert {row["probability"] for row in first} == {1.0}
    await insert_answers(connection, [([themes[1]], "positive")] * 3)
    await job.draw_quarter_sample(connection, str(QUARTER))
    assert await load_sample(connection) == first
    row = await connection.fetchrow("SELECT * FROM double_coding_samples")
    assert row["codebook"] == (await codebooks.get_newest(connection)).version
    assert row["texts"] == 12


async def test_the_stored_seed_gives_the_stored_sample_again(connection, themes):
    said = [([themes[n % 3]] if n % 7 else [themes[4]], "neutral") for n in range(420)]
    await insert_answers(connection, said)
    async with connection.transaction():
        await job.draw_sample(connection, QUARTER, seed=11)
        first = await load_sample(connection)
        await connection.execute("ALTER TABLE double_coding_samples DISABLE TRIGGER USER")
        await connection.execute("DELETE FROM double_coding_texts")
        await connection.execute("DELETE FROM double_coding_samples")
        await connection.execute("ALTER TABLE double_coding_samples ENABLE TRIGGER USER")
        await job.draw_sample(connection, QUARTER, seed=11)
    assert await load_sample(connection) == first
    assert len(first) == 300
    chance = {row["stratum"]: row["probability"] for row in first}
    assert chance[f"open/en/{themes[4]}"] > chance[f"open/en/{themes[1]}"]
    assert sum(1 / row["probability"] for row in first) == pytest.approx(420)


async def test_a_quarter_in_which_nobody_wrote_has_no_sample(connection):
    await job.draw_quarter_sample(connection, str(QUARTER))
    assert await connection.fetchval("SELECT count(*) FROM double_coding_samples") == 0


async def test_only_quarters_with_texts_and_without_a_sample_can_be_drawn(connection, themes):
    await insert_answers(connection, [([], "neutral")], day=datetime.date(2026, 7, 1))
    await insert_answers(connection, [([], "neutral")])
    today = datetime.date(2026, 11, 25)
    assert await double_coding.load_quarters_to_draw(connection, quarter_of(today)) == [
        datetime.date(2026, 7, 1),
        QUARTER,
    ]
    await job.draw_quarter_sample(connection, str(QUARTER))
    assert await double_coding.load_quarters_to_draw(connection, quarter_of(today)) == [
        datetime.date(2026, 7, 1)
    ]
    assert await double_coding.load_quarters_to_draw(connection, datetime.date(2026, 7, 1)) == []


async def test_an_erased_text_leaves_the_sample_and_its_labels_with_it(connection, themes, people):
    await insert_answers(connection, [([themes[0]], "negative")] * 4)
    await job.draw_quarter_sample(connection, str(QUARTER))
    for account in people[:2]:
        await code_as_person(connection, account, lambda text: label())
    reference = await connection.fetchval("SELECT reference FROM responses LIMIT 1")
    assert await erasure.erase(connection, reference)
    assert len(await load_sample(connection)) == 3
    assert await connection.fetchval("SELECT count(*) FROM labels") == 6


async def test_no_third_person_codes_a_text_and_nobody_codes_it_twice(connection, people):
    [text] = await insert_answers(connection, [([], "neutral")])
    await job.draw_quarter_sample(connection, str(QUARTER))
    await double_coding.insert_label(connection, text, label(), by=people[0])
    for account in (people[0], people[1], people[2]):
        mine = double_coding.insert_label(connection, text, label(), by=account)
        if account == people[1]:
            await mine
            continue
        with pytest.raises(Conflict, match="coded by two people, or by you"):
            await mine
    assert await double_coding.find_next_text(connection, people[2]) is None


async def test_a_label_of_a_text_that_is_in_no_sample_is_refused(connection, people):
    [text] = await insert_answers(connection, [([], "neutral")])
    async with connection.transaction():
        with pytest.raises(NotFound, match="not in a sample"):
            async with connection.transaction():
                await double_coding.insert_label(connection, text, label(), by=people[0])


@pytest.mark.parametrize("table", ["labels", "resolutions", "double_coding_texts"])
async def test_what_was_said_is_never_changed(table, connection, people):
    [text] = await insert_answers(connection, [([], "neutral")])
    await job.draw_quarter_sample(connection, str(QUARTER))
    for account in people[:2]:
        await double_coding.insert_label(connection, text, label(tone="neutral"), by=account)
    await double_coding.insert_resolution(connection, text, label(), "why", by=people[2])
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        async with connection.transaction():
            await connection.execute(f"UPDATE {table} SET text = text")


async def test_each_person_has_an_order_of_their_own(connection, people):
    await insert_answers(connection, [([], "neutral")] * 40)
    await job.draw_quarter_sample(connection, str(QUARTER))
    orders = []
    for account in people[:2]:
        seen = []
        await code_as_person(
            connection, account, lambda text, seen=seen: seen.append(text) or label()
        )
        orders.append(seen)
    assert sorted(orders[0]) == sorted(orders[1])
    assert orders[0] != orders[1]
    by_text = await load_sample(connection)
    assert orders[0] != [row["text"] for row in by_text]


async def test_nothing_opens_before_both_have_coded(connection, people):
    [text] = await insert_answers(connection, [([], "neutral")])
    await job.draw_quarter_sample(connection, str(QUARTER))
    await double_coding.insert_label(connection, text, label(), by=people[0])
    with pytest.raises(NotFound):
        await double_coding.get_pair(connection, text)
    await double_coding.insert_label(connection, text, label(tone="positive"), by=people[1])
    assert (await double_coding.get_pair(connection, text)).first.tone == "neutral"
    assert [one.text for one in await double_coding.load_disagreements(connection)] == [text]


# ---------------------------------------------------------------- the noun


def test_what_counts_is_agreement_or_the_third_decision():
    one, other = label(["a"]), label(["b"])
    assert final_label([one]) is None
    assert final_label([one, one]) == one
    assert final_label([one, other]) is None
    assert final_label([one, other], other) == other


INVALID_LABELS = [
    ("", ["none"], "praise", "label.incomplete"),
    ("neutral", [], "praise", "label.incomplete"),
    ("neutral", ["none", "a"], "praise", "label.contradictory"),
    ("neutral", ["b"], "praise", "label.theme"),
    ("glad", ["a"], "praise", "label.unknown"),
]


@pytest.mark.parametrize(("tone", "chosen", "kind", "code"), INVALID_LABELS)
def test_an_invalid_label_is_refused(tone, chosen, kind, code):
    with pytest.raises(Invalid) as refused:
        form_label(tone, chosen, kind, known=frozenset("a"))
    assert refused.value.code == code


def test_none_of_these_and_cannot_tell_are_two_things():
    known = frozenset("ab")
    assert form_label("unknown", ["none"], "praise", known=known).themes == ()
    assert form_label("unknown", ["unknown"], "praise", known=known).themes is None
    assert form_label("neutral", ["b", "a"], "praise", known=known).themes == ("a", "b")


def test_quarters_follow_each_other():
    assert quarter_of(datetime.date(2026, 12, 31)) == datetime.date(2026, 10, 1)
    assert quarter_after(datetime.date(2026, 10, 1)) == datetime.date(2027, 1, 1)


# ---------------------------------------------------------------- what it is for


async def insert_coded_quarter(connection, people, themes, *, wrong, quarter=QUARTER, number=240):
    """Texts coded by two people; the machine misses the theme of a share `wrong` of them."""
    truth, said = {}, []
    for n in range(number):
        theme = themes[n % 4]
        missed = n % 100 < 100 * wrong
        said.append(([] if missed else [theme], "negative"))
    texts = await insert_answers(connection, said, day=quarter + datetime.timedelta(days=40))
    truth = {text: [themes[n % 4]] for n, text in enumerate(texts)}
    await job.draw_quarter_sample(connection, str(quarter))
    for account in people[:2]:
        await code_as_person(connection, account, lambda text: label(truth[text], "negative"))
    return truth


async def make_monthly(connection, month=DAY):
    made, _ = await editions.make_edition(connection, "monthly", month.replace(day=1))
    return made


def theme_row(made, theme, stream="open"):
    rows = [one for one in made.themes if (one.theme, one.stream) == (theme, stream)]
    return next(one for one in rows if one.domain == made.city)


async def test_without_labels_a_share_is_called_a_machine_count(connection, themes):
    await insert_answers(connection, [([themes[0]], "negative")] * 20)
    made = await make_monthly(connection)
    one = theme_row(made, themes[0])
    assert (one.corrected, one.method, one.labels) == (False, "machine count", None)
    assert one.share == one.machine_share == 1.0
    assert any("Figures of themes are machine counts" in words for words in made.caveats)


@pytest.mark.slow
async def test_labels_put_the_share_of_a_theme_right(connection, people, themes):
    """Each theme is truly in a quarter of the texts; the machine finds about nine in ten."""
    await insert_coded_quarter(connection, people, themes, wrong=0.12)
    made = await make_monthly(connection)
    one = theme_row(made, themes[0])
    assert one.corrected
    assert one.labels == 240
    assert one.machine_share < 0.23
    assert one.low <= 0.25 <= one.high
    assert abs(one.share - 0.25) < 0.005
    assert made.reading == "passed"
    assert made.accuracy.alpha.value == 1.0


@pytest.mark.slow
async def test_texts_without_a_theme_count_as_labels(connection, people, themes):
    """Half the texts have no theme; the machine finds one in a tenth of those."""
    said = [([themes[0]] if n % 2 or n % 20 == 0 else [], "neutral") for n in range(200)]
    texts = await insert_answers(connection, said)
    truth = {text: [themes[0]] if n % 2 else [] for n, text in enumerate(texts)}
    await job.draw_quarter_sample(connection, str(QUARTER))
    for account in people[:2]:
        await code_as_person(connection, account, lambda text: label(truth[text]))
    one = theme_row(await make_monthly(connection), themes[0])
    assert one.labels == 200
    assert one.machine_share == pytest.approx(0.55)
    assert one.share == pytest.approx(0.50)


@pytest.mark.slow
async def test_cannot_tell_does_not_count_as_a_label(connection, people, themes):
    await insert_answers(connection, [([themes[0]], "neutral")] * 110)
    await job.draw_quarter_sample(connection, str(QUARTER))
    dark = form_label("unknown", ["unknown"], "unknown", known=frozenset(themes))
    turns = iter([dark] * 5 + [label([themes[0]])] * 105)
    labels = {}
    await code_as_person(connection, people[0], lambda text: labels.setdefault(text, next(turns)))
    await code_as_person(connection, people[1], labels.__getitem__)
    assert theme_row(await make_monthly(connection), themes[0]).labels == 105


@pytest.mark.slow
async def test_labels_of_an_earlier_quarter_correct_with_the_machine_believed_fully(
    connection, people, themes
):
    await insert_coded_quarter(connection, people, themes, wrong=0.12)
    said = [([themes[0]], "negative")] * 30 + [([], "neutral")] * 70
    await insert_answers(connection, said, day=datetime.date(2026, 8, 5))
    one = theme_row(await make_monthly(connection, datetime.date(2026, 8, 5)), themes[0])
    assert one.method.startswith("PPI++ (λ 1.00")
    assert one.machine_share == pytest.approx(0.30)
    assert one.share == pytest.approx(0.33, abs=0.011)


@pytest.mark.slow
async def test_labels_that_come_later_are_not_known_before(connection, people, themes):
    await insert_coded_quarter(connection, people, themes, wrong=0.12)
    await insert_answers(
        connection, [([themes[0]], "negative")] * 30, day=datetime.date(2026, 2, 10)
    )
    made = await make_monthly(connection, datetime.date(2026, 2, 10))
    assert not theme_row(made, themes[0]).corrected
    assert made.accuracy is None


@pytest.mark.slow
async def test_open_disagreements_keep_a_quarter_out_of_the_report(connection, people, themes):
    texts = await insert_answers(connection, [([themes[0]], "negative")] * 110)
    await job.draw_quarter_sample(connection, str(QUARTER))
    await code_as_person(connection, people[0], lambda text: label([themes[0]]))
    hard = set(texts[:12])
    await code_as_person(
        connection, people[1], lambda text: label([] if text in hard else [themes[0]])
    )
    assert not theme_row(await make_monthly(connection), themes[0]).corrected
    for text in hard:
        await double_coding.insert_resolution(
            connection, text, label([themes[0]]), "it is there", by=people[2]
        )
    assert theme_row(await make_monthly(connection), themes[0]).corrected


@pytest.mark.slow
async def test_a_drop_of_ten_points_withholds_the_themes(connection, people, themes):
    await insert_coded_quarter(connection, people, themes, wrong=0.0)
    later = datetime.date(2026, 7, 1)
    await insert_coded_quarter(connection, people, themes, wrong=0.15, quarter=later)
    made = await make_monthly(connection, datetime.date(2026, 8, 5))
    assert made.reading == "dropped"
    assert made.themes == ()
    assert any("themes are withheld" in words for words in made.caveats)
    assert (await job.judge_reading(connection))[0] == "dropped"


async def test_a_machine_below_the_mark_withholds_the_themes(connection, people, themes):
    await insert_coded_quarter(connection, people, themes, wrong=0.5)
    made = await make_monthly(connection)
    assert (made.reading, made.themes) == ("below", ())


async def test_few_labels_withhold_and_correct_nothing(connection, people, themes):
    await insert_coded_quarter(connection, people, themes, wrong=0.5, number=80)
    made = await make_monthly(connection)
    assert made.reading is None
    assert made.themes


async def test_the_machine_is_judged_for_each_group_of_writers(connection, people, themes):
    """The machine codes women's texts and misses men's; a group of ten texts is not shown."""
    heard, missed = ([themes[0]], "neutral"), ([], "neutral")
    for sex, read in (("female", heard), ("male", missed)):
        await insert_answers(connection, [read] * 40, answers={"sex": sex, "age": "25-34"})
    await insert_answers(connection, [heard] * 10, answers={"sex": "prefer_not_to_say"})
    await job.draw_quarter_sample(connection, str(QUARTER))
    for account in people[:2]:
        await code_as_person(connection, account, lambda text: label([themes[0]]))
    found = await job.quarter_results(
        connection, QUARTER, (await places.get_city(connection)).local_areas()
    )
    scores = {
        (one.kind, one.name): (one.f1.n, one.f1.value)
        for one in found.groups
        if one.kind in ("Age", "Sex", "Ethnicity")
    }
    assert scores == {
        ("Age", "25-34"): (80, 0.5),
        ("Sex", "female"): (40, 1.0),
        ("Sex", "male"): (40, 0.0),
    }
