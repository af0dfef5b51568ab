"""`python -m dedupe` is the command `dedupe`."""

from dedupe.cli import main

main(prog_name="dedupe")
