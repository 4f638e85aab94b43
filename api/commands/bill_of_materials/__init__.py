"""`sbom`: which libraries are in the program, and under which licences."""
