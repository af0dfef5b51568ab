"""Generated texts with near-duplicates, chains and crowded buckets."""

from __future__ import annotations

import random

WORDS = (
    "the a cat dog house river sun moon tree car runs walks sees likes over under big small red green and or".split()
)


def near_duplicates(n_texts: int, seed: int) -> list[str]:
    """Short texts of few words; half of them are earlier ones with up to two words changed."""
    draw = random.Random(seed)
    texts: list[str] = []
    for _ in range(n_texts):
        if texts and draw.random() < 0.5:
            words = draw.choice(texts).split()
            for _ in range(draw.randint(0, 2)):
                if words:
                    words[draw.randrange(len(words))] = draw.choice(WORDS)
            texts.append(" ".join(words))
        else:
            texts.append(" ".join(draw.choices(WORDS, k=draw.randint(0, 25))))
    return texts


def chain(n_texts: int, seed: int) -> list[str]:
    """Each text has the words of the one before, the first dropped and another added."""
    draw = random.Random(seed)
    words = [f"w{draw.randrange(10**6)}" for _ in range(n_texts + 20)]
    return [" ".join(words[i : i + 20]) for i in range(n_texts)]


def crowd(n_texts: int, seed: int) -> list[str]:
    """Texts that share buckets and differ too much to be duplicates, each with a copy of another word."""
    draw = random.Random(seed)
    shared = [f"s{i}" for i in range(60)]
    texts = []
    for number in range(n_texts):
        words = list(shared)
        for _ in range(2):
            words[draw.randrange(60)] = f"x{number}x{draw.randrange(10**6)}"
        texts.append(" ".join(words))
    return texts


def paragraphs(n_texts: int, seed: int) -> list[str]:
    """Texts of paragraphs that stand in several of them."""
    draw = random.Random(seed)
    pool = [text for text in near_duplicates(n_texts, seed + 1) if text]
    return ["\n\n".join(draw.choices(pool, k=draw.randint(0, 5))) for _ in range(n_texts)]
