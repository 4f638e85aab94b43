"""What an edition finds: changes between two windows, and the findings that are chosen."""
