"""Refusals of an export: what cannot hold so much, and who does not read."""

from survey.problems import TooLarge, Unavailable


def too_large_for_sheet(most_rows: int) -> TooLarge:
    return TooLarge(
        "export.too_large",
        f"There are more answers than a spreadsheet can hold ({most_rows:,} rows).",
        "Choose CSV or Parquet, which have no limit.",
    )


def too_large_for_program(most_cells: int) -> TooLarge:
    return TooLarge(
        "export.too_large",
        f"There are too many answers for a file of this kind: more than {most_cells:,} cells.",
        "Choose Parquet or CSV, which have no limit, and import that.",
    )


def stalled_reader() -> Unavailable:
    return Unavailable(
        "export.stalled",
        "The export stopped, because nobody read it for a minute.",
        "Start the export again.",
    )
