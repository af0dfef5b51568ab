"""Fuzz the compiled kernels against NumPy.

    python tests/fuzz/fuzz_native.py 2000                       the same 2,000 inputs on every run
    python tests/fuzz/fuzz_native.py -max_total_time=600 corpus guided by coverage (pip install atheris)

docs/native.md says how to build the module so that its branches and its memory are watched too.
"""

import random
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))  # started as a script, not by pytest

from fuzz import agreement
from hostile import QUICK

from dedupe.core.bands import Plan

SEEDS = [text.encode("utf-8", "surrogatepass") for text in QUICK.values()]


def check(data: bytes) -> None:
    """Read one input: a byte that chooses the stage, two of settings, then text, sets or noise."""
    if len(data) < 4:
        return
    stage, one, two, rest = data[0] % 11, data[1], data[2], data[3:]
    if stage == 0:
        check_sets(one, two, rest)
    elif stage == 1:
        check_noise(one, rest)
    elif stage == 2:
        check_lines(one, rest)
    elif stage == 3:
        check_postings(one, two, rest)
    elif stage in (4, 5):
        check_meanings(one, two, rest)
    else:
        check_text(one, two, rest)


def check_text(width: int, cut: int, data: bytes) -> None:
    """Blocks of text: what is no UTF-8 becomes code points of the astral and surrogate ranges."""
    text = data.decode("utf-8", "surrogateescape")
    every = cut + 1
    blocks = [text[at : at + every] for at in range(0, len(text), every)]
    agreement.check_text(blocks, width % 16 + 1, Plan(1 + cut % 4, 1 + width % 5))


def check_sets(threshold: int, settings: int, data: bytes) -> None:
    """Sets of small numbers, so that many are alike; a byte of 255 begins the next block."""
    parts = data.split(b"\xff")[:40]
    sets = [[byte & 31 for byte in part] for part in parts]
    buckets = [[byte >> 5 for byte in part[: settings % 8]] for part in parts]
    limits = {"n_fixed": settings % 3 % (len(sets) + 1), "leaders": 1 + settings // 8}
    agreement.check_walk(sets, buckets, (threshold + 1) / 256, **limits)
    agreement.check_intersections(sets[:8], threshold / 255)


def check_postings(leaders: int, spread: int, data: bytes) -> None:
    """Keys from one half of the bytes, ids from the other; nearby or spread over all 24 bits."""
    half = len(data) // 2
    keys = [byte * (1 + spread * 257) & 0xFFFFFF for byte in data]
    agreement.check_postings(list(zip(keys, data[half:], strict=False)), keys[half:], keys[half::3], leaders % 5)


def check_lines(cut: int, data: bytes) -> None:
    """Texts cut into lines, paragraphs or documents."""
    text = data.decode("utf-8", "replace")
    agreement.check_lines([text[:cut], text[cut:]], cut % 3)


def check_meanings(cut: int, size: int, data: bytes) -> None:
    """A text, the text without a part, and that part; each beside each."""
    text = data.decode("utf-8", "surrogateescape")
    agreement.check_meanings([text, text[:cut] + text[cut + size % 40 :], text[cut : cut + size % 40]])


def check_noise(cut: int, data: bytes) -> None:
    """Bytes that need not be UTF-8: any result, but no crash and no word outside of its block."""
    buffer = np.frombuffer(data, np.uint8)
    starts, ends = np.array([0, min(cut, len(data))]), np.array([min(cut, len(data)), len(data)])
    made = agreement.by_native(buffer, starts, ends, 3, Plan(2, 2))
    block = np.repeat([0, 1], np.diff(made["word_offsets"]))
    assert (made["word_starts"] >= starts[block]).all()
    assert (made["word_ends"] <= ends[block]).all()
    agreement.judge_bytes(buffer, starts, ends)


def generated(chooser: random.Random) -> bytes:
    """Draw one input: hostile texts, cut and joined, with a few bytes changed."""
    pieces = [chooser.choice(SEEDS) for _ in range(chooser.randint(1, 4))]
    data = bytearray(b"".join(piece[: chooser.randint(0, 300)] for piece in pieces))
    for _ in range(chooser.randint(0, 5) if data else 0):
        data[chooser.randrange(len(data))] = chooser.randrange(256)
    return chooser.randbytes(3) + bytes(data)


def main(arguments: list[str]) -> None:
    """Run a number of generated inputs, or hand over to libFuzzer."""
    if arguments and arguments[0].isdecimal():
        chooser = random.Random(1)
        for _ in range(int(arguments[0])):
            data = generated(chooser)
            try:
                check(data)
            except BaseException:
                print(f"the input was {data!r}", file=sys.stderr)
                raise
        print(f"{arguments[0]} inputs: compiled kernels and NumPy agree")
        return
    import atheris

    atheris.Setup([sys.argv[0], *arguments], check)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
