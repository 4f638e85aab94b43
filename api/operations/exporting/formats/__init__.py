"""The formats that answers can be taken away in, in the order in which a page offers them."""

from api.operations.exporting.formats import (
    csv_tables,
    json_tables,
    parquet,
    r_script,
    spreadsheet,
    statistics_files,
)
from api.operations.exporting.formats.export_format import ExportFormat

FORMATS: dict[str, ExportFormat] = {
    one.name: one
    for one in (
        spreadsheet.FORMAT,
        csv_tables.FORMAT,
        statistics_files.SPSS,
        statistics_files.STATA,
        r_script.FORMAT,
        parquet.FORMAT,
        json_tables.FORMAT,
    )
}
