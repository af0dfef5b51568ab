"""Try an installed package as its user would; `make wheel` runs this outside the checkout.

Usage: python -I tests/smoke.py COMMAND SEEDS
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import dedupe


def main() -> None:
    command, seeds = (str(Path(argument).absolute()) for argument in sys.argv[1:3])
    installed = Path(dedupe.__file__)
    assert installed.is_relative_to(sys.prefix), f"imported from {installed}, not the wheel"

    article = Path(seeds, "001_2a230eade973f583.txt")
    text = article.read_bytes().decode()
    cleaned = dedupe.clean(text)
    assert len(text.splitlines()) - len(cleaned.splitlines()) == 5, cleaned

    with tempfile.TemporaryDirectory() as folder:
        run = [command, "clean", str(article)]
        printed = subprocess.run(run, cwd=folder, capture_output=True, check=True)
    assert printed.stdout.decode().rstrip("\r\n") == cleaned.rstrip("\r\n"), printed.stdout

    version = subprocess.run([command, "--version"], capture_output=True, check=True, text=True)
    print(f"wheel: {version.stdout.strip()}; cleaned {article.name} from {installed.parent.name}")


if __name__ == "__main__":
    main()
