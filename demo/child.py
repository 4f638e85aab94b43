"""The processes of the demonstration: its pages, its worker and a second reader of its texts.

`demo` starts them. Not to be called by people.

python -m demo.child pages DESCRIPTOR...             serves on sockets that are already open
python -m demo.child pages-for-anyone DESCRIPTOR...  the same, under any host name
python -m demo.child worker                          also makes the editions that are still to come
python -m demo.child reader                          reads texts until none is left
"""

import sys

from api.commands.serving.child import run_child
from api.jobs import kinds
from demo.command import FOR_ANYONE
from demo.door import demo_door
from demo.steps import FOLLOWING, READER, help_to_read

# The worker runs it, and pages have its label.
kinds.JOBS.append(FOLLOWING)

if __name__ == "__main__":
    kind, *descriptors = sys.argv[1:]
    if kind == READER:
        help_to_read()
    elif kind == "worker":
        run_child(kind)
    else:
        run_child("pages", *descriptors, door=demo_door(any_host=kind == FOR_ANYONE))
