"""An edition for programs: what the columns of its CSV mean, and the answers behind it.

A Frictionless data package and CSVW describe the CSV; the meaning of a column is written once, in
`COLUMNS`. Neither names a licence: whoever runs an installation decides under which one its
figures are published.
"""

import datetime
import hashlib
import io
import zipfile
from typing import NamedTuple

import msgspec

from analysis import disclosure
from analysis.editions import decompress_inputs, deserialise
from analysis.statistician import StatisticianTables, statistician_tables
from api.editions.files import render_csv
from api.editions.report import ReportView
from api.editions.rows import HEAD
from api.process.installation import code_version, import_lock
from survey.editions import Edition
from survey.editions.refusals import no_sampled_answers, older_inputs
from survey.files.delimited import write_csv

README = """\
Statistician's file of the {kind} report for {start} to {end}, edition {number}

Answers of people drawn by chance, from {first} to {last}: {people}
SHA-256 of the report: {sha256}
{code}

This file is about people. {alone} of them are the only one of their place, draw, sex, age,
ethnic group and disability: whoever knows somebody well can find their answers. By downloading it
you agreed:
- to publish nothing from it that the report withholds (edition.csv says what);
- not to try to find out who anyone is, nor to link it with other data about people;
- to pass it to nobody, to store it encrypted, and to delete it when the work that you named is
  done, or when you are asked to because somebody withdrew their answers.
The audit has your name, your purpose, and the SHA-256 of this ZIP.

answers.csv has a row for each person. The order and the numbers of rows and of sampling units
are random.
  row           number of the row, of this file only
  stratum, psu  stratum and sampling unit from which the person was drawn
  probability   probability of being drawn
  base_weight   1 / probability
  weight        the weight that the report used: base_weight raked to margins.csv, then weights
                above five times the median were capped and raked again
  alike         how many people of this file share place, draw, sex, age, ethnic group and
                disability; they are stored as a sum. Where it is not 1, index is their mean and
                their answers are dealt out: totals are right, pairs of questions are not
  window        first and last day
  borough, borough_name, age, sex, ethnicity, disability
                empty where not answered; age and sex are known only together
  margin_...    the category of margins.csv
  index         perception index, 0 to 100; empty where too few of its questions were answered
  others        questions (monthly reports): agree, neither, disagree; empty where not answered

margins.csv has the residents that the weights were raked to, by category; categories.csv says
which boroughs or groups a category holds. They have no rows if the report used base weights.

edition.csv has the published figures, rounded and with what is withheld left empty.

A stratum with a single sampling unit is measured from the mean of all units: in R
options(survey.lonely.psu = "adjust"). soundings.R reads this file, and its guide reproduces a
published standard error step by step (docs/how-to/statisticians).
"""
SAME_CODE = "The weights were made by the version of Soundings that made the report."
OTHER_CODE = (
    "The report was made by another version of Soundings (code {then}) than the weights (code "
    "{now}): where a figure differs from edition.csv, that may be why."
)


class Column(NamedTuple):
    """What a column holds, and whether it holds numbers."""

    about: str
    numeric: bool = False


COLUMNS = {
    "table": Column("The table of the edition that the figure is in"),
    "period": Column("First and last day that the figure covers, as two ISO dates with a slash"),
    "domain": Column("Code of the area (ONS, E09...), or the name of the city or group"),
    "name": Column("Name of the area; for the city or a group the same as domain"),
    "stream": Column(
        "Whose answers: sampled, open, complaints or met (people the police met); empty for counts "
        "of the police"
    ),
    "measure": Column("What is measured"),
    "n": Column("Number of people, texts or events that the figure rests on", numeric=True),
    "value": Column("The figure; empty where it is withheld", numeric=True),
    "low": Column("Lower limit of the 95% interval", numeric=True),
    "high": Column("Upper limit of the 95% interval", numeric=True),
    "method": Column(
        "Method of the figure or its interval, or words where there is no figure; of texts, first "
        "how it was read: machine count, corrected, or coded by people"
    ),
    "status": Column(
        "shown, flagged (fewer than 100 respondents) or withheld, or a status in words"
    ),
}


def data_package(view: ReportView, base: str) -> dict[str, object]:
    """The data package of an edition (Frictionless Data Package 1.0)."""
    return {
        "profile": "tabular-data-package",
        "name": f"soundings-{view.kind}-{view.start}-{view.number}",
        "title": f"{view.title}, {view.label}",
        "description": package_words(view),
        "homepage": f"{base}/reports/{view.kind}/{view.start}?number={view.number}",
        "version": f"{view.number}",
        "created": f"{edition_day(view)}T00:00:00Z",
        "sources": [{"title": line} for line in view.attribution],
        "resources": [
            {
                "profile": "tabular-data-resource",
                "name": "figures",
                "path": csv_address(view, base),
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "schema": {
                    "fields": [
                        {
                            "name": name,
                            "type": "number" if COLUMNS[name].numeric else "string",
                            "description": COLUMNS[name].about,
                        }
                        for name in HEAD
                    ],
                    "missingValues": [""],
                },
            }
        ],
    }


def csvw_metadata(view: ReportView, base: str) -> dict[str, object]:
    """The metadata of an edition's CSV (W3C, CSV on the Web)."""
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "url": csv_address(view, base),
        "dc:title": f"{view.title}, {view.label}",
        "dc:description": package_words(view),
        "dc:source": list(view.attribution),
        "dc:modified": {
            "@value": edition_day(view),
            "@type": "xsd:date",
        },
        "tableSchema": {
            "columns": [
                {
                    "name": name,
                    "titles": name,
                    "datatype": "number" if COLUMNS[name].numeric else "string",
                    "dc:description": COLUMNS[name].about,
                }
                for name in HEAD
            ]
        },
    }


def edition_day(view: ReportView) -> str:
    return datetime.date(*view.made_on).isoformat()


def package_words(view: ReportView) -> str:
    synthetic = " Synthetic data: every figure was made up." if view.synthetic else ""
    return f"{view.period}. Edition {view.number}, data as of {view.as_of}.{synthetic}"


def csv_address(view: ReportView, base: str) -> str:
    return f"{base}/reports/{view.kind}/{view.start}/edition.csv?number={view.number}"


class StatisticianFile(msgspec.Struct, frozen=True):
    """The ZIP and its SHA-256, the number of people in it, and how many of them are the only one of
    their kind (`alone`): whoever knows such a person can find their row.
    """

    body: bytes
    people: int
    alone: int
    sha256: str


def build_statistician_file(edition: Edition, sha256: str, packed: bytes) -> StatisticianFile:
    """The file of an edition from its compressed inputs; the same bytes each time.

    Called in a thread, for the weights are computed again. Errors: Problem `report.inputs_older`,
    `report.no_sample`.
    """
    try:
        inputs = deserialise(decompress_inputs(packed))
    except (msgspec.MsgspecError, ValueError) as fault:
        raise older_inputs() from fault
    # The first time it loads scipy's distributions, which no other thread may do meanwhile.
    with import_lock("scipy.stats"):
        tables = statistician_tables(inputs)
    if not tables.people:
        raise no_sampled_answers()
    parts = {
        "README.txt": readme(edition, sha256, tables).encode(),
        "answers.csv": write_csv(tables.answers),
        "margins.csv": write_csv(tables.margins),
        "categories.csv": write_csv(tables.categories),
        "edition.csv": render_csv(edition),
    }
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as parts_packed:
        for name, parts_body in parts.items():
            # A ZipInfo has a fixed date; a name alone would get today's, and another hash.
            parts_packed.writestr(zipfile.ZipInfo(name), parts_body, zipfile.ZIP_DEFLATED)
    body = written.getvalue()
    return StatisticianFile(body, tables.people, tables.alone, hashlib.sha256(body).hexdigest())


def readme(edition: Edition, sha256: str, tables: StatisticianTables) -> str:
    first, last = disclosure.index_window(edition)
    now = code_version()
    return README.format(
        kind=edition.kind,
        start=edition.start,
        end=edition.end,
        number=edition.number,
        first=first,
        last=last,
        people=f"{tables.people:,}",
        alone=f"{tables.alone:,}",
        sha256=sha256,
        code=SAME_CODE
        if edition.code_version == now
        else OTHER_CODE.format(then=edition.code_version or "unknown", now=now),
    )
