"""What clients may see of answers that are sent under keys: a history is checked against it.

detangle looks for an order of all that was sent, in which each took effect at one moment between
its sending and its answer, that explains every answer. What nobody answered may have had an
effect or none.
"""

from detangle.lin import History, Model


class SendOnce(Model):
    """The first content under a key is stored, its receipt stays, other content is a conflict."""

    name = "send once"

    def partition(self, operations):
        by_key = {}
        for one in operations:
            by_key.setdefault(one.arg[0], []).append(one)
        return list(by_key.values())

    def init(self):
        return None

    def step(self, state, op):
        _, content = op.arg
        if op.status != "ok":  # nobody knows the receipt yet: None, until somebody is shown it
            return True, state or (content, None)
        if op.output == "conflict":
            return state is not None and state[0] != content, state
        if state is None:
            return True, (content, op.output)
        first, receipt = state
        return first == content and receipt in (None, op.output), (first, op.output)


def check_history(history):
    """Fail if no order of the sends explains what their clients saw."""
    assert isinstance(history, History)
    history.assert_linearizable(SendOnce())
