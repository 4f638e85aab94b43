"""R makes the edition's figures again from the statistician's file, and the guide shows how."""

import csv
import json
import re
import shutil
import subprocess

import pytest

from analysis.editions import compress_inputs, edition_workings, serialise
from analysis.editions.chapters import index
from api.editions.files import render_csv
from api.editions.files.data_package import build_statistician_file
from api.jobs.edition_inputs.editions import edition_from_inputs
from api.settings import ROOT
from tests.analysis.editions.simulated_inputs import CODES
from tests.analysis.editions.test_statistician import CITIES

pytestmark = pytest.mark.slow
R_FOLDER = ROOT / "docs/how-to/statisticians"
GUIDE = (R_FOLDER / "reproduce-in-r.md").read_text()
BLOCK = re.compile(r"^```r\n(.*?)^```\n(?:\n^```text\n(.*?)^```$)?", re.DOTALL | re.MULTILINE)
SCRIPT = """
source("soundings.R")
file <- soundings_read("statistician.zip")
drawn <- suppressMessages(design(file))
srvyr <- requireNamespace("srvyr", quietly = TRUE)
stopifnot(inherits(drawn, if (srvyr) "tbl_svy" else "survey.design2"))
fields <- c("n", "effective_n", "value", "standard_error", "low", "high")
row <- function(found) paste(format(unlist(found[fields]), digits = 15), collapse = ",")
b <- remade_boroughs(drawn)
out <- c(
  city = row(remade(drawn)),
  female = row(remade(subset(drawn, drawn$variables$sex %in% "female"))),
  agree = row(remade(drawn, "would_call", answer = "agree")),
  setNames(sapply(seq_len(nrow(b)), function(i) row(b[i, ])), b$borough))
cat("{", paste0('"', names(out), '":[', out, "]", collapse = ","), "}")
"""


@pytest.fixture(scope="module")
def rscript():
    if (found := shutil.which("Rscript")) is None:
        pytest.skip("R is not installed: apt-get install r-base-core r-cran-survey")
    have = "stopifnot(requireNamespace('survey'))"
    if subprocess.run([found, "-e", have], capture_output=True).returncode:
        pytest.skip("R lacks its package survey: apt-get install r-cran-survey")
    return found


@pytest.fixture
def run_r(rscript, tmp_path):
    shutil.copy(R_FOLDER / "soundings.R", tmp_path)

    def run(script):
        (tmp_path / "script.R").write_text(script)
        ended = subprocess.run([rscript, "script.R"], cwd=tmp_path, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    return run


def save_file(folder, inputs):
    body = serialise(inputs)
    edition = edition_from_inputs(body)
    found = build_statistician_file(edition, "5" * 64, compress_inputs(body))
    (folder / "statistician.zip").write_bytes(found.body)
    return edition


def estimate_fields(one):
    return [one.n, one.effective_n, one.value, one.standard_error, one.low, one.high]


@pytest.mark.parametrize("name", CITIES)
def test_r_makes_every_error_again(name, run_r, tmp_path):
    inputs = CITIES[name]()
    save_file(tmp_path, inputs)
    theirs = json.loads(run_r(SCRIPT))
    workings = edition_workings(inputs)
    city, *areas = index.index_estimates(workings.inputs, workings.asked)
    assert theirs["city"] == pytest.approx(estimate_fields(city), rel=1e-6)
    for one in areas:
        if one.value is not None:
            assert theirs[one.domain] == pytest.approx(estimate_fields(one), rel=1e-6)
    assert {*CODES} <= {*theirs}
    if inputs.kind == "monthly":
        [agree] = workings.asked.agreeing("would_call", ["Testham"])
        # The limits of a per cent are Korn-Graubard's, its error is that of the design.
        assert theirs["agree"][:4] == pytest.approx(estimate_fields(agree)[:4], rel=1e-6)


def test_a_question_that_the_file_lacks_is_named(run_r, tmp_path):
    """As in the files of weekly reports, which have the index alone."""
    save_file(tmp_path, CITIES["weekly"]())
    said = run_r(
        'source("soundings.R")\n'
        'drawn <- suppressMessages(design(soundings_read("statistician.zip")))\n'
        "drawn$variables$would_call <- NULL\n"
        'tryCatch(remade(drawn, "would_call", answer = "agree"),\n'
        "  error = function(one) cat(conditionMessage(one)))"
    )
    assert 'The file has no column "would_call"' in said
    assert "take that of a monthly report" in said


def test_the_guide_prints_what_r_prints(run_r, tmp_path):
    save_file(tmp_path, CITIES["monthly"]())
    blocks = BLOCK.findall(GUIDE)
    assert len(blocks) > 8
    # Blocks share what they made; each line of output is marked with its block.
    script = "".join(
        f"cat('[block {number}]\\n')\nfor (one in parse(text = {json.dumps(code)})) {{\n"
        "  found <- withVisible(eval(one)); if (found$visible) print(found$value)\n}\n"
        for number, (code, _) in enumerate(blocks)
    )
    printed = re.split(r"\[block \d+\]\n", run_r(f"options(width = 100)\n{script}"))[1:]
    assert printed == [output for _, output in blocks]


def test_the_client_reads_published_figures(run_r, tmp_path):
    """From a folder with the site's own bytes: R reads an address and a file alike."""
    edition = save_file(tmp_path, CITIES["weekly"]())
    files = {
        "reports/weekly/latest/edition.csv": render_csv(edition),
        "reports/boroughs/E09000012/figures.csv": b"table,value\r\nindex,60.1\r\n",
    }
    for name, body in files.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(body)
    run_r(
        f"source('soundings.R')\nsite <- 'file://{tmp_path}/'\n"
        "write.csv(soundings_report(site), 'again.csv', row.names = FALSE, na = '')\n"
        "stopifnot(soundings_borough(site, 'E09000012')$value == 60.1)\n"
    )
    theirs = list(csv.reader((tmp_path / "again.csv").read_text().splitlines()))
    ours = list(csv.reader(render_csv(edition).decode().splitlines()))
    assert [row[:5] for row in theirs] == [row[:5] for row in ours]
