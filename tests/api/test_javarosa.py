"""JavaRosa, the engine of ODK Collect, takes our forms and fills them in."""

import pytest

from survey.formats.xform import PhoneWords, to_phone_form
from survey.store import places
from survey.surveys.instruments import Calculate, Instrument, Integer, Repeat, SelectOne, Text
from survey.surveys.ready import load_ready_instruments, load_templates
from tests.api.pages.survey_of_everything import EVERYTHING, OPTIONS
from tests.api.pages.survey_of_files import FILE_SURVEY
from tests.files.uploads import jpeg
from tests.oracles import javarosa
from tests.stored.answers import load_answers

HACKNEY = "E09000012"
WORDS = PhoneWords({"en": "About"}, {"en": "Which borough?"}, {"en": "Which language?"})
BRANCHED = Instrument(
    slug="branched",
    version=1,
    mode="open",
    kind="survey",
    title={"en": "Branches"},
    summary={"en": "For trying out."},
    items=(
        SelectOne(name="which", text={"en": "Which?"}, options=OPTIONS, required=True),
        Text(name="why", text={"en": "Why?"}, relevant="${which} = 'two'", required=True),
        Integer(name="adults", text={"en": "Adults?"}, least=0, most=20, required=True),
        Calculate(name="twice", calculation="${adults} * 2"),
        Repeat(
            name="child",
            text={"en": "Child"},
            relevant="${adults} > 1",
            items=(
                Integer(name="age", text={"en": "Age?"}, least=0, most=17, constraint=". < 18"),
                Text(name="school", text={"en": "School?"}, relevant="${age} > 4"),
            ),
        ),
    ),
)
EVERY_ANSWER = {
    "borough_of_answers": HACKNEY,
    "which": "two",
    "several": "one three",
    "works": "dont_know",
    "polite": "2",
    "quick": "prefer_not_to_say",
    "safe": "0",
    "line": "A <b> & c",
    "times": "3",
    "far": "2.5",
    "day": "2007-02-01",
    "order": "two three one",
    "agreed": "OK",
}
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(javarosa.why_not()), reason=javarosa.why_not()),
]


@pytest.fixture
def fill(tmp_path):
    """Fills in a form with JavaRosa."""

    def filled(xform, answers):
        return javarosa.fill_form(xform, answers, tmp_path)

    return filled


async def test_every_form_that_we_give_to_phones_is_valid_for_their_engine(db, tmp_path):
    areas = (await places.get_city(db.the_connection)).local_areas()
    ours = [*load_ready_instruments(), *load_templates(), EVERYTHING, FILE_SURVEY, BRANCHED]
    for one in ours:
        form = to_phone_form(one, WORDS, {"en": "English", "ar": "العربية"}, areas)
        assert javarosa.faults_of_form(form, tmp_path) == "", one.slug


async def test_what_their_engine_filled_in_is_stored_as_it_was_answered(open_phone, fill, db):
    phone = await open_phone(EVERYTHING)
    sent = await phone.send(fill(await phone.load_form("everything"), EVERY_ANSWER))
    assert sent.status_code == 201, sent.text
    [row] = await load_answers(db.the_connection, "everything")
    assert row.area == HACKNEY
    assert row.answers == {
        "which": "two", "several": ["one", "three"], "works": "dont_know", "polite": 2,
        "quick": "prefer_not_to_say", "safe": 0, "times": 3, "far": 2.5, "day": "2007-02-01",
        "order": ["two", "three", "one"], "agreed": True,
    }  # fmt: skip


async def test_branches_and_repeats_of_their_engine_are_the_same_as_ours(open_phone, fill, db):
    phone = await open_phone(BRANCHED)
    form = await phone.load_form("branched")
    home = {"borough_of_answers": HACKNEY}
    children = {"child.2": "", "age.1": "3", "age.2": "9", "school.2": "Park"}
    for given in (
        home | {"which": "two", "why": "Because", "adults": "2"} | children,
        home | {"which": "one", "adults": "1"},
    ):
        sent = await phone.send(fill(form, given))
        assert sent.status_code == 201, sent.text
    first, second = sorted(
        [one.answers for one in await load_answers(db.the_connection, "branched")], key=len
    )[::-1]
    assert first == {"which": "two", "adults": 2, "twice": 4, "child": [{"age": 3}, {"age": 9}]}
    assert second == {"which": "one", "adults": 1, "twice": 2}
    assert (
        await db.the_connection.fetchval("SELECT body FROM texts WHERE item = 'school'") == "Park"
    )


async def test_their_form_brings_its_photos_in_several_requests(open_phone, fill, db):
    phone = await open_phone(FILE_SURVEY)
    answers = {"borough_of_answers": HACKNEY, "photo": "1.jpg", "line": "x", "seen": "2.jpg"}
    xml = fill(await phone.load_form("sending"), answers)
    for name in ("1.jpg", "2.jpg"):
        assert (await phone.send(xml, {name: jpeg()})).status_code == 201
    attached = "SELECT count(*) FROM attachments WHERE response IS NOT NULL"
    assert await db.the_connection.fetchval(attached) == 2
