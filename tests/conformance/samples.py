"""Small collections of many kinds, made in code: what the golden file and the conformance suite run on."""

from __future__ import annotations

import random
from pathlib import Path

from tests.corpora import chain, crowd, near_duplicates, paragraphs
from tests.hostile import LARGE, QUICK

SEEDS = Path(__file__).parents[2] / "seeds"
SENTENCES = {
    "latin": "The river rose over its banks in the night and took the old bridge with it.",
    "cyrillic": "Ночью река вышла из берегов и унесла с собой старый мост у мельницы.",
    "greek": "Το ποτάμι ξεχείλισε τη νύχτα και πήρε μαζί του την παλιά γέφυρα.",
    "chinese": "夜里河水漫过堤岸，把那座古老的桥冲走了，镇上的人都睡着了。",
    "japanese": "夜のうちに川があふれ、古い橋が流されたが、町の人々は眠っていた。",
    "korean": "밤사이 강물이 둑을 넘어 오래된 다리를 쓸어 갔고 마을 사람들은 자고 있었다.",
    "thai": "ในเวลากลางคืนแม่น้ำล้นตลิ่งและพัดพาสะพานเก่าไป ชาวเมืองยังหลับอยู่",
    "arabic": "فاض النهر عن ضفتيه في الليل وجرف معه الجسر القديم بينما كان الناس نياما.",
    "hebrew": "בלילה עלה הנהר על גדותיו וסחף איתו את הגשר הישן בזמן שהתושבים ישנו.",
    "devanagari": "रात में नदी अपने किनारों से ऊपर बह निकली और पुराने पुल को बहा ले गई।",
}
FILLER = [f"w{number}" for number in range(400)]


def edited(n_texts: int, seed: int) -> list[str]:
    """Texts with copies, edited copies, copies in capitals, blank and wordless ones among them."""
    draw = random.Random(seed)
    texts: list[str] = []
    for number in range(n_texts):
        kind = draw.random()
        words = draw.choices(FILLER, k=draw.choice((3, 12, 60, 200)))
        if texts and kind < 0.45:
            words = draw.choice(texts).split()
            for _ in range(draw.choice((0, 1, 1, 2, 8)) if words else 0):
                words[draw.randrange(len(words))] = draw.choice(FILLER)
        text = " ".join(words)
        text = {0: "", 1: " \n ", 2: "!!!", 3: text.upper()}.get(number % 37, text)
        texts.append(text if kind < 0.9 else text.replace(" w1", "\n\nw1"))
    return texts


def templates(n_texts: int) -> list[str]:
    """Pages of one template with a short text of their own."""
    top = "Skip to the content of this page. Sign in to read all that we write about the town and its people."
    foot = "All rights reserved by the publisher of this paper. Read more here\n\nShare this page"
    draw = random.Random(21)
    return [f"{top}\n\n{' '.join(draw.choices(FILLER, k=draw.randint(2, 40)))}\n\n{foot}" for _ in range(n_texts)]


def scripts() -> list[str]:
    """A sentence in ten scripts: as it is, without its last character, in capitals, twice, behind another."""
    texts = [
        form for text in SENTENCES.values() for form in (text, text[:-2], text.upper(), f"{text}\n{text}", f"{text} 7")
    ]
    ring = list(SENTENCES.values())
    return [*texts, *(f"{one}\n\n{other}" for one, other in zip(ring, [*ring[1:], ring[0]], strict=True))]


def ties() -> list[str]:
    """Texts of one length that are alike in pairs, so that only their order can decide."""
    base = "alpha beta gamma delta epsilon zeta theta kappa lambda sigma omega".split()
    texts = []
    for place in range(len(base)):
        words = list(base)
        words[place] = "x" * len(words[place])
        texts += [" ".join(words), " ".join(words).upper()]
    return [*texts, " ".join(base), " ".join(base)]


def short_blocks() -> list[str]:
    """Documents with equal and with nearly equal paragraphs of few words between longer ones."""
    long = "The mayor of the town said on Friday that the bridge will open before the end of June."
    return [
        f"{long}\n\nRead more here\n\nYes.",
        "The council met again in the small hall to speak about the price of water.\n\nRead more here\n\nYes.",
        f"{long} Really.\n\nread more here!\n\nNo.",
        "Yes.\n\nYes.\n\nNo.\n\nRead more here",
        "Read more here",
        "one two three four five six seven\n\none two three four five six seven eight",
        "one two three four five six seven eight\n\none two three four five six seven",
    ]


def seed_articles() -> list[str]:
    """The articles of `make demo`."""
    return [path.read_text("utf-8") for path in sorted(SEEDS.glob("*.txt"))]


def code_and_lists() -> list[str]:
    """Documents with fences, tables, list markers and refrains, each of them twice."""
    marked = [text for name, text in QUICK.items() if name in ("unclosed fence", "fence in a fence", "table rules")]
    listed = (
        "- one item of the list\n- another item of the list\n\n```\nx = 1\n```\n\n* * *\n\n- one item of the list\n"
    )
    return [*marked, listed, listed.replace("x = 1", "x = 2"), *marked, f"{listed}\n{listed}"]


SAYS = "The council of the town met on Friday and agreed to pay 40 euros for each of the new seats in the hall."
SAME_FACT = [
    SAYS,
    SAYS.upper(),
    SAYS.replace("council", "concil"),
    SAYS.replace("agreed", "agred").replace("Friday", "Firday"),
    SAYS.replace("agreed", "ag-\nreed"),
    SAYS.replace(" and ", "\u00a0&#32;and\n"),
    SAYS.replace("the new", "the the new"),
    f"{SAYS} Nobody knows yet when the seats will come.",
]
OTHER_FACT = [
    SAYS.replace("40", "48"),
    SAYS.replace("agreed", "did not agree"),
    SAYS.replace("council", "mayor"),
    SAYS.replace("Friday", "Monday"),
    SAYS.replace("40 euros", "-40 euros"),
    SAYS.replace("40 euros", "40 %"),
    f"{SAYS} The price is 44 euros.",
]
SYMBOLS = [
    "Use C for it.",
    "Use C++ for it.",
    "Use C# for it.",
    "use c for it",
    "Use C++ for it",
    "- [x] done",
    "- [ ] done",
]
MARKS = [
    "ذَهَبَ الوَلَدُ إِلى المَدرَسةِ في الصَّباحِ الباكِرِ مَعَ أَخيهِ", "ذهب الولد إلى المدرسة في الصباح الباكر مع أخيه",
    "ذهب الولد إلى المدينة في الصباح الباكر مع أخيه", "Всё ещё идёт дождь над старым мостом у реки", "Все еще идет дождь над старым мостом у реки",
]  # fmt: skip


def of_words(n_words: int, *changes: tuple[int, str]) -> str:
    """A text of so many words, some of them changed."""
    words = [f"{'abcdefghij'[place % 10] * 3}{'klmnopqrst'[place // 10 % 10] * 2}" for place in range(n_words)]
    for place, word in changes:
        words[place] = word
    return " ".join(words)


AROUND_50 = [
    of_words(n_words, *changes)
    for n_words in (49, 50, 51)
    for changes in ((), ((20, "xyz"),), ((20, "aaammx"),), ((7, "7"),))
]
DIFFERENCES = [*SAME_FACT, *OTHER_FACT, *SYMBOLS, *MARKS, *AROUND_50]

COLLECTIONS: dict[str, list[str]] = {
    "none": [],
    "one empty": [""],
    "blank": ["", " ", "\n\n", "\t"],
    "single": ["The only text of all."],
    "equal": ["The same text of seven short words."] * 5,
    "wordless": ["!!!", "...", "!!!", "?!", "—", "* * *"],
    "tiny": ["a", "a", "b", "A", "a b", "a, b", "ab"],
    "ties": ties(),
    "near 1": near_duplicates(60, 1),
    "near 2": near_duplicates(120, 2),
    "near 3": near_duplicates(30, 3),
    "chain": chain(40, 4),
    "chain backwards": chain(40, 5)[::-1],
    "crowd": crowd(30, 6),
    "full bucket": crowd(90, 7),
    "paragraphs 1": paragraphs(40, 8),
    "paragraphs 2": paragraphs(80, 9),
    "edited 1": edited(60, 10),
    "edited 2": edited(90, 11),
    "CR LF paragraphs": [text.replace("\n", "\r\n") for text in paragraphs(20, 12)],
    "templates": templates(12),
    "scripts": scripts(),
    "short blocks": short_blocks(),
    "seeds": seed_articles(),
    "seeds twice": [*seed_articles(), *(text.replace("the", "a") for text in seed_articles())],
    "code and lists": code_and_lists(),
    "hostile": list(QUICK.values()),
    "hostile backwards": [*list(QUICK.values())[::-1], *QUICK.values()],
    "differences": DIFFERENCES,
    "differences in paragraphs": ["\n\n".join(DIFFERENCES[at : at + 4]) for at in range(0, len(DIFFERENCES), 4)],
    "repetitive": [" ".join(random.Random(number).choices("abc", k=number % 10)) for number in range(60)],
}
LARGE_TEXTS: list[str] = list(LARGE.values())
