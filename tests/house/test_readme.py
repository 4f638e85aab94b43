"""What README says is not there is not there, and its pictures are of their pages as they are."""

import re
import runpy

import msgspec
import pytest
from PIL import Image

from analysis.measures import load_measures
from analysis.text import codes
from analysis.themes import codebook
from api.locales import FOLDER, LOCALES, unconfirmed_languages
from survey.editions import Edition
from survey.receipts import DIGITS, passphrase_sort
from tests.house.test_documents import DOCUMENTS
from tests.house.trees import ROOT

README = (ROOT / "README.md").read_text()
ABSENT = README.partition("## What it does not do yet\n")[2].partition("\n## ")[0]
SENTENCES = [line.removeprefix("- ") for line in ABSENT.strip().splitlines()]
CITIES = ROOT / "survey/sources/cities"
DESCRIBED = re.compile(r"!\[([^\]]*)\]\([^)]*pictures/([\w-]+)\.png\)")
PICTURES = runpy.run_path(str(ROOT / "docs/pictures.py"))


def code_of(place):
    """The code of a module or of all modules of a folder, which has some."""
    files = [ROOT / place] if place.endswith(".py") else [*(ROOT / place).rglob("*.py")]
    assert files
    return "\n".join(file.read_text() for file in files)


def no_finding_is_about_people_met(built):
    return "encounter" not in code_of("analysis/editions/findings.py") + code_of(
        "analysis/editions/differences.py"
    )


def passphrases_are_words_in_four_languages(built):
    words = {code for code in LOCALES if passphrase_sort(code) != DIGITS}
    return words == {"en", "fr", "pt", "tr"}


def a_resident_erases_a_case_and_nothing_else(built):
    erasing = {route.path for route in built.routes if "eras" in route.path}
    residents = {path for path in erasing if not path.startswith("/work")}
    return residents == {"/case/erase", "/api/v1/case/erasure"}


def no_edition_has_outcomes(built):
    names = {field.name for field in msgspec.structs.fields(Edition)}
    return not {"outcomes", "caseload", "kinds"} & names


def only_english_is_scored_for_tone(built):
    coder = codebook.Coder(codebook.STARTING_CODEBOOK)
    texts = ["The officers were rude and I am still afraid.", "Les agents étaient grossiers."]
    english, french = codes.code_texts(texts, ["en", "fr"], coder)
    return english.sentiment is not None and french.sentiment is None


def no_residents_by_age_and_ethnicity_come_with_it(built):
    lines = (CITIES / "london/populations.csv").read_text().splitlines()[1:]
    return {line.split(",")[2] for line in lines} == {"total", "age_sex", "ethnicity"}


def pages_are_in_ten_languages_and_editions_in_english(built):
    drafted = set(unconfirmed_languages()) == set(LOCALES) - {"en"}
    return len(LOCALES) == 10 and drafted and not list(FOLDER.rglob("editions.po"))


def two_places_are_included(built):
    folders = sorted(folder for folder in CITIES.iterdir() if folder.is_dir())
    files = {file.name for file in folders[-1].iterdir()}
    lacking = {"postcodes.csv", "boundaries.json"}
    return [folder.name for folder in folders] == [
        "london",
        "west-midlands",
    ] and not files & lacking


def no_sign_in_link_is_emailed(built):
    mails = code_of("api/notifications.py") + code_of("api/jobs/worker.py")
    return "MailMessage" in mails and not re.search(r"sign_in|/sign-in", mails)


def one_city_and_one_codebook(built):
    schema = (ROOT / "survey/store/schema/001_places.sql").read_text()
    return "One city an installation" in schema


def no_measure_has_a_checker(built):
    return all(one.checker.startswith("not yet named") for one in load_measures().values())


ABSENCES = {
    "Monthly editions show how people": no_finding_is_about_people_met,
    "Passphrases are words": passphrases_are_words_in_four_languages,
    "People who want an answer": a_resident_erases_a_case_and_nothing_else,
    "Outcomes of complaints": no_edition_has_outcomes,
    "Shares of themes are corrected for the city": only_english_is_scored_for_tone,
    "Ratios are adjusted for age": no_residents_by_age_and_ethnicity_come_with_it,
    "Pages, the complaint form": pages_are_in_ten_languages_and_editions_in_english,
    "London and West Midlands are": two_places_are_included,
    "Emails go to": no_sign_in_link_is_emailed,
    "One installation has one city": one_city_and_one_codebook,
    "Each measure names its author": no_measure_has_a_checker,
}


@pytest.mark.parametrize(
    "sentence",
    [
        pytest.param(one, marks=[pytest.mark.slow] * ("themes are corrected" in one))
        for one in SENTENCES
    ],
)
def test_what_is_said_not_to_be_there_is_not(built, sentence):
    """Two of these sentences were false for days after the thing had been built."""
    [check] = [check for start, check in ABSENCES.items() if sentence.startswith(start)]
    assert check(built), sentence


@pytest.mark.parametrize("name", sorted({path.stem for path in PICTURES["PICTURES"].iterdir()}))
def test_a_picture_is_of_its_page_as_it_is_now(name):
    with Image.open(PICTURES["PICTURES"] / f"{name}.png") as picture:
        of_page = picture.info.get("Page")
    assert of_page == PICTURES["page_digest"](name), f"{name}: run `python -P docs/pictures.py`"


def test_what_is_said_of_a_picture_can_be_read_on_it():
    """People who cannot see one were told of five sentences and a map that were not there."""
    assert wrong_descriptions(PICTURES["PICTURES"]) == []


def wrong_descriptions(folder):
    """Where a document describes a picture without quoting it, or quotes what is not on it."""
    wrong = []
    for name, document in DOCUMENTS.items():
        for text, picture in DESCRIBED.findall(document):
            with Image.open(folder / f"{picture}.png") as opened:
                words = opened.info.get("Words", "")
            quoted = re.findall("“([^”]+)”", text)
            wrong += [
                f"{name}: {picture} lacks {phrase}" for phrase in quoted if phrase not in words
            ]
            wrong += [f"{name}: quote in “…” what is on {picture}"] * (not quoted)
    return wrong
