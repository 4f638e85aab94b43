"""What the columns of an edition's CSV mean, for programs: a Frictionless data package, and CSVW.

Both describe the same file; the meaning of a column is written once, in `COLUMNS`. Neither names a
licence: whoever runs an installation decides under which one its figures are published.
"""

import datetime
from typing import NamedTuple

from api.editions.report import ReportView
from api.editions.rows import HEAD


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
