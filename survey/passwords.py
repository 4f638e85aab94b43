"""Which passwords are tried first: usual words, walks over the keyboard, years, repetitions.

A password is cut into the longest easy pieces that it has. Each counts as two characters, however
long it is, since whoever guesses tries such pieces, one after the other and with each other; a
character outside them counts as one.
"""

import re

FEWEST_DIFFERENT = 6
FEWEST_POINTS = 9  # three easy pieces and two characters, or one and seven
PIECE = 2
SHORTEST_RUN = 3
# Words, names, clubs and seasons of well-known lists of stolen passwords, and our own words.
WORDS = """
access account adam admin administrator adrian aisha alex alexander alexandra alice amanda amber
america amy andrea andrew angel angela anna anthony apple april arsenal arthur ashley asshole
aston august austin autumn baby babygirl badboy bailey ball banana baseball basketball batman
beach bear beautiful berlin bitch black blink blue boomer boston brandon brandy brazil bristol
britain buster butter butterfly cambridge camden camera carlos carol caroline celtic champion
change changeme charles charlie chelsea chester chicken chocolate chris christ christian christmas
christopher city claire coffee college computer consumer control cookie cooper corvette council
cowboy croydon crystal dakota dallas daniel danielle dave david death december default dennis
diamond doctor dog dolphin donald dragon eagle edward elephant elizabeth emily emma england enter
eric everton family february ferrari fire fish flower football forever fox frank freddie freedom
friday friend friends fuck fuckoff fuckyou fulham game garden gemma george ginger girl god golden
golf good google grace great green guest guitar hackney hammer hannah happy harley harry hello
hockey holly home horse hotdog hunter iloveyou internet ireland isabel island jack jackie jackson
jake james january jasmine jason jennifer jessica jesus john johnny jonathan jordan joseph joshua
juliet july junior justin karen kelly kevin king kitty lambeth laura leeds letmein lewis liberty
lion lisa little liverpool login london love lovely lover lucky lucy madison maggie magic manager
manchester march marina mark martin master matrix matthew maximus may melissa mercedes merlin
metropolitan michael michelle midnight miller mine mohammed monday money monica monkey monster
morgan mother mouse muhammad music mustang mypass myself natasha nathan newcastle nicholas nicole
nikita ninja nissan november oliver olivia orange owner panther paris pass passcode passion
passphrase passw0rd password passwort patrick paul peace peanut pepper peter phoenix pizza player
please pokemon police porsche power precious prince princess private purple qazwsx qwert qwerty
rabbit rachel rainbow ranger rangers raven rebecca red richard robert rocket rose runner russell
samantha samsung samuel sarah saturday school scooter scotland secret secure security september
server sex shadow shannon sharon sierra silver simon snoopy soccer sophie soundings spain spider
spring spurs star starwars stella stephen steven strong sugar summer sunday sunshine super
superman survey swansea tennis test tester thomas thunder thursday tiger tigger time tommy
tottenham trust trustno truth tuesday turtle united user vampire victor victoria viking villa
wales warrior watson web wednesday welcome welcometo whatever white wicked william wilson winner
winter wizard wolf world yankees yellow yourself zxcvbn
"""
COMMON = frozenset(WORDS.split())
LONGEST = max(map(len, COMMON))
WALKS = (
    "1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz", "azertyuiop",
    "1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm", "8ik", "9ol", "qaz", "wsx", "edc",
    "1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0", "147258369", "!\"£$%^&*()", "!@#$%^&*()",
)  # fmt: skip
PATHS = (*WALKS, *(walk[::-1] for walk in WALKS))
# The same letter again and again, the same few letters again, and a year.
PATTERNS = (re.compile(r"(.)\1{2,}"), re.compile(r"(.{2,6})\1+"), re.compile(r"(?:19|20)\d\d"))
AS_LETTERS = str.maketrans("0134578@$!", "oieastbasi")


def is_easily_guessed(password: str, email: str) -> bool:
    """Whether a password is little more than common words, patterns or parts of the address."""
    text = password.casefold()
    own = {part for part in re.split(r"[^a-z]+", email.casefold()) if len(part) >= SHORTEST_RUN}
    few = len(set(text)) < FEWEST_DIFFERENT or not any(character.isalpha() for character in text)
    return few or count_points(text, COMMON | own) < FEWEST_POINTS


def count_points(text: str, words: frozenset[str]) -> int:
    """How many characters somebody has to guess; an easy piece, such as a word, counts as two."""
    plain, at, points = text.translate(AS_LETTERS), 0, 0
    while at < len(text):
        length = easy_length(text, plain, at, words)
        points += min(PIECE, length) if length else 1
        at += length or 1
    return points


def easy_length(text: str, plain: str, at: int, words: frozenset[str]) -> int:
    """The length of the longest easy piece that begins at `at`; 0 if there is none."""
    lengths = [0]
    lengths += [len(match[0]) for pattern in PATTERNS if (match := pattern.match(text, at))]
    for end in range(at + SHORTEST_RUN, len(text) + 1):
        piece, letters = text[at:end], plain[at:end]
        if any(piece in path for path in PATHS) or piece in words or letters in words:
            lengths.append(end - at)
        elif end - at > max(LONGEST, *map(len, words)):
            break
    return max(lengths)
