"""Files of SPSS (.sav) and Stata (.dta), with the words of questions and answers in them.

ReadStat writes them, by pyreadstat: it takes all rows at once, so this runs in a child process.
"""

from survey.formats.data_dictionary import Variable, plain_names

LONGEST_NAMES = {"sav": 64, "dta": 32}
LONGEST_LABELS = {"sav": 250, "dta": 80}  # of questions, in bytes and characters
LONGEST_VALUE_LABEL = 120  # bytes in a .sav
DISPLAY = {"text": 16, "day": 12}


def write_labelled_file(rows: str, made: str, variables: tuple[Variable, ...], title: str) -> None:
    """Write a Parquet file of rows as a file of SPSS or Stata, by the ending of its name."""
    import polars
    import pyreadstat

    ending = made.rsplit(".", 1)[-1]
    names = plain_names((one.name for one in variables), longest_name(ending, len(variables)))
    frame = polars.read_parquet(rows)
    frame.columns = names
    title = short_text(title, 60)
    labels: list[str | None] = [short_text(one.label, LONGEST_LABELS[ending]) for one in variables]
    by_name = dict(zip(names, variables, strict=True))
    values = {
        name: value_labels(one)
        for name, one in by_name.items()
        if one.values and one.type != "text"
    }
    if ending == "dta":
        pyreadstat.write_dta(frame, made, title, labels, version=15, variable_value_labels=values)
        return
    pyreadstat.write_sav(
        frame,
        made,
        title,
        labels,
        row_compress=True,
        variable_value_labels=values,
        missing_ranges={
            name: [float(value) for value in one.missing]
            for name, one in by_name.items()
            if one.missing
        },
        variable_measure={name: one.measure for name, one in by_name.items()},
        variable_display_width={name: DISPLAY.get(one.type, 8) for name, one in by_name.items()},
    )


def longest_name(ending: str, columns: int) -> int:
    """How many letters the name of a column may have in a file with so many columns."""
    # pyreadstat calls the words for the values of a column by its name and its place.
    return LONGEST_NAMES[ending] - (len(str(columns)) if ending == "dta" else 0)


def value_labels(variable: Variable) -> dict[int | float, str]:
    return {
        int(value): short_text(words, LONGEST_VALUE_LABEL)
        for value, words in variable.values.items()
    }


def short_text(text: str, most: int) -> str:
    """A text of at most so many bytes in UTF-8, without half a character at its end."""
    return text.encode()[:most].decode(errors="ignore")
