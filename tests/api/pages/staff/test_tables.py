"""A table in no known format: its columns and words are said on pages, checked, imported, and kept
as a mapping for the next one.
"""

import csv
import datetime
import io

import pytest
from lxml import html

from api import clock
from survey.sources.mappings import read_mapping
from survey.store import deployments
from survey.store.editions import mappings
from tests.api.pages.forms import send
from tests.files.spreadsheets import ods
from tests.people import CINDY, JOAN

PUBLISHED = datetime.date(2024, 6, 1)
KNOWN = {f"known-{part}": str(getattr(PUBLISHED, part)) for part in ("day", "month", "year")}
SOURCE = "Force A: use of Taser by district"
ABOUT = {"source": SOURCE, "measure": "officer_reports"}


@pytest.fixture
async def cindy(signed_in):
    return await signed_in(CINDY)


def as_csv(rows, separator=","):
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows(rows)
    return text.getvalue().encode()


def as_xlsx(rows, before=()):
    from openpyxl import Workbook

    book = Workbook()
    first = book.active
    for name in before:
        first.title = name
        first.append(["A cover", "of this workbook"])
        first = book.create_sheet("Figures")
    for row in rows:
        first.append([int(cell) if cell.isdecimal() else cell for cell in row])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


LONG = [
    ["DISTRICT", "Month", "Type of use", "Uses"],
    ["Hackney", "Mar-24", "Taser drawn", "2"],
    ["Hackney", "Mar-24", "Taser fired", "1"],
    ["Brent", "Mar-24", "Taser drawn", "4"],
    ["Brent", "Mar-24", "Handcuffs", "9"],
]


class Walk:
    """Walks one file through the pages as a browser does: each form is sent with what it shows."""

    def __init__(self, client):
        self.client = client
        self.clicks = 0

    async def choose(self, name, content, kind="deployments"):
        self.clicks += 1
        form = {"kind": kind} | KNOWN
        answer = await send(self.client, "/work/files", form, files={"file": (name, content)})
        return await self.follow(answer)

    async def follow(self, answer):
        self.text, self.status = answer.text, answer.status_code
        if answer.status_code == 303:
            self.address = answer.headers["location"].partition("?")[0]
            self.text = (await self.client.get(answer.headers["location"])).text
        self.page = html.fromstring(self.text)
        return self

    @property
    def step(self):
        return self.address.rpartition("/")[2]

    def fields(self):
        form = next(f for f in self.page.forms if f.action == self.address and f.method == "POST")
        return {k: v for k, v in form.form_values() if k != "_csrf_token"}

    async def go(self, **typed):
        """Press the button of the page's form; what is typed by heading or word is put in place."""
        self.clicks += 1
        fields = self.fields() | {self.field(name): value for name, value in typed.items()}
        token = self.page.xpath("string(//input[@name='_csrf_token']/@value)")
        answer = await self.client.post(self.address, data={"_csrf_token": token} | fields)
        return await self.follow(answer)

    def field(self, name):
        found = self.page.xpath(
            "//*[self::th or self::span][normalize-space()=$name]/@id", name=name
        )
        return found[0].removeprefix("head-") if found else name

    def chosen(self):
        """The meaning of each column as it is filled in."""
        return {
            row.xpath("normalize-space(.//*[starts-with(@id, 'head-')])"): row.xpath(
                "string(.//option[@selected]/@value)"
            )
            for row in self.page.xpath("//tr[.//select]")
        }

    def words(self):
        return " ".join(self.page.text_content().split())


@pytest.fixture
def walk(cindy):
    return Walk(cindy)


async def stored_counts(db):
    day = clock.today()
    start = datetime.date(2000, 1, 1)
    found = await deployments.load_counts(db.the_connection, start, day, as_of=day)
    return {
        (
            c.count.area,
            str(c.count.start),
            str(c.count.end),
            c.count.tactic,
            c.count.group,
        ): c.count.count
        for c in found
    }


async def test_a_table_of_its_own_shape_comes_in_without_a_programmer(walk, db):
    await walk.choose("march.csv", as_csv(LONG))
    assert walk.step == "columns"
    assert walk.chosen() == {
        "DISTRICT": "area",
        "Month": "start",
        "Type of use": "tactic",
        "Uses": "count",
    }
    await walk.go(**ABOUT)
    assert walk.step == "words", walk.words()
    assert walk.chosen() == {
        "Taser drawn": "drawn",
        "Taser fired": "fired",
        "Handcuffs": "left out",
    }
    await walk.go()
    assert walk.step == "check", walk.words()
    assert "3 rows are used" in walk.words()
    await walk.go(save_as="Force A, monthly")
    assert walk.status == 200, walk.words()
    assert "Saved march.csv" in walk.words()
    assert await stored_counts(db) == {
        ("E09000005", "2024-03-01", "2024-03-31", "drawn", "all"): 4,
        ("E09000012", "2024-03-01", "2024-03-31", "drawn", "all"): 2,
        ("E09000012", "2024-03-01", "2024-03-31", "fired", "all"): 1,
    }


WIDE = [
    ["Area of force", "Month", "Drawn", "Fired"],
    ["Hackney", "2024-03-01", "2", "1"],
    ["Brent", "2024-03-01", "4", "0"],
]
MONTHS = [
    ["District", "Type of use", "Feb-24", "Mar-24"],
    ["Hackney", "Drawn", "3", "2"],
    ["Hackney", "Fired", "0", "1"],
    ["Brent", "Drawn", "1", "4"],
    ["Brent", "Fired", "0", "0"],
]
UNDATED = [[row[0], *row[2:]] for row in WIDE]
TITLES = [["Use of Taser by district, 1 March 2024 to 31 March 2024"], [""]]
WRAPPED = [["Area of", "", "Number of uses", ""], ["force", "Month", "Drawn", "Fired"]]
KINDS = {
    "csv": as_csv,
    "semicolons": lambda rows: as_csv(rows, ";"),
    "excel text": lambda rows: as_csv(rows, "\t").decode().encode("utf-16"),
    "xlsx": as_xlsx,
    "xlsx of sheets": lambda rows: as_xlsx(rows, before=("Cover",)),
    "ods": lambda rows: ods(Cover=[["Contents"]], Figures=as_cells(rows)),
}
MARCH = {
    ("E09000005", "2024-03-01", "2024-03-31", "drawn", "all"): 4,
    ("E09000012", "2024-03-01", "2024-03-31", "drawn", "all"): 2,
    ("E09000012", "2024-03-01", "2024-03-31", "fired", "all"): 1,
}


def as_cells(rows):
    return [[int(cell) if cell.isdecimal() else cell for cell in row] for row in rows]


async def finish(walk, **typed):
    """Press on to the end, and give what is on the last page."""
    while walk.address.startswith("/work/files/tables/") and walk.status == 303:
        await walk.go(**(typed if walk.step == "columns" else {}))
    return walk.words()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("rows", "dated"),
    [
        (LONG, True),
        (WIDE, True),
        (MONTHS, True),
        (UNDATED, False),
        (TITLES + WIDE, True),
        (TITLES + UNDATED, False),
        (TITLES + WRAPPED + WIDE[1:], True),
    ],
    ids=["long", "wide", "months", "no day", "titles", "day in title", "wrapped headings"],
)
async def test_every_kind_of_file_in_every_shape(walk, db, kind, rows, dated):
    await walk.choose("table", KINDS[kind](rows))
    days = {} if dated else {"first-day": "1", "first-month": "3", "first-year": "2024"}
    if not dated and rows is not UNDATED:
        assert walk.page.xpath("string(//input[@name='last-day']/@value)") == "31"
    days |= {} if dated else {"last-day": "31", "last-month": "3", "last-year": "2024"}
    said = await finish(walk, **ABOUT, **days)
    assert "Saved table" in said, said
    found = {key: n for key, n in (await stored_counts(db)).items() if key[1] == "2024-03-01"}
    assert {key: n for key, n in found.items() if n} == MARCH


@pytest.mark.parametrize(
    ("drawn", "right"), [("6", True), ("", True), ("7", False), ("six", False), ("15", False)]
)
async def test_a_total_that_is_typed_is_compared_and_a_reason_asked_for(walk, db, drawn, right):
    await walk.choose("march.csv", as_csv(LONG))
    await walk.go(**ABOUT)
    await walk.go()
    await walk.go(**{"Drawn, officers’ reports": drawn})
    assert ("Saved march.csv" in walk.words()) is right, walk.words()
    if right:
        return
    assert walk.status == 422
    assert walk.page.xpath("string(//input[@id='total0']/@value)") == drawn
    if drawn.isdecimal():
        assert f"stated {drawn}, read 6" in walk.words()
        await walk.go(why="The publisher counts one that it withdrew later.")
        assert "Saved march.csv" in walk.words()
        (stored,) = await deployments.load_imports(db.the_connection)
        assert stored.notes[-1].endswith("The publisher counts one that it withdrew later.")


@pytest.mark.parametrize(("total", "right"), [("7", True), ("8", False)])
async def test_a_row_of_totals_is_checked_and_not_added(walk, db, total, right):
    rows = [[row[0], row[1], "Taser drawn", row[3]] for row in LONG[:4]]
    await walk.choose("t.csv", as_csv([*rows, ["All districts", "Mar-24", "Taser drawn", total]]))
    said = await finish(walk, **ABOUT)
    assert ("Saved t.csv" in said) is right, said
    if not right:
        assert "stated 8, read 7" in said
        await walk.go(why="The publisher rounds its totals.")
    assert sum((await stored_counts(db)).values()) == 7


@pytest.mark.parametrize("decision", ["E09000012", "left out", "others"])
async def test_an_unknown_area_is_decided_on(walk, db, decision):
    rows = [*LONG, ["Camberwick", "Mar-24", "Taser fired", "5"]]
    await walk.choose("t.csv", as_csv(rows))
    await walk.go(**ABOUT)
    await walk.go()
    assert walk.status == 422
    assert "Select what “Camberwick” is" in walk.words()
    await walk.go(**({"others": "yes"} if decision == "others" else {"Camberwick": decision}))
    assert walk.step == "check", walk.words()
    if decision != "E09000012":
        assert "Camberwick 1 5" in walk.words()
    await walk.go()
    fired = (await stored_counts(db))["E09000012", "2024-03-01", "2024-03-31", "fired", "all"]
    assert fired == (6 if decision == "E09000012" else 1)


async def test_the_next_file_is_read_by_the_saved_mapping_and_so_is_another_installations(
    walk, db, cindy
):
    await walk.choose("march.csv", as_csv(LONG))
    await walk.go(**ABOUT)
    await walk.go()
    await walk.go(save_as="Force A, monthly")
    april = [[cell.replace("Mar-24", "Apr-24") for cell in row] for row in LONG]
    await walk.choose("april.xlsx", as_xlsx([*TITLES, *april], before=("Cover",)))
    assert walk.step == "check", walk.words()
    assert "1 April 2024 to 30 April 2024" in walk.words()
    await walk.go()
    assert len(await deployments.load_imports(db.the_connection)) == 2
    (saved,) = await mappings.load_saved(db.the_connection)
    assert saved.name == "Force A, monthly"
    address = f"/work/files/mappings/{saved.id}/mapping.toml"
    exported = (await cindy.get(address)).content
    assert read_mapping("m.toml", exported) == saved.mapping
    taken = {"file": ("m.toml", exported)}
    same = await send(cindy, "/work/files/mappings", {"name": saved.name}, files=taken)
    assert same.status_code == 409
    await send(cindy, "/work/files/mappings/delete", {"id": str(saved.id)})
    assert (await cindy.get(address)).status_code == 404
    await send(cindy, "/work/files/mappings", {"name": "From B"}, files=taken)
    may = [[cell.replace("Mar-24", "May-24") for cell in row] for row in LONG]
    await walk.choose("may.csv", as_csv(may))
    assert walk.step == "check", walk.words()


async def test_a_saved_mapping_without_days_asks_for_them_alone(walk):
    days = {"first-day": "1", "first-month": "3", "first-year": "2024"}
    days |= {"last-day": "31", "last-month": "3", "last-year": "2024"}
    await walk.choose("march.csv", as_csv(UNDATED))
    await walk.go(**ABOUT, **days)
    await walk.go(save_as="Monthly")
    assert "Saved march.csv" in walk.words()
    await walk.choose("april.csv", as_csv(UNDATED))
    assert walk.step == "columns"
    assert walk.page.xpath("string(//input[@name='source']/@value)") == SOURCE
    await walk.go()
    assert walk.status == 422
    assert "Enter the first day" in walk.words()


async def test_a_held_file_is_its_own_persons_and_can_be_deleted(walk, cindy, signed_in, db):
    await walk.choose("march.csv", as_csv(LONG))
    last = "SELECT act FROM audit ORDER BY id DESC LIMIT 1"
    assert await db.the_connection.fetchval(last) == "table held"
    assert "march.csv" in (await cindy.get("/work/files")).text
    joan = await signed_in(JOAN)
    assert (await joan.get(walk.address)).status_code == 404
    await send(cindy, walk.address.replace("/columns", "/delete"))
    assert (await cindy.get(walk.address)).status_code == 404
    for _ in range(mappings.MOST_HELD):
        await walk.choose("march.csv", as_csv(LONG))
        assert walk.status == 303
    await walk.choose("march.csv", as_csv(LONG), kind="table")
    assert walk.status == 409


async def test_a_file_that_is_no_table_is_refused_as_before(walk):
    for content in (b"only words", b"\0\1,2", b"PK\3\4 broken", b"%PDF-1.4 a,b"):
        await walk.choose("f", content)
        assert walk.status == 422, content


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"source": ""}, "source"),
        ({"measure": ""}, "measure"),
        ({"Uses": "area"}, "m3"),
        ({"DISTRICT": ""}, "area"),
        ({"Month": ""}, "first-day"),
        ({"Month": "days"}, "period"),
        ({"Uses": "of:nothing"}, "m3"),
    ],
)
async def test_what_is_missing_is_asked_for_and_what_was_chosen_stays(walk, typed, field):
    await walk.choose("march.csv", as_csv(LONG))
    await walk.go(**ABOUT | {"source": "Force B: uses"} | typed)
    assert walk.status == 422
    assert walk.page.xpath(f"//a[@href='#{field}']"), walk.words()
    kept = walk.page.xpath("string(//input[@name='source']/@value)")
    assert kept == typed.get("source", "Force B: uses")


async def test_another_sheet_and_row_can_be_chosen(walk, cindy):
    content = as_xlsx([["Note", "x"], *WIDE], before=("Cover",))
    await walk.choose("t.xlsx", content)
    other = await cindy.get(walk.address + "?sheet=Cover&row=1&rows=1")
    assert "A cover" in other.text
    same = await cindy.get(walk.address + "?sheet=Figures&row=99999999999&rows=x")
    assert same.status_code == 200


async def test_the_mets_file_comes_in_with_its_totals(walk, shared, db):
    file = shared / "data/deployments/mps_uof_by_borough_month_fy23-24.csv"
    await walk.choose(file.name, file.read_bytes(), kind="table")
    await walk.go(source="Met, by hand", measure="officer_reports")
    totals = {"Any use of a Taser, officers’ reports": "5,480"}
    totals["Any use of force, officers’ reports"] = "101,558"
    while walk.step != "check":
        await walk.go()
    await walk.go(**totals)
    assert "Saved mps_uof" in walk.words(), walk.words()
    found = await stored_counts(db)
    for tactic, total in (("ced", 5_480), ("force", 101_558)):
        assert sum(n for key, n in found.items() if key[3:] == (tactic, "all")) == total
    assert walk.clicks <= 5


async def test_a_table_of_the_home_office_comes_in_by_hand(walk, shared, db):
    name = "police-use-of-force-apr2019-mar2020-hosb3720-tables.ods"
    file = shared / "data/deployments/homeoffice" / name
    await walk.choose(name, file.read_bytes(), kind="table")
    assert "Sheet “Table_13”, with its headings in row 4" in walk.words()
    await walk.go(source="Home Office, by hand", measure="officer_reports")
    await walk.go(others="yes")
    assert walk.step == "check", walk.words()
    assert "totals in its own rows. All agree." in walk.words()
    await walk.go()
    assert f"Saved {name}" in walk.words(), walk.words()
    found = await stored_counts(db)
    met = "E23000001", "2019-04-01", "2020-03-31", "ced", "all"
    assert found[met] == 10_068
