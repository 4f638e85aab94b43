"""Rewrites XForms' XPath for libxml2: operators for dates and empty answers, ODK functions.

`a < b` becomes `odk:lt(a, b)`; `instance('x')` and `current()` become variables; a path through
the repeat that contains it becomes relative to its own round, as in JavaRosa.
"""

from collections.abc import Callable, Iterable, Sequence

from survey.formats.expressions.functions import FUNCTIONS
from survey.formats.expressions.patterns import compiled_pattern
from survey.surveys.expressions import (
    Bracket,
    Call,
    Chain,
    Either,
    ExpressionReader,
    Literal,
    Negative,
    Number,
    Path,
    Step,
    Tree,
    UnreadableExpression,
    Variable,
    expression_tokens,
)

# What each operator becomes; `or` and `and` stay, between values made boolean.
OPERATIONS = {
    "=": "odk:eq", "!=": "odk:ne", "<": "odk:lt", "<=": "odk:le", ">": "odk:gt", ">=": "odk:ge",
    "+": "odk:add", "-": "odk:sub", "*": "odk:mul", "div": "odk:div", "mod": "odk:mod",
}  # fmt: skip
MOST_TOKENS = 4_000
MOST_LETTERS = 40_000
MOST_SEARCHES = 2  # steps that look through the whole form
WORDED = {"jr:itext": 1, "jr:choice-name": 2}  # and how many values each takes
NAMED_HERE = ("instance", "current", "today", "now", "indexed-repeat")
STAYS = ("position", "last", "true", "false", "name", "local-name")


def is_known(name: str) -> bool:
    """Whether a function can be worked out here."""
    return name in FUNCTIONS or name in WORDED or name in STAYS or name in NAMED_HERE


class Rewriter:
    """Rewrites one expression; `here` is the path of its node, `repeat` of the repeat around it."""

    def __init__(
        self,
        expression: str,
        known: Callable[[str], bool],
        here: str,
        repeat: str,
        takes: Callable[[str, int], bool] = lambda _name, _count: True,
    ):
        if len(expression) > MOST_LETTERS:
            raise UnreadableExpression(f"it is too long: it may have {MOST_LETTERS:,} characters")
        self.tokens = expression_tokens(expression)
        self.known = known
        self.takes = takes
        self.here = here
        self.repeat = repeat
        self.instances: set[str] = set()

    def whole(self) -> str:
        # Before the tree is built: reading and rewriting call themselves for each level.
        if len(self.tokens) > MOST_TOKENS:
            raise UnreadableExpression("it is too long")
        if self.searches() > MOST_SEARCHES:
            raise UnreadableExpression(
                "it searches the whole form more than twice: name the questions"
            )
        return self.text_of(ExpressionReader(self.tokens).whole())

    def searches(self) -> int:
        return sum(sign in ("//", "::") for _, sign in self.tokens)

    def walk(self) -> int:
        """The cost of the expression's paths in steps: one for each step, a hundred for each
        search.
        """
        return sum(sign == "/" for _, sign in self.tokens) + 100 * self.searches()

    def text_of(self, tree: Tree) -> str:
        match tree:
            case Literal(text) | Number(text) | Variable(text):
                return text
            case Bracket(within):
                return f"({self.text_of(within)})"
            case Negative(value):
                # libxml2's own minus knows neither days nor empty answers.
                return f"odk:sub(0, {self.text_of(value)})"
            case Either(parts):
                return " | ".join(map(self.text_of, parts))
            case Chain():
                return self.chain(tree)
            case Call("indexed-repeat", given):
                return self.rewrite_indexed_repeat(given)
            case Call(name, given):
                return self.write_call(name, [self.text_of(one) for one in given])
            case Path():
                return self.path(tree)
        raise UnreadableExpression(f"it cannot be read: there is no question “{tree.name}”")

    def chain(self, tree: Chain) -> str:
        left = self.text_of(tree.first)
        for sign, value in tree.rest:
            right = self.text_of(value)
            if sign in OPERATIONS:
                left = f"{OPERATIONS[sign]}({left}, {right})"
            else:
                # libxml2 counts a node that exists as true, even an empty answer.
                left = f"(odk:bool({left}) {sign} odk:bool({right}))"
        return left

    def path(self, path: Path) -> str:
        if path.start is None and path.steps[0].sign:
            return self.absolute(path.steps)
        start = "" if path.start is None else self.text_of(path.start)
        return start + self.within(path.predicates) + "".join(map(self.step, path.steps))

    def step(self, step: Step) -> str:
        return step.sign + step.text + self.within(step.predicates)

    def within(self, predicates: Iterable[Tree]) -> str:
        """The rewritten positions and conditions of a step; absolute paths in them mean the same
        round as outside.
        """
        texts = map(self.text_of, predicates)
        return "".join(f"[{one}]" if one.isdigit() else f"[odk:which({one})]" for one in texts)

    def absolute(self, steps: Sequence[Step]) -> str:
        """A path from the root, written with $root, as '/' in a list of options is the list's root.

        A path into the repeat that contains the expression starts from its own round instead.
        """
        written, plain = "$root", ""
        for step, after in zip(steps, (*steps[1:], None), strict=True):
            within = self.within(step.predicates)
            if plain or step.sign == "//":
                written += step.sign + step.text + within
            plain += step.sign + step.text
            goes_on = after is not None and after.sign == "/"
            if plain == self.repeat and goes_on and "[" not in written:
                up = self.here.count("/") - self.repeat.count("/")
                written = "/".join([".."] * up) or "."
        return written

    def rewrite_indexed_repeat(self, given: Sequence[Tree]) -> str:
        """The rewritten call indexed-repeat(question, repeat, which): the question's answer in that
        round.
        """
        if len(given) > 3:
            raise UnreadableExpression("it uses indexed-repeat() for a repeat within another")
        if len(given) < 3:
            raise UnreadableExpression("it gives indexed-repeat() too few values")
        question, repeat = plain_path(given[0]), plain_path(given[1])
        if not question.startswith(repeat + "/"):
            raise UnreadableExpression(
                "it uses indexed-repeat() for a question that is not in that repeat"
            )
        within = question.removeprefix(repeat + "/")
        rounds = "$root/" + repeat.lstrip("/").partition("/")[2]
        return f"odk:indexed-repeat({rounds}, {self.text_of(given[2])}, '{within}')"

    def path_from(self, written: str) -> str:
        """The absolute path for a relative one, such as '../town'."""
        steps = [] if written.startswith("/") else self.here.strip("/").split("/")
        for step in written.strip("/").split("/"):
            if step == "..":
                del steps[-1:]
            elif step != ".":
                steps.append(step)
        return "/" + "/".join(steps)

    def write_label_call(self, name: str, given: list[str]) -> str:
        """A call for the label of an option, or for a text by its id."""
        if name == "jr:itext":
            return f"odk:itext({given[0]}, $texts/text)"
        path = self.path_from(given[1].strip("'\" "))
        return f"odk:choice-name({given[0]}, $labels/select[@path = '{path}']/option)"

    def write_call(self, name: str, given: list[str]) -> str:
        if len(given) == WORDED.get(name):
            return self.write_label_call(name, given)
        if name == "instance" and len(given) == 1:
            self.instances.add(given[0].strip("'\""))
            return f"$instance_{variable_name(given[0].strip(chr(39) + chr(34)))}"
        if name in ("current", "today", "now") and not given:
            return f"${name}"
        # libxml2's position() takes no value; with a path it means the number of a round.
        if name in STAYS and not (name == "position" and given):
            return f"{name}({', '.join(given)})"
        if (
            name == "regex"
            and given[1:]
            and given[1][0] in "'\""
            and not compiled_pattern(given[1][1:-1])
        ):
            raise UnreadableExpression(
                "it has a pattern that cannot be matched: no look-around, no back-reference"
            )
        if not self.known(name):
            raise UnreadableExpression(f"it uses {name}(), which is not known here")
        if not self.takes(name, len(given)):
            raise UnreadableExpression(
                f"it gives {name}() {len(given)} values, which is the wrong number"
            )
        return f"odk:{name.rpartition(':')[2]}({', '.join(given)})"


def variable_name(name: str) -> str:
    """An instance's id as the name of a variable."""
    return "".join(sign if sign.isalnum() else f"_{ord(sign):x}_" for sign in name)


def plain_path(tree: Tree) -> str:
    """A path from the root without conditions, as it is."""
    steps = tree.steps if isinstance(tree, Path) and tree.start is None else ()
    if not steps or any(one.sign != "/" or one.predicates for one in steps):
        raise UnreadableExpression("it uses indexed-repeat() with something other than a question")
    return "".join(one.sign + one.text for one in steps)
