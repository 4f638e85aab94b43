"""Refusals of an export: what cannot hold so much, and who does not read."""

from survey.problems import TooLarge, Unavailable

too_large_for_sheet = TooLarge.of(
    "export.too_large",
    "There are more answers than a spreadsheet can hold ({most_rows:,} rows).",
    "Choose CSV or Parquet, which have no limit.",
)
too_large_for_program = TooLarge.of(
    "export.too_large",
    "There are too many answers for a file of this kind: more than {most_cells:,} cells.",
    "Choose Parquet or CSV, which have no limit, and import that.",
)
stalled_reader = Unavailable.of(
    "export.stalled",
    "The export stopped, because nobody read it for a minute.",
    "Start the export again.",
)
