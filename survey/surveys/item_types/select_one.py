"""One of several options."""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal, Self

import msgspec

from survey.problems import Fault
from survey.surveys.item_types.answers import Answer, DayAndCity
from survey.surveys.item_types.doors import Option
from survey.surveys.item_types.families import OptionsItem

Margin = Literal["age", "sex", "ethnicity", "disability"]
# The population groups that responses are weighted to; any other answer counts as missing.
KINDS: dict[Margin, tuple[str, ...]] = {
    "age": ("16-24", "25-34", "35-44", "45-54", "55-64", "65-74", "75+"),
    "sex": ("female", "male"),
    "ethnicity": ("asian", "black", "mixed", "white", "other"),
    "disability": ("yes", "no"),
}


class SelectOne(OptionsItem, frozen=True, kw_only=True, tag="choice"):
    """One of the options; `margin` is the population margin that the options give a category of."""

    options: tuple[Option, ...]
    margin: Margin | None = None
    filter: str = ""
    list: str = ""

    builder_label: ClassVar[str] = "One choice"
    missing: ClassVar[str] = "select"
    withheld_is_option: ClassVar[bool] = True
    withheld_in_conditions: ClassVar[bool] = False
    shares_tables: ClassVar[Literal["", "always", "on table pages"]] = "on table pages"
    xlsform_type: ClassVar[str] = "select_one"
    xlsform_types: ClassVar[tuple[str, ...]] = ("select one",)

    def kinds(self) -> dict[str, str]:
        """The population group that each option counts as."""
        return {option.name: option.kind or option.name for option in self.options}

    def kind_of(self, answers: Mapping[str, object]) -> str:
        """The population group of a respondent by their answers; '' if they did not say."""
        answer = answers.get(self.name)
        return self.kinds().get(answer, answer) if isinstance(answer, str) else ""

    def stored_answer(self, answer: Answer, around: DayAndCity) -> Answer:
        if answer not in [option.name for option in self.options]:
            raise ValueError("needs one of the options offered")
        return answer

    def trial_answer(self, *, most: bool) -> Answer | None:
        names = [option.name for option in self.options]
        # A draft may not have its options yet.
        return names[-1 if most else 0] if names else None

    def faults(self) -> Iterator[Fault]:
        """The faults of the question, among them options whose `kind` is none of the groups that
        responses are weighted to.

        Without this check, answers with such an option would be left out of the weighting
        unnoticed.
        """
        yield from super().faults()
        known = KINDS[self.margin] if self.margin else ("no kind without a margin",)
        for option in self.options:
            if option.kind and option.kind not in known:
                why = f"{option.name} counts as {option.kind!r}; take {', '.join(known)}"
                yield Fault(self.name, why)

    def with_new_names(self, names: Mapping[str, str]) -> Self:
        """A copy without a margin: only one question may decide a respondent's category."""
        copy = super().with_new_names(names)
        if not self.margin:
            return copy
        options = tuple(msgspec.structs.replace(option, kind="") for option in self.options)
        return msgspec.structs.replace(copy, margin=None, options=options)
