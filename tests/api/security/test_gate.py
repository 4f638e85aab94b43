"""Every route with figures shows only what the disclosure gate let through; known counts are
planted and searched for.
"""

import ast
import collections
import datetime
import functools
import hashlib
import inspect
import io
import re
from pathlib import Path

import msgspec
import pypdfium2
import pytest

from analysis.editions import gate
from api.jobs.edition_inputs import editions
from api.operations import imports
from survey.editions import SafeEdition
from survey.editions.actions import Alert, EditionFinding
from survey.editions.caseload import ComplaintRatio
from survey.editions.figures import QualityNote
from tests.house.trees import nodes_of
from tests.people import CINDY
from tests.stored.published_editions import publish_saved, save_and_publish

ROOT = Path(__file__).parents[3]
WEEK = datetime.date(2008, 3, 3)
KNOWN = datetime.date(2008, 6, 1)
HEAD = "source,start,end,area,measure,tactic,group,count\n"
PLANTED = {("Hackney", "drawn"): 1237, ("Camden", "fired"): 3, ("Barnet", "aimed"): 41}

# Routes that show figures: stored editions, and tables that publishers released themselves.
SHOW_FIGURES = {
    "/": "the newest edition",
    "/reports": "the list",
    "/reports/{kind:str}/{start:date}": "an edition",
    "/reports/{kind:str}/{start:date}/edition.pdf": "an edition",
    "/reports/{kind:str}/{start:date}/slides.pdf": "an edition",
    "/reports/{kind:str}/{start:date}/press-notice.txt": "an edition",
    "/reports/{kind:str}/{start:date}/members.xlsx": "an edition",
    "/reports/{kind:str}/{start:date}/slides.pptx": "an edition",
    "/reports/{kind:str}/{start:date}/edition.csv": "an edition",
    "/reports/{kind:str}/{start:date}/edition.json": "an edition",
    "/reports/{kind:str}/{start:date}/edition.parquet": "an edition",
    "/reports/{kind:str}/{start:date}/edition.xlsx": "an edition",
    "/reports/{kind:str}/{start:date}/datapackage.json": "what the columns of an edition mean",
    "/reports/{kind:str}/{start:date}/edition.csv-metadata.json": "the same",
    "/reports/{kind:str}/{start:date}/tables/{file:str}": "a table of an edition",
    "/reports/{kind:str}/{start:date}/charts/{file:str}": "a chart of an edition",
    "/reports/{kind:str}/{start:date}/chart/{name:str}": "the same on a page with its table",
    "/reports/{kind:str}": "the list",
    "/reports/feed.xml": "the list",
    "/reports/calendar.ics": "the list",
    "/reports/{kind:str}/latest": "leads to an edition",
    "/reports/{kind:str}/latest/{file:path}": "leads to an edition",
    "/reports/boroughs": "figures of published editions",
    "/reports/boroughs/{code:str}": "the same",
    "/reports/boroughs/{code:str}/figures.csv": "the same",
    "/reports/boroughs/{code:str}/charts/{file:str}": "the same",
    "/reports/themes": "the same",
    "/reports/themes/{theme:str}": "the same",
    "/reports/themes/{theme:str}/figures.csv": "the same",
    "/reports/themes/{theme:str}/charts/{file:str}": "the same",
    "/explore": "the same",
    "/recommendations": "figures of published editions",
    "/reports/places": "figures of published editions",
    "/reports/places.csv": "the same",
    "/scrutiny/{meeting:uuid}/report": "a panel's report, through a gate of its own",
    "/scrutiny/{meeting:uuid}/report.pdf": "the same",
    "/scrutiny/{meeting:uuid}/report.csv": "the same",
    "/scrutiny/{meeting:uuid}/report.json": "the same",
    "/explore/figures.csv": "the same",
    "/api/v1/reports": "the list",
    "/api/v1/reports/{kind:str}/{start:date}": "an edition",
    "/api/v1/deployments": "what published editions tell",
    "/api/v1/deployments/published": "tables that their publishers have put out themselves",
    "/work/complaints/figures": "complaints as cases, through a gate of their own",
    "/work/complaints/figures.csv": "the same",
    "/work/editions": "the list",
    "/work/editions/{kind:str}/{start:date}/themes": "how often texts were read otherwise",
}
# Everything else that is readable without signing in: text, forms and census data, nothing that
# we count. Pages under /work are for people who may see the rows themselves, or statisticians, who
# download rows for a purpose that is logged.
SHOW_NO_FIGURES = re.compile(
    r"/(health|static|guide|logo|docs|about|access-code|c|continue|try|method|surveys|kiosk|complaints|case|receipts|\.well-known|sign-in|work|robots"
    r"|digest|subscri|unsubscri|confirm|key|visits|s/|embed|logos)"
    # Seed, rule and digests of a draw.
    r"|/scrutiny(/\{meeting:uuid\}(/draw\.json)?)?$"
    r"|/api/v1/(surveys|complaints|case|codebook|places|odata)"
    r"|/reports/schema\.json"
    r"|/recommendations\.csv"
)


@pytest.fixture
async def planted(db):
    """A published weekly edition with counts that are easy to recognise, from an imported file."""
    week = [WEEK - datetime.timedelta(weeks=back) for back in range(14)]
    lines = [
        f"A,{start},{start + datetime.timedelta(days=6)},{area},incidents,{tactic},all,{count}\n"
        for (area, tactic), count in PLANTED.items()
        for start in week
    ]
    content = (HEAD + "".join(lines)).encode()
    await imports.import_figures(db.the_connection, "deployments", "own.csv", content, KNOWN)
    made, _ = await editions.make_edition(db.the_connection, "weekly", WEEK, as_of=KNOWN)
    await publish_saved(db.the_connection, made)
    return made


def get_paths(app):
    return {route.path for route in app.routes if "GET" in getattr(route, "methods", ())}


def test_every_route_either_tells_gated_figures_or_is_known_to_tell_none(app):
    """Add a new route to SHOW_FIGURES if it shows a figure, otherwise to SHOW_NO_FIGURES."""
    assert {
        path
        for path in get_paths(app)
        if path not in SHOW_FIGURES and not SHOW_NO_FIGURES.match(path)
    } == set()


async def route_texts(app, client, signed_in):
    people = {"/work": await signed_in(CINDY)}
    for path in sorted(SHOW_FIGURES.keys() & get_paths(app)):
        address = path.replace("{kind:str}", "weekly").replace("{start:date}", str(WEEK))
        asks = people["/work"] if path.startswith("/work") else client
        answer = await asks.get(address, headers={"accept-encoding": "identity"})
        refused = (
            302,
            404,
            422,
        )  # 422 where no complaint came: there is no quarter to take a file of
        assert answer.status_code in (200, *refused), (address, answer.status_code)
        yield path, answer_text(answer)


def answer_text(answer):
    if answer.headers["content-type"].startswith("application/pdf"):
        pages = pypdfium2.PdfDocument(io.BytesIO(answer.content))
        return "\n".join(page.get_textpage().get_text_bounded() for page in pages)
    return answer.content.decode(errors="replace")


async def test_no_planted_count_is_told_by_any_route(planted, app, client, signed_in):
    """Neither an exact count nor its exact sum over thirteen or fourteen weeks."""
    exact = [n for count in (1237, 1281) for n in (count, 13 * count, 14 * count)]
    secret = re.compile("|".join(rf"(?<![\d.]){n}(?!\d)|(?<![\d.]){n:,}(?!\d)" for n in exact))
    seen = {path: text async for path, text in route_texts(app, client, signed_in)}
    assert [path for path, text in seen.items() if secret.search(text)] == []
    assert "16,080" in seen["/reports/{kind:str}/{start:date}"].replace("\xa0", " ")


async def test_every_route_returns_an_edition_as_it_was_stored(planted, client):
    address = f"/reports/weekly/{WEEK}"
    edition = msgspec.json.decode((await client.get(f"{address}/edition.json")).content)
    assert edition["disclosure"]
    assert (await client.get(f"/api/v1{address}")).json() == edition
    assert edition["tactics"] == [list(one) for one in planted.tactics]


@functools.cache
def calls_by_name(file):
    """The calls in a file by the last part of the called name."""
    found = collections.defaultdict(list)
    for node in nodes_of(file):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            func = node.func
            found[func.id if isinstance(func, ast.Name) else func.attr].append(node)
    return found


def calls_to(file, name):
    return calls_by_name(file).get(name, [])


def source_files():
    return [
        file
        for room in ("api", "survey", "analysis", "demo")
        for file in (ROOT / room).rglob("*.py")
    ]


def test_only_the_gate_makes_an_edition_that_can_be_kept():
    """mypy checks that only a `Safe` edition is stored; this checks that only the gate makes one.

    survey/editions/__init__.py may too: it makes one of a file or report that has passed a gate.
    """
    makers = {
        str(file.relative_to(ROOT)) for file in source_files() if calls_to(file, "SafeEdition")
    }
    assert makers == {"analysis/editions/gate.py", "survey/editions/__init__.py"}
    copies = gate.edition_with_counts, gate.edition_with_year_counts
    for copy in copies:
        assert inspect.signature(copy).parameters["edition"].annotation is SafeEdition
    store = ROOT / "survey/store/editions/__init__.py"
    assert "async def save(connection: Connection, edition: SafeEdition)" in store.read_text()
    writes = [file for file in source_files() if "INSERT INTO editions" in file.read_text()]
    assert writes == [store]


def test_after_the_gate_nothing_is_added_but_through_it():
    """Sentences are made from a safe edition, and added by the gate itself."""
    gate = ROOT / "analysis/editions/gate.py"
    added = [
        file
        for file in source_files()
        for call in calls_to(file, "replace")
        if call.args and ast.unparse(call.args[0]).split(".")[-1] == "safe"
    ]
    assert set(added) == {gate}


def test_no_route_reads_rows_to_count_them():
    """Figures come from stored editions; no route counts rows of responses."""
    rows = {
        "count_by_answer",
        "load_counts",
        "load_perceptions",
        "load_received",
    }
    own = {
        "answers.py": "the rows under a figure, for who may see them",
        "figures.py": "an organiser's own survey, from ten answers up, for staff only",
    }
    found = {
        file.name
        for folder in ("routes", "pages")
        for file in (ROOT / "api" / folder).rglob("*.py")
        for name in rows
        for call in calls_to(file, name)
        if ast.unparse(call.func).split(".")[0] in {"counts", "complaints", "deployments"}
    }
    assert found == set(own)


def as_older_gate_passed(made):
    """The edition as an older gate let it through, with what that gate gave away."""
    return msgspec.structs.replace(
        made,
        gate=0,
        inputs_sha256="5eed" * 16,
        quality=(QualityNote("silent_areas", "No figures for planted Hackney."),),
        disclosure=(QualityNote("deployments", "3 withheld because they rest on too few."),),
        this_period=msgspec.structs.replace(made.this_period, low=353.0, high=529.0),
        alerts=(
            Alert(
                key="feed_deployments/E09000012", rule="feed_deployments", level="data",
                domain="E09000012", sentence="None from planted Hackney.",
                standing="new", since=WEEK, until=WEEK, expected_a_year=0.123456789,
            ),
        ),
        findings=(
            EditionFinding(
                sentence="Fewer than the 353 to 529 that the weeks before would give.",
                confidence="good evidence",
                so_what="Ask.",
            ),
        ),
        complained=ComplaintRatio(
            ratio=1.23456789, low=0.5, high=2.5, clustered_low=0.4, clustered_high=2.6, areas=31,
            left_out=2, dispersion=1.5, sentence="No clear evidence.",
        ),
    )  # fmt: skip


async def test_an_edition_of_an_older_gate_is_read_without_what_it_gave_away(db, planted, client):
    older = msgspec.structs.replace(as_older_gate_passed(planted), number=2, correction=None)
    await save_and_publish(db.the_connection, older)
    gone = re.compile(
        "planted Hackney|rest on too few|353\\.0|529\\.0|353 to 529|5eed|1\\.2345|0\\.1234"
    )
    for ending in ("", "/edition.json", "/edition.csv"):
        answer = await client.get(f"/reports/weekly/{WEEK}{ending}?number=2")
        assert answer.status_code == 200
        assert not gone.search(answer.text), gone.search(answer.text)
    read = (await client.get(f"/api/v1/reports/weekly/{WEEK}?number=2")).json()
    json = await client.get(f"/reports/weekly/{WEEK}/edition.json?number=2")
    assert read == json.json()
    assert json.headers["etag"].strip('"') == hashlib.sha256(json.content).hexdigest()
    assert read["deployments"] == [*msgspec.to_builtins(older.deployments)]
    assert (read["complained"]["ratio"], read["complained"]["left_out"]) == (1.23, None)
