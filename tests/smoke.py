"""Try the installed package as its user would; nothing is imported from the checkout.

Usage: python -I tests/smoke.py SEEDS [native], where `native` says that the compiled core must be in use.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import dedupe


def main() -> None:
    seeds, *wanted = sys.argv[1:]
    command = shutil.which("dedupe", path=str(Path(sys.executable).parent))
    assert command, f"no command 'dedupe' beside {sys.executable}"
    installed = Path(dedupe.__file__)
    assert installed.is_relative_to(sys.prefix), f"imported from {installed}, not from {sys.prefix}"
    assert wanted in ([], [dedupe.backend()]), f"the core in use is {dedupe.backend()}, expected {wanted[0]}"

    article = Path(seeds, "001_2a230eade973f583.txt").absolute()
    text = article.read_bytes().decode()
    cleaned = dedupe.clean(text)
    assert len(text.splitlines()) - len(cleaned.splitlines()) == 5, cleaned

    with tempfile.TemporaryDirectory() as folder:
        run = [command, "clean", str(article)]
        printed = subprocess.run(run, cwd=folder, capture_output=True, check=True)
    assert printed.stdout.decode().rstrip("\r\n") == cleaned.rstrip("\r\n"), printed.stdout

    version = subprocess.run([command, "--version"], capture_output=True, check=True, text=True)
    print(f"installed: {version.stdout.strip()}; {article.name} is clean")


if __name__ == "__main__":
    main()
