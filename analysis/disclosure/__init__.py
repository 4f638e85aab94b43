"""Rules of disclosure control: what is too small to show, and what would reveal it.

`analysis/editions/gate.py` applies them to an edition, `analysis/caseload.py` to figures on cases.
"""
