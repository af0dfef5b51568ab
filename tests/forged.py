"""A forged text: made-up words with the public word hashes of a real text, found by running the hash backwards.

`python tests/forged.py` makes the words again, in about a minute. Whoever knows the hash can do so for any text, so
what goes may rest on no hash that a stranger can compute.
"""

import numpy as np
import reference

from dedupe.core.hashing import GOLDEN, MASK, POSITION, fmix64

ALPHABET = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz0123456789", np.uint8)
WORDS = "the harbour council will extend northern quays before winter storms arrive again".split()
_ORDER = np.random.default_rng(5).integers(0, len(WORDS), 80).tolist()
TRIES = 1 << 18  # at a time; one in six million has eight letters and digits

FORGED_WORDS = [
    "t8t27gmhsdfdpgcm",
    "0p6alunjthckxb7y",
    "7rht05y2drdv0d38",
    "kp420fokkc7q9bow",
    "yndojzrzji3hcse1",
    "40khsfjt999q60nj",
    "mq1wpebr7fyep73i",
    "bawrzwprn221ntpz",
    "1a4h0rdxcdzka9kp",
    "btcinwuob4sbx8nq",
    "ytcy12rh392c9lu3",
    "thetg6jn78lrgsqv",
]

REAL = " ".join(WORDS[number] for number in _ORDER)
FORGED = " ".join(FORGED_WORDS[number] for number in _ORDER)


def unmixed(values: np.ndarray) -> np.ndarray:
    """The numbers that `fmix64` makes these of: a shift by 33 of 64 bits and an odd factor can both be undone."""
    for factor in (0xC4CEB9FE1A85EC53, 0xFF51AFD7ED558CCD):
        values = values ^ values >> np.uint64(33)
        values = values * np.uint64(pow(factor, -1, 1 << 64))
    return values ^ values >> np.uint64(33)


def forged_word(word: str, random: np.random.Generator) -> str:
    """A word of 16 letters and digits with the public hash of another; half are drawn, the others must follow."""
    wanted = unmixed(np.array([reference.word_hash(map(ord, word))], np.uint64)) - np.uint64(16 * GOLDEN & MASK)
    while True:
        drawn = ALPHABET[random.integers(0, ALPHABET.size, (TRIES, 8))]
        rest = wanted - fmix64(drawn.view("<u8").ravel() + np.uint64(POSITION))
        follows = (unmixed(rest) - np.uint64(2 * POSITION & MASK)).view(np.uint8).reshape(TRIES, 8)
        fits = np.flatnonzero(np.isin(follows, ALPHABET).all(axis=1))
        if fits.size:
            return bytes(drawn[fits[0]]).decode() + bytes(follows[fits[0]]).decode()


if __name__ == "__main__":
    print([forged_word(word, np.random.default_rng(number)) for number, word in enumerate(WORDS)])
