"""Each command that a document tells its reader to type is typed by a test, or says why not."""

import asyncio
import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest

from tests.campaigns.conftest import embedded_dsn, folder
from tests.campaigns.processes import Service
from tests.documented.commands import documented_commands
from tests.documented.journey import Journey, Step, step_of
from tests.house.test_readme import wrong_descriptions
from tests.house.trees import ROOT

__all__ = ["embedded_dsn", "folder"]  # fixtures
COMMANDS = documented_commands()
EDITION = (("2007-12-10", "2026-08-24"),)  # a week that has no edition yet
MONTH = (("DAY", "2026-11-30"),)
CORRECTION = (("DAY", '2026-11-30 --why "Later figures"'),)
USES = (("FILE", "uses.csv"),)
RESTATED_USES = (("FILE", "restated-uses.csv"), *MONTH)

# On the demonstration, in this order, while `serve` runs.
SERVED = (
    Step("import survey park-lane.json", "park-lane-estate"),
    Step("population?dimension=total", '"persons":228891.6'),
    Step('"language": "en", "answers": {"subject": "taser"', '"reference"'),
    Step('"answers": {"subject": "tase", "x": 1}', "answers.invalid", status=22),
    Step("/surveys/taser-trial/responses", '"reference"'),
    Step("/surveys/park-lane-estate/responses", '"reference"', key="send"),
    Step(
        "attachments?item=photo",
        '"mark"',
        given=(("your-survey", "complaint"), ("item=photo", "item=evidence_file")),
    ),
    Step("curl -X POST $SITE/api/v1/complaints", '"passphrase"'),
    Step("KEY=$(curl"),
    Step('$KEY" $SITE/api/v1/case', '"status"', key="case"),
    Step("/api/v1/case/copy", "A Taser was aimed at my brother", key="case"),
    Step("receipt > receipt.txt", key="case"),
    Step("/api/v1/case/events", '"answered"', key="case"),
    Step("/api/v1/deployments?limit=2", '"kind"'),
    Step("/api/v1/deployments/published?limit=2"),
    Step("/api/v1/reports?limit=10", '"weekly"'),
    Step("/api/v1/reports/weekly/2026-11-16?number=1", '"2026-11-16"'),
    Step("/2026-11-16/edition.csv"),
    Step("/2026-11-16/edition.parquet"),
    Step("/2026-11-16/edition.pdf"),
    Step("edition.json | sha256sum"),
    Step("/reports/schema.json", '"$defs"'),
    Step("/weekly/latest/edition.csv", "table,"),
    Step("/weekly/latest/tables/index.csv", "index,"),
    Step("/reports/boroughs/E09000012/figures.csv", "Hackney"),
    Step("$SITE/api/v1/odata/park-lane-estate", "Answers", key="read"),
    Step("Answers?\\$top=5&\\$filter=borough%20eq", '"value"', key="read"),
    Step("curl $SITE/api/v1/codebook", '"themes"'),
    Step("/api/v1/codebook/versions"),
    Step('/api/v1/reports?limit=1"', '"next"'),
    Step("/api/v1/reports?limit=1&after="),
    Step("sed '/^Signature: /d' receipt.txt"),
    Step("sed -n 's/^Signature: //p' receipt.txt"),
    Step("openssl pkeyutl -verify", "Signature Verified Successfully"),
    Step("account link joan@example.org", "/sign-in"),
    Step("soundings account add sam@example.org", "/sign-in"),
    Step("account role sam@example.org reviewer"),
    Step("account list", "sam@example.org"),
    Step("account close sam@example.org"),
    Step("estimate people.csv --mean x --proportion", "2 strata, 8 PSUs"),
    Step("estimate people.csv --mean x --weight", "2 strata, 8 PSUs"),
    Step("soundings export park-lane-estate"),
    Step("soundings import --mapping-template > map.toml"),
    Step("soundings import deployments FILE --known-on 2024-04-30", given=USES),
    Step("soundings import deployments FILE --known-on DAY", given=RESTATED_USES),
    Step("soundings figures --changed-since DAY", given=MONTH),
    Step("soundings figures --as-of DAY", "Example force", given=MONTH),
    Step("report weekly --period 2007-12-10", "saved", given=EDITION),
    Step("report publish weekly 2026-11-16 1", given=(("11-16", "08-24"),)),
    Step("report inputs weekly/2007-12-10/1", given=EDITION),
    Step("report rebuild weekly/2007-12-10/1", given=EDITION),
    Step("report monthly --as-of DAY", "saved", given=CORRECTION),
    Step("soundings pack-survey park-lane-estate"),
    Step("soundings unpack-survey park.zip"),
    Step("soundings sbom --out soundings.cdx.json"),
    Step("soundings COMMAND --help", "Usage", (("COMMAND", "serve"),)),
    Step(
        "soundings import places FOLDER",
        given=(("FOLDER", str(ROOT / "survey/sources/cities/london")),),
    ),
    Step("soundings archive"),
    Step("soundings sums --archive"),
    Step("soundings backup /safe/soundings-2026-11-25", "Saved"),
    Step("soundings erase", status=2),
    Step("soundings erase REFERENCE", given=(("REFERENCE", "AXJX-A5RE"),)),
    Step("soundings doctor --retry"),
    Step("openssl rand -base64 32", "="),
)
# Then with the service stopped.
STOPPED = (
    Step("sums --archive --rebuild"),
    Step("restore /safe/soundings-2026-11-25 --data /srv/other"),
    Step("doctor --data THERE", "FAIL", status=1, given=(("THERE", "other"),)),
    Step("restore PATH --replace", given=(("PATH", "/safe/soundings-2026-11-25"),)),
    Step("soundings doctor"),
    Step("soundings migrate"),
    Step("migrate --data west"),
    Step(
        "import places survey/sources/cities/west-midlands --data west",
        "Loaded West Midlands",
        given=(("survey/sources", f"{ROOT}/survey/sources"),),
    ),
    Step("soundings rotate-keys"),
)
# On the published files, each document in a folder of its own.
FIRST_EDITION = (
    Step("import deployments use-of-force-2019-20.ods", "10,202 in Apr 2019 to Mar 2020"),
    Step("import perception public-attitude-survey.csv"),
    Step("report monthly --period 2020-03 --publish", "There is no rate"),
    Step("import deployments met-use-of-force-2023-24.csv"),
    Step("report monthly --period 2023-12 --publish", "473 uses"),
    Step("import deployments 2023-02-metropolitan-stop-and-search.csv", "searches: 13,424"),
)
PANEL_2023 = (
    Step("import deployments mps_uof_by_borough_month_fy23-24.csv"),
    Step("import perception mopac_pas_borough_2014-12_2023-12.csv"),
    Step("report monthly --period 2023-12", "saved"),
    Step(
        "demo --real DIR", "Ready", (("demo --real DIR", "demo --real files --exit --data real"),)
    ),
)
# The benches in their smallest form: that they run, not what they find.
BENCHES = (
    Step(
        "bench.intake --connections 1,16,64,256",
        given=(("1,16,64,256 --rounds 2", "1 --rounds 1"),),
    ),
    Step("bench.workers 2500 1", given=(("2500", "1600"),)),
    Step("bench.partitions 1000000", given=(("1000000", "2000"),)),
    Step("bench.start 3", given=(("start 3", "start 1"),)),
    Step("bench.holding", given=(("holding", "holding 1"),)),
    Step("bench.exports", given=(("[answers ...]", "2000"),)),
    Step("bench.pages", given=(("OTHER_CHECKOUT", "."),)),
    Step("bench.staff_pages", given=(("[answers [part of a path]]", "2000 themes"),)),
    Step("bench.observing", given=(("observing", "observing 1"),)),
    Step("bench.same_time"),
    Step("bench.machines", given=(("machines", "machines 1"),)),
    Step("bench.growth", given=(("growth", "growth --sizes 4 --rounds 1"),)),
    Step("bench.surveys 40", given=(("40", "1"),)),
    Step("bench.surveys FOLDER", given=(("FOLDER", "."),)),
    Step("bench.editions", given=(("editions", "editions 20000 10000"),)),
    Step("bench.statistics --replications 500", given=(("500", "5"),)),
    Step("bench.statistics findings", given=(("200", "2"),)),
    Step("bench.statistics.parity", given=(("docs/method/parity.md", "/dev/null"),)),
    Step("bench.text drafts"),
    Step("bench.text invariances"),
    Step("bench.text speech"),
    Step("bench.text teaching"),
    Step("bench.text labels"),
    Step("bench.text themes rewritten"),
    Step("bench.text"),
    Step("bench.tones --cities 60 --head", given=(("60", "1"),)),
    Step("bench.tones --head", given=(("--head", "--head --cities 1"),)),
    Step("bench.truth", given=(("200", "1"), (" --counts FILE", ""))),
)
HERE = "tests/documented/test_every_command.py"
COMMANDS_TESTED = "tests/api/commands/test_commands.py"
MACHINES = "tests/campaigns/test_machines.py::test_answers_are_stored_once_though"
BY_TESTS = {  # the test that runs what the command runs
    r"\./soundings (demo|serve( --port 8000)?)": f"{HERE}::test_a_reader",
    r"\./soundings serve --data west.*": "tests/api/operations/test_other_places.py::test_both",
    r"\./soundings report outcome": "tests/api/jobs/test_outcome_report.py::test_the_command",
    r"\./soundings setup": "tests/api/commands/test_setup.py::test_a_file_is_read",
    r"\./soundings account password sam@example.org": f"{COMMANDS_TESTED}::test_",
    r"\./soundings estimate( answers.csv .*)?": "tests/api/commands/test_estimate.py::test_",
    r"\./soundings panel draw --check .*": "tests/api/commands/test_panel.py::test_the_same_file",
    r"\./soundings transcription-check.*": "tests/api/commands/test_transcription.py::test_the",
    r"\./soundings place add( .*)?": "tests/survey/sources/test_packs.py::test_a_pack_of_plain",
    r"\./soundings sbom": "tests/api/commands/test_sbom.py::test_",
    r"\./soundings import residents FILE": f"{COMMANDS_TESTED}::test_",
    r"\./soundings import perception FILE": f"{COMMANDS_TESTED}::test_",
    r"\./soundings import FILE --mapping.*": "tests/survey/sources/test_mapped.py::test_",
    r"(PYTHONPATH=\$PWD )?\S*python -m tests.campaigns.machines": MACHINES,
    r"(\.venv/bin/dask .*|export PYTHONPATH.*)": MACHINES,
    r"python -P -m tools.release FOLDER --image": "tests/tools/test_release.py::test_a_release",
    r"python -P docs/method.py": "tests/house/test_method.py::test_",
    r"python -P docs/reference.py": "tests/house/test_reference.py::test_",
}
BY_HAND = {  # why no test types it
    r"(SITE|NAME)=\S+": "a setting, which the tests make in their own way",
    r"\./soundings test( .*)?": "the tests themselves; .ci/run runs two parts of them",
    r"python -m tests.twenty": "twenty runs of the tests",
    r"python -P -m tests.house.(tables|inventory|manifest --add|landed)": "writes into the "
    "checkout; tests/house holds what it wrote",
    r"python -P -m tests.house.weight": "prints the weight of the house",
    r"git clone ADDRESS .*": "the address is that of the reader's repository",
    r"python -P -m tests.populated VERSION": "writes into the checkout, when a version is named",
    r"git checkout bb40fd6e": "asks for another version of the program",
    r"python -m tools.catalogues": "writes into the checkout; tests/tools holds what it wrote",
    r"python -m tools.text_model.fit_tone": "needs two sets of texts that are not delivered",
    r"python -m tests.oracles.web_forms FOLDER": "asks the npm registry",
    r"(psql|pg_basebackup) .*": "on machines of an operator; test_machines makes its replica so",
    r"docker .*": "needs an engine: the tests of Compose type what they can",
    r"(\.venv/bin/)?uv (sync|pip) .*": "installs libraries",
    r"git log -S .*": "reads the history of git",
    r"curl -sI https://soundings.example.org/.*": "asks the reader's own site",
}


ALL_STEPS = (*SERVED, *STOPPED, *FIRST_EDITION, *PANEL_2023, *BENCHES)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_typed_by_one_test_or_says_why_not(command):
    patterns = [one for one in [*BY_TESTS, *BY_HAND] if re.fullmatch(one, command)]
    assert len(patterns) + (step_of(command, ALL_STEPS) is not None) == 1, (
        f"{command!r} of {COMMANDS[command]} is in {patterns or 'no'} lists"
    )


def test_no_test_is_named_for_a_command_that_no_document_has():
    typed = [step_of(command, ALL_STEPS) for command in COMMANDS]
    assert [step.words for step in ALL_STEPS if typed.count(step) != 1] == []
    for pattern, node in [*BY_TESTS.items(), *BY_HAND.items()]:
        assert any(re.fullmatch(pattern, command) for command in COMMANDS), pattern
        file, _, test = node.partition("::")
        assert pattern in BY_HAND or f"def {test}" in (ROOT / file).read_text(), node


@pytest.mark.parametrize("step", ALL_STEPS, ids=lambda step: step.words)
def test_what_stands_for_the_readers_own_words_is_in_the_command(step):
    """Else it would be typed as it is: a bench in its full size ran for hours."""
    [command] = [one for one in COMMANDS if step_of(one, ALL_STEPS) is step]
    for old, new in step.given:
        assert old in command
        command = command.replace(old, new)


def type_all(journey, steps):
    for step in steps:
        [command] = [one for one in COMMANDS if step_of(one, ALL_STEPS) is step]
        journey.run(step, command)


@pytest.mark.slow
def test_the_machines_of_the_documents_begin():
    """It ended in a warning at once; its journey is that of test_machines, in the slow part."""
    words = [sys.executable, "-m", "tests.campaigns.machines", "--collect-only", "-q"]
    given = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(words, cwd=ROOT, env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "test_answers_are_stored_once" in done.stdout


@pytest.mark.slow
def test_a_reader_types_the_commands_of_the_documents(folder, embedded_dsn):
    journey = Journey(folder)
    journey.run(Step("demo", "Ready."), "./soundings demo --exit --data data")
    with Service(folder) as service:
        journey.words["http://127.0.0.1:8000"] = service.address
        journey.environment["SITE"] = service.address
        key = f"{service.address}/.well-known/soundings-receipts.pem"
        journey.run(Step("the public key"), f"curl -O {key}")
        type_all(journey, SERVED[:1])
        asyncio.run(journey.make_keys(embedded_dsn))
        type_all(journey, SERVED[1:])
        service.stop()
    type_all(journey, STOPPED)
    pictures = f"{sys.executable} -P {ROOT}/docs/pictures.py --data {folder}/data --out pictures"
    if not (shutil.which("chromium") and shutil.which("ffmpeg")):
        pytest.skip("the pictures of the documents need Chromium and ffmpeg")
    assert "TOO LARGE" not in journey.run(Step("pictures", "film.webm"), pictures)
    assert wrong_descriptions(folder / "pictures") == []


@pytest.mark.slow
@pytest.mark.parametrize("steps", [FIRST_EDITION, PANEL_2023], ids=["first-edition", "panel-2023"])
def test_a_reader_makes_the_editions_of_the_published_files(shared, folder, steps):
    journey = Journey(folder / f"published-{len(steps)}")
    deployments = shared / "data/deployments"
    uses = deployments / "mps_uof_by_borough_month_fy23-24.csv"
    by_force = deployments / "homeoffice/police-use-of-force-apr2019-mar2020-hosb3720-tables.ods"
    searches = deployments / "stop_search/2023-02-metropolitan-stop-and-search.csv"
    perception = shared / "data/perception/mopac_pas_borough_2014-12_2023-12.csv"
    files = journey.folder / "files"
    files.mkdir()
    for name, file in [
        ("use-of-force-2019-20.ods", by_force),
        ("met-use-of-force-2023-24.csv", uses),
        (searches.name, searches),
        (uses.name, uses),
        ("public-attitude-survey.csv", perception),
        (perception.name, perception),
    ]:
        shutil.copy(file, journey.folder / name)
    shutil.copy(uses, files)
    shutil.copy(perception, files)
    journey.run(Step("migrate"), "./soundings migrate")
    type_all(journey, steps)


@pytest.mark.long
@pytest.mark.parametrize("step", BENCHES, ids=lambda step: step.words)
def test_a_bench_runs_in_its_smallest_form(step, folder, shared):
    """From the checkout: the folder `shared` next to it has the files that some of them read."""
    [command] = [one for one in COMMANDS if step_of(one, ALL_STEPS) is step]
    for old, new in step.given:
        command = command.replace(old, new)
    command = command.replace("python", shlex.quote(sys.executable), 1)
    given = os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, env=given, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
