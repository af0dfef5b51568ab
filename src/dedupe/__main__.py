"""`python -m dedupe` is the command `dedupe`."""

from dedupe.cli.commands import main

main(prog_name="dedupe")
