"""Tables of the years since 2020/21, made in the shape of their publication's words.

No file of these years could be had: the fixtures have the tables of 2019/20 with the years,
spellings, notes and marks that the publication's pages speak of. Never run on the original.
"""

import datetime
import io
import itertools
import zipfile

import pytest

from survey.problems import Invalid
from survey.sources import formats, home_office, open_table
from survey.store import deployments
from tests.files.spreadsheets import ods
from tests.london import CITY

MET, CITY_FORCE = "E23000001", "E23000034"
YEARS = ("2020/21", "2021/22", "2022/23", "2023/24", "2024/25")
TACTICS = ("drawn", "aimed", "red_dotted", "arced", "drive_stunned", "fired")
REST = ("angled_drive_stunned", "not_stated")
FORMS = {
    # The tables of 2019/20 with a later year.
    "as before": (
        ["Drawn ", "Aimed", "Red-dot", "Arced", "Drive stun", "Fired", "Angled drive stun"],
        "Police force",
        "Financial year",
        "CED not \nstated",
        "Table 13. Use of CED by type and police force: 1 April 2017 to 31 March {end}",
        str,
    ),
    # With the notes and words that the publisher's other tables have had since 2021.
    "accessible": (
        ["Drawn", "Aimed", "Red dot [note 3]", "Arced", "Drive-stun", "Fired", "Angle drive stun"],
        "Force name",
        "Year ending",
        "Not stated [note 4]",
        "Table 13: Use of conducted energy devices (CED) by type and police force, year ending "
        "March 2018 to March {end} [note 1]",
        lambda year: f"Year ending March 20{year[-2:]}",
    ),
}


def uses_of(year):
    """Eight made-up counts of a year, by tactic."""
    return {t: int(year[2:4]) + n for n, t in enumerate((*TACTICS, *REST))}


def workbook(years, form, *, revised="", btp=True):
    """A workbook of some years; `revised` is a year in which the Met fired five times more."""
    types, force, year_heading, not_stated, title, write_year = FORMS[form]
    end = f"20{max(years)[-2:]}"
    rows = []
    for year in years:
        uses = uses_of(year)
        if year == revised:
            uses["fired"] += 5
        fired = f"{uses['fired']} [r]" if year == revised and form == "accessible" else None
        cells = [sum(uses.values()), *uses.values()]
        if fired:
            cells[1 + TACTICS.index("fired")] = fired
        names = ["Metropolitan Police" if form == "accessible" else "Metropolitan"]
        if btp and year >= "2023/24":
            names.append("British Transport Police [note 5]")
        rows += [[write_year(year), "London", name, *cells] for name in names]
        rows.append([write_year(year), "London", "*Total London", 9_999, *[0] * 8])
    return ods(
        Contents=[["Contents"]],
        Table_13=[
            [title.format(end=end)],
            ["This worksheet contains one table."],
            [year_heading, "Region", force, "Total", *types, not_stated],
            *rows,
        ],
    )


def read(content, name="tables.ods", known=datetime.date(2026, 6, 4)):
    return formats.read_import(name, content, city=CITY, known_on=known)


def by_year(found, area=MET):
    """The counts by tactic of each year that begins in April."""
    years = {}
    for c in found.counts:
        if (c.area, c.group, c.measure) == (area, "all", "officer_reports"):
            assert (c.start.month, c.start.day, c.end.month, c.end.day) == (4, 1, 3, 31)
            years.setdefault(f"{c.start.year}/{c.end.year % 100}", {})[c.tactic] = c.count
    return years


@pytest.mark.parametrize("btp", [True, False])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("years", [(year,) for year in YEARS] + [YEARS, YEARS[-2:]])
def test_every_year_form_and_force(years, form, btp):
    found = read(workbook(years, form, btp=btp))
    assert by_year(found) == {
        year: {**uses_of(year), "ced": sum(uses_of(year).values())} for year in years
    }
    assert {c.area for c in found.counts} == {MET}
    seen = btp and max(years) >= "2023/24"
    assert (home_office.OTHER_FORCE_NOTE in found.notes) == seen


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("cell", [3, 9])
def test_a_total_that_its_types_do_not_give_is_refused(form, cell):
    content = workbook(YEARS, form)
    before = sum(uses_of("2024/25").values())
    wrong = ods_with(content, f'office:value="{before}"', f'office:value="{before + cell}"')
    with pytest.raises(Invalid) as refusal:
        read(wrong)
    assert f"is {before + cell}, the types give {before}" in refusal.value.sentence


def ods_with(content, old, new):
    """The same workbook with some text changed everywhere."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(changed, "w") as after:
        for name in before.namelist():
            after.writestr(name, before.read(name).replace(old.encode(), new.encode()))
    return changed.getvalue()


def test_a_title_of_several_years_needs_a_year_in_each_row():
    table = [
        ["Table 13: Use of CED by type and police force, year ending March 2018 to March 2025"]
    ]
    headings = ["Police force", "Total", *FORMS["as before"][0], "Not stated"]
    row = ["Metropolitan", 8, *[1] * 8]
    with pytest.raises(Invalid, match="no period was found"):
        read(ods(Table_13=[*table, headings, row]))


@pytest.mark.parametrize(
    ("title", "measure"),
    [
        ("Table 12: Incidents by police force, year ending March 2023", "incidents"),
        (
            "Table 12: Use of force reports by police force, year ending March 2024",
            "officer_reports",
        ),
        ("Table 2a: Number of reports by police force, year ending March 2025", "officer_reports"),
    ],
)
def test_incidents_and_reports_are_two_measures(title, measure):
    """The publication counted incidents until 2022/23, and reports since."""
    sheet = [[title], [], ["Region", "Police force", "Total"], ["London", "Metropolitan", 150_000]]
    year = title[-4:]
    found = read(
        ods(
            Table_12=sheet,
            Table_13=[
                [
                    f"Use of CED by type and police force: 1 April "
                    f"{int(year) - 1} to 31 March {year}"
                ],
                ["Police force", "Total", *FORMS["as before"][0], "Not stated"],
                ["Metropolitan", 8, *[1] * 8],
            ],
        )
    )
    force = [c for c in found.counts if c.tactic == "force"]
    assert [(c.measure, c.count, str(c.end)) for c in force] == [
        (measure, 150_000, f"{year}-03-31")
    ]


@pytest.mark.parametrize("form", FORMS)
async def test_a_second_edition_revises_a_year_and_the_first_is_kept(db, form):
    """What the second edition of 2024/25 did in June 2026, by the rules that every file follows."""
    first = read(workbook(YEARS, form), "first.ods", datetime.date(2025, 11, 20))
    second = read(workbook(YEARS, form, revised="2024/25"), "second.ods")
    connection = db.the_connection
    await deployments.save(connection, first)
    number = await deployments.save(connection, second)
    restated = await deployments.load_restated_counts(connection, number)
    spans = datetime.date(2024, 4, 1), datetime.date(2025, 3, 31)
    then = await deployments.load_counts(connection, *spans, as_of=first.known_on)
    now = await deployments.load_counts(connection, *spans, as_of=second.known_on)
    assert {(c.tactic, c.now - c.was, c.start.year, c.published) for c in restated} == {
        ("fired", 5, 2024, True),
        ("ced", 5, 2024, True),
    }
    fired = [
        next(c.count.count for c in known if c.count.tactic == "fired") for known in (then, now)
    ]
    assert fired == [uses_of("2024/25")["fired"], uses_of("2024/25")["fired"] + 5]
    marked = [note for note in second.notes if "marks as revised" in note]
    assert len(marked) == (form == "accessible")


HEADS = {
    "words": (
        "Financial year",
        "Police force",
        "CED use",
        "Age",
        "Gender",
        "Ethnicity",
        "CED model",
    ),
    "names": (
        "financial_year",
        "police_force",
        "ced_use",
        "age_group",
        "sex",
        "ethnic group",
        "model",
    ),
}
REPORTS = (
    ("Metropolitan", "Fired", "18 to 34", "Male", "Black (or Black British)", "Taser 7"),
    ("Metropolitan", "Red-dot", "11 - 17 years", "Female", "White", "TASER® 10"),
    ("Metropolitan", "Not used", "35 - 49 years", "Male", "White", ""),
    ("Metropolitan", "CED not stated", "65 and over", "Other", "Chinese", "X3"),
    ("London, City of", "Drawn", "Under 11", "Male", "Mixed", "X2"),
    ("British Transport Police", "Aimed", "18 to 34", "Male", "White", "X2"),
    ("Kent", "Aimed", "18 to 34", "Male", "White", "X2"),
)


def open_csv(head, year, *, counted, model, separator=","):
    headings = [*HEADS[head][: None if model else -1], *(["Number of reports"] if counted else [])]
    lines = [headings]
    for report in REPORTS:
        cells = [year, *report[: None if model else -1]]
        lines.append([*cells, *(["3"] if counted else [])])
    quote = '"{}"'.format
    return "\n".join(separator.join(map(quote, line)) for line in lines).encode()


@pytest.mark.parametrize(
    ("head", "year", "counted", "model"),
    [*itertools.product(HEADS, ("2023/24", "2024-25"), (False, True), (False, True))],
)
def test_the_open_table_is_added_up_by_force_and_year(head, year, counted, model):
    found = read(open_csv(head, year, counted=counted, model=model), "open.csv")
    many = 3 if counted else 1
    assert found.source == open_table.SOURCE
    assert found.origin == "reports"
    start = datetime.date(int(year[:4]), 4, 1)
    met = {(c.tactic, c.group): c.count for c in found.counts if (c.area, c.start) == (MET, start)}
    assert met["force", "all"] == 4 * many
    assert met["ced", "all"] == 3 * many == sum(met[t, "all"] for t in (*TACTICS, *REST))
    assert met["fired", "ethnicity_officer:black"] == many
    assert met["ced", "ethnicity_officer:asian"] == many
    assert met["red_dotted", "age:11-17"] == met["force", "age:65+"] == many
    models = {g: n for (t, g), n in met.items() if g.startswith("model:") and t == "ced"}
    assert models == ({"model:t7": many, "model:t10": many, "model:unknown": many} if model else {})
    for dimension in ("age", "sex", "ethnicity_officer"):
        of = [n for (t, g), n in met.items() if t == "ced" and g.startswith(dimension)]
        assert sum(of) == 3 * many
    assert not [key for key in met if key[0] == "force" and key[1].startswith("model:")]
    assert home_office.OTHER_FORCE_NOTE in found.notes
    assert any("'X3' (1 rows)" in note for note in found.notes) == model


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("Fired", "Launched", "row 2, column 'ced use': 'Launched' is not a use of a device"),
        ("Fired", "Total", "'Total' is not a use of a device"),
        ("2024/25", "2024/26", "row 2, column 'financial year'"),
        ("2024/25", "2030/31", "2031-03-31 is after 2026-06-04"),
        ("Metropolitan", "Kent", "reports of a police force of London"),
    ],
)
def test_the_open_table_refuses_and_names_the_cell(old, new, words):
    content = open_csv("words", "2024/25", counted=False, model=True)
    changed = content.replace(old.encode(), new.encode())
    if old == "Metropolitan":
        changed = changed.replace(b"London, City of", b"Kent")
    with pytest.raises(Invalid) as refusal:
        read(changed, "open.csv")
    assert words in f"{refusal.value.sentence} {refusal.value.remedy}"


def test_more_than_twenty_unknown_models_are_another_file():
    head, *rows = open_csv("words", "2024/25", counted=False, model=True).decode().splitlines()
    many = [rows[0].replace("Taser 7", f"Model {n}") for n in range(21)]
    with pytest.raises(Invalid) as refusal:
        read("\n".join([head, *many]).encode(), "open.csv")
    assert "words of model" in refusal.value.remedy
