"""Kind words about somebody who died or was hurt: no praise of what the police did."""

import re

VERSION = 1
FATES = (
    *("died", "is dead", "hes dead", "shes dead", "shot dead", "passed away", "lost his life"),
    *("lost her life", "lost their lives", "lost their life", "killed", "murdered", "murder"),
    *("stabbed", "stabbing", "was shot", "were shot", "been shot", "got shot", "was beaten"),
    *("were beaten", "been beaten", "got beaten", "beaten up", "attacked", "assaulted"),
    *("mugged", "robbed", "raped", "run over", "knocked down", "knocked over", "hit and run"),
    *("was injured", "were injured", "got hurt", "was hurt", "wounded", "victim", "victims"),
    *("suicide", "overdose", "shoved", "shocked him", "shocked her"),
    *("rip", "rest in peace", "rest easy", "sleep tight", "gone too soon"),
    *("taken too soon", "taken far too soon", "taken from us", "never forgotten", "in memory"),
    *("will be missed", "sorely missed", "much missed", "miss him", "miss her", "in heaven"),
    *("gained another angel", "gained an angel", "funeral", "vigil", "memorial", "condolences"),
    *("mourn", "mourning", "grieve", "grieving", "laid flowers", "late husband", "late wife"),
)
"""What happened to somebody, in small letters."""
HELPERS = (
    *("police", "policeman", "policewoman", "policemen", "policing", "officer", "officers", "pc"),
    *("pcs", "pcso", "pcsos", "cop", "cops", "copper", "coppers", "constable", "constables"),
    *("sergeant", "inspector", "detective", "detectives", "met", "force", "forces", "bobby"),
    *("bobbies", "team", "teams", "unit", "squad", "station", "liaison", "dispatcher", "operator"),
    *("call handler", "ambulance", "paramedic", "paramedics", "crew", "service", "services"),
    *("they", "theyre", "theyve", "theyd", "them", "you", "youve", "your", "yours", "thank"),
    *("thanks", "grateful", "arrested", "arrest", "caught", "investigation", "investigated"),
    *("999", "101", "response", "patrol", "patrols"),
)
"""Who may be praised for what was done about it; “they” and “you” may be the police."""
NO_WORD = re.compile(r"[^\w\s]|_")


def is_about_a_victim(text: str) -> bool:
    """True if the text tells of somebody who died or was hurt, and names nobody who helped."""
    said = f" {' '.join(NO_WORD.sub('', text.replace('-', ' ')).lower().split())} "
    return names_any(said, FATES) and not names_any(said, HELPERS)


def names_any(said: str, phrases: tuple[str, ...]) -> bool:
    return any(f" {one} " in said for one in phrases)
