"""`estimate` as a statistician types it, and the output that the documentation shows."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest
from click.testing import CliRunner

from api.__main__ import main
from api.settings import ROOT

PAGE = (ROOT / "docs/how-to/statisticians/estimate-from-a-file.md").read_text()
BLOCKS = [tuple(found) for found in re.findall(r"```(\w*)\n(.*?)```", PAGE, re.DOTALL)]
PEOPLE, MARGINS = (text for kind, text in BLOCKS if kind == "csv")
COMMANDS = [text.strip() for kind, text in BLOCKS if kind == ""]
FIRST_OUTPUT, SECOND_OUTPUT, R_OUTPUT = (text.strip() for kind, text in BLOCKS if kind == "text")
R_CODE = next(text for kind, text in BLOCKS if kind == "r")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "people.csv").write_text(PEOPLE)
    (tmp_path / "margins.csv").write_text(MARGINS)
    return tmp_path


@pytest.fixture
def estimate(folder, monkeypatch):
    """Runs the command in this process: a new one would need seconds to load everything."""
    monkeypatch.chdir(folder)

    def command(*arguments, code=0, given=None):
        ended = CliRunner().invoke(main, ["estimate", *arguments], input=given)
        assert ended.exit_code == code, ended.output
        assert bool(ended.stdout) == (code == 0), "a refusal comes with half an answer"
        return ended.stdout or ended.stderr

    return command


def change_file(folder, old, new, *, file="people.csv"):
    before = (folder / file).read_text()
    assert old in before
    (folder / file).write_text(before.replace(old, new, 1))


@pytest.mark.parametrize(("at", "printed"), [(0, FIRST_OUTPUT), (1, SECOND_OUTPUT)])
def test_the_documentation_prints_what_the_command_prints(estimate, at, printed):
    program, name, *arguments = shlex.split(COMMANDS[at])
    assert (program, name) == ("./soundings", "estimate")
    assert estimate(*arguments).rstrip() == printed


def test_it_prints_the_same_as_a_program_and_warns_of_nothing(folder):
    arguments = shlex.split(COMMANDS[0])[1:]
    program = [sys.executable, "-P", "-W", "error", "-m", "api", *arguments]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    ended = subprocess.run(program, cwd=folder, env=env, capture_output=True, text=True)
    assert (ended.stdout.rstrip(), ended.stderr) == (FIRST_OUTPUT, "")


def number_rows(text):
    return [[float(cell) for cell in line.split()] for line in text.split("\n") if line.strip()]


def test_the_figures_said_to_be_of_r_are_those_of_the_command(estimate):
    design, raked = (
        json.loads(estimate(*shlex.split(command)[2:], "--format", "json"))["estimates"]
        for command in COMMANDS
    )
    everyone, women, men, less, fair = design[:5]
    value, error, ends = "value", "standard_error", ("low", "high")
    ours = [
        [everyone[value], everyone[error]],
        [everyone[end] for end in ends],
        [women[value], men[value], women[error], men[error]],
        [less[value], less[error]],
        [fair[end] for end in ends],
        [raked[0][value], raked[0][error]],
    ]
    theirs = number_rows(R_OUTPUT)
    for mine, his in zip(ours, theirs, strict=True):
        assert mine == pytest.approx(his, abs=5e-5)


@pytest.mark.slow
def test_r_prints_what_the_documentation_says(folder):
    if (rscript := shutil.which("Rscript")) is None:
        pytest.skip("R is not installed: apt-get install r-base-core r-cran-survey")
    if subprocess.run([rscript, "-e", "stopifnot(requireNamespace('survey'))"]).returncode:
        pytest.skip("R lacks its package survey")
    run = subprocess.run([rscript, "-e", R_CODE], cwd=folder, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert number_rows(run.stdout) == number_rows(R_OUTPUT)


def test_a_file_comes_by_standard_input_and_json_is_not_rounded(estimate):
    figures = json.loads(estimate("-", "--mean", "x", "--format", "json", given=PEOPLE))
    assert figures["file"] == "standard input"
    (mean,) = figures["estimates"]
    assert mean["value"] == pytest.approx(44.2 / 8, abs=1e-14)
    assert mean["low"] < mean["value"] < mean["high"]
    assert figures["design"]["raking"] is None
    assert "No --weight was given: each row counts 1" in figures["notes"][0]


def test_what_is_missing_is_counted_and_said(estimate, folder):
    change_file(folder, "F\nA,2", "-9\nA,2")
    weighed = ("--weight", "weight", "--margins", "margins.csv", "--format", "json")
    figures = json.loads(
        estimate("people.csv", "--mean", "fair", "--domain", "sex", "--missing", "-9", *weighed)
    )
    assert [(one["domain"], one["n"], one["missing"]) for one in figures["estimates"]] == [
        ("everyone", 7, 1),
        ("sex=F", 2, 1),
        ("sex=M", 4, 0),
    ]
    assert figures["design"]["raking"]["unknown"] == {"sex": 1, "area": 0}
    assert "1 row has no sex: their share of the weights is unchanged." in figures["notes"]
    assert "1 row has no sex: in none of its domains." in figures["notes"]


@pytest.mark.slow
def test_trimming_confidence_and_residuals_reach_the_figures(estimate):
    asked = ("people.csv", "--mean", "x", "--weight", "weight", "--margins", "margins.csv")
    asked = (*asked, "--format", "json")
    plain, trimmed, between, wide, as_rake = (
        json.loads(estimate(*asked, *more))
        for more in (
            (),
            ("--trim", "1.2"),
            ("--trim-between", "0.9", "1.1"),
            ("--confidence", "0.99"),
            ("--residuals", "rake"),
        )
    )
    assert plain["design"]["raking"]["trimmed_share"] == 0
    assert trimmed["design"]["raking"]["trimmed_share"] > 0
    assert between["design"]["raking"]["trim"] == [0.9, 1.1]
    assert between["design"]["raking"]["trimmed_share"] > 0
    low, high = (one["estimates"][0]["high"] - one["estimates"][0]["low"] for one in (plain, wide))
    assert high > 1.3 * low
    assert as_rake["design"]["raking"]["residuals"] == "rake"
    errors = {one["estimates"][0]["standard_error"] for one in (plain, as_rake)}
    assert len(errors) == 2


WRONG_USES = {
    "nothing to estimate": ("", "Choose what to estimate"),
    "a ratio of one column": ("--ratio x", "write it as in income/persons"),
    "half a difference": ("--mean x --difference sex=F M", "ethnicity=Black"),
    "trimmed, not raked": ("--mean x --trim 3", "give --margins too"),
    "trimmed twice": (
        "--mean x --margins margins.csv --trim 3 --trim-between 0.3 3",
        "not both",
    ),
    "no such file": ("--mean x --margins nowhere.csv", "does not exist"),
}


@pytest.mark.parametrize("case", WRONG_USES)
def test_a_wrong_use_says_what_is_missing(estimate, case):
    arguments, sentence = WRONG_USES[case]
    assert sentence in " ".join(estimate("people.csv", *arguments.split(), code=2).split())


REFUSED = {
    "no such column": (("F", "F"), "--mean z", "[microdata.column]"),
    "text for a number": (("9.2", "many"), "--mean x", "row 6, column 'x': 'many' is not a number"),
    "a column twice": (("fair,sex", "fair,x"), "--mean x", "Seen: 'x' twice"),
    "no weight at all": (("A,1,3", "A,1,0"), "--mean x --weight weight", "0 is not above 0"),
    "one PSU alone": (
        ("B,3,4,12,4.2,,F\n", ""),
        "--mean x --stratum psu",
        "There is a single PSU in stratum '3', stratum '4', stratum '5'",
    ),
    "margins that contradict each other": (
        ("sex,F,14\nsex,M,13", "fpc,15,12\nfpc,12,15"),
        "--mean x --margins margins.csv",
        "After 200 cycles a cell is still 25.0% from its target. [weights.not_converged]",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_estimated_is_refused(estimate, folder, case):
    (old, new), arguments, sentence = REFUSED[case]
    change_file(folder, old, new, file="margins.csv" if "sex,F,14" in old else "people.csv")
    refusal = estimate("people.csv", *arguments.split(), code=1)
    assert sentence in refusal
    assert len(refusal.splitlines()) > 1, "it does not say what to do"


def test_a_lone_psu_can_be_measured_from_the_mean_of_all(estimate):
    asked = ("people.csv", "--mean", "x", "--stratum", "psu")
    output = estimate(*asked, "--lone-psu", "adjust")
    assert "Lone PSU in stratum '4', stratum '5': measured from the mean of all PSUs." in output
