"""Guesses at a password or passphrase: slowed down, without shutting its owner out."""

import asyncio

from litestar.datastructures import State

from api.limits import Tally, digest

SPAN = 3_600
MOST_FROM_SOURCE = 10
FREE = 20  # from all sources together
PAUSE, LONGEST_PAUSE = 0.5, 5.0


class Tries:
    """Counted by what is guessed at and from where, in the memory of the process, for an hour.

    Ten tries, and one source has to wait. When many sources try the same, each of them is made to
    wait some seconds, but nobody is refused for what others did.
    """

    def __init__(self) -> None:
        self.from_source = Tally(SPAN)
        self.of_all = Tally(SPAN)

    async def admit(self, guessed_at: str, source: bytes) -> bool:
        """Whether one more try is taken, counted before it is looked at."""
        meant = digest(guessed_at)
        if self.from_source.add(meant + source) > MOST_FROM_SOURCE:
            return False
        over = self.of_all.add(meant) - FREE
        if over > 0:
            await asyncio.sleep(min(over * PAUSE, LONGEST_PAUSE))
        return True

    def seconds_left(self, guessed_at: str, source: bytes) -> int:
        """Until this source may try again."""
        return self.from_source.seconds_left(digest(guessed_at) + source)

    def forget(self, guessed_at: str, source: bytes) -> None:
        """Whoever knows it begins anew."""
        self.from_source.forget(digest(guessed_at) + source)


def tries_of(state: State) -> Tries:
    if "tries" not in state:
        state.tries = Tries()
    found: Tries = state.tries
    return found
