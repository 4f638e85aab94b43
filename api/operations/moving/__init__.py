"""Moves a survey with its answers to another installation and back, as a file.

The file is a ZIP of JSON with a manifest of digests; docs/surveys.md describes it.
"""

from api.operations.moving.packing import stream_package as stream_package
from api.operations.moving.unpacking import WantedUnpacking as WantedUnpacking
from api.operations.moving.unpacking import check_package as check_package
from api.operations.moving.unpacking import find_owner as find_owner
from api.operations.moving.unpacking import unpack_survey as unpack_survey
from api.operations.moving.unpacking import unpacking_lines as unpacking_lines
