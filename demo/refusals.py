"""Refusals of the demonstration: it would be mixed with what is real, or has no figures to show."""

from survey.problems import Conflict, Invalid

REMEDY = (
    "Give the folder with the Met's use of force by borough and month (London Datastore) and "
    "MOPAC's Public Attitude Survey by borough; they may lie in folders below it."
)


demo_among_people = Conflict.of(
    "demo.real_data",
    "People have accounts in this database; the demonstration would let anyone in.",
    "Leave SOUNDINGS_DATABASE_URL unset, or point --data at a new folder.",
)
demo_among_answers = Conflict.of(
    "demo.real_data",
    "This database holds real answers; the demonstration would mix invented ones in.",
    "Leave SOUNDINGS_DATABASE_URL unset, or point --data at a new folder.",
)
figures_in_synthetic_city = Conflict.of(
    "demo.synthetic",
    "This database holds the synthetic city; real figures would be mixed with it.",
    "Leave out --data, or point it at another folder.",
)
no_figures = Invalid.of("demo.no_figures", "{sentence}", REMEDY)
