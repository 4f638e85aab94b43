"""The pages of the demonstration, as a process that `demo` starts. Not to be called by people.

python -m demo.child pages DESCRIPTOR...             serves on sockets that are already open
python -m demo.child pages-for-anyone DESCRIPTOR...  the same, under any host name
"""

import sys

from api.commands.serving.child import run_child
from demo.command import FOR_ANYONE
from demo.door import demo_door

if __name__ == "__main__":
    kind, *descriptors = sys.argv[1:]
    run_child("pages", *descriptors, door=demo_door(any_host=kind == FOR_ANYONE))
