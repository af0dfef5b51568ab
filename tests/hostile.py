"""The one list of hostile texts; every entry point is tested with it.

`HOSTILE` maps a readable name to a text, `QUICK` is the part without the large ones:

    @pytest.mark.parametrize("text", QUICK.values(), ids=QUICK.keys())
"""

import random
import unicodedata

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"  # four people, three joiners
WAVE_MEDIUM = "\U0001f44b\U0001f3fd"  # a hand and a skin tone
FLAG_FR, FLAG_DE = "\U0001f1eb\U0001f1f7", "\U0001f1e9\U0001f1ea"  # pairs of regional letters
KEYCAP = "1\ufe0f\u20e3"  # a digit, a variation selector, an enclosing mark
LIGATURE_18 = "\ufdfa"  # one letter that folds to eighteen code points
KOREAN = "한국어 문장이 두 번 나온다. 한국어 문장이 두 번 나온다."


def random_letters(n_letters: int, *, seed: int) -> str:
    """One word of random lower-case letters, the same on every machine."""
    return "".join(random.Random(seed).choices("abcdefghijklmnopqrstuvwxyz", k=n_letters))


EMPTY_AND_TINY = {
    "empty": "",
    "one letter": "a",
    "one space": " ",
    "one line feed": "\n",
    "one full stop": ".",
    "one Chinese character": "字",
    "one emoji": "\U0001f600",
    "two letters": "ab",
}

SPACES = {
    "spaces only": " " * 50,
    "tabs and line feeds only": "\t\n \t\n\n" * 10,
    "no-break spaces only": "\u00a0" * 20,
    "lines of no-break spaces": "first line\n\u00a0\u00a0\nsecond line\n\u00a0\nfirst line\n",
    "ideographic spaces": "\u3000一段文字\u3000\u3000一段文字\u3000",
    "zero-width spaces": "one\u200btwo \u200bthree\u200b\n\u200b\none\u200btwo \u200bthree\u200b",
    "trailing spaces": "same line  \nsame line\t\nsame line\n",
}

LINE_ENDS = {
    "CR LF": "one two three\r\n\r\none two three\r\n\r\nfour five six\r\n",
    "lone CR": "one two three\rone two three\rfour five six\r",
    "mixed line ends": "one\r\n\ntwo\r\r\nthree\n\r\none\u2028two\u2029three\u0085one\n",
    "CR LF split by spaces": "one\r \n\r\n \r\none\n",
    "U+2028": "one two three\u2028one two three\u2028four",
    "U+2029": "one two three\u2029one two three\u2029four",
    "U+0085": "one two three\u0085one two three\u0085four",
    "vertical tab and form feed": "one two three\vone two three\fone two three",
    "no final newline": "one two three\n\none two three",
    "only line ends": "\r\n\n\r\u2028\u2029\u0085\n",
    "many final newlines": "one two three\n\n\n\n\n",
}

BROKEN = {
    "lone high surrogate": "\ud800",
    "lone low surrogate in a word": "un\udc80done un\udc80done",
    "surrogates in the wrong order": "one \udc00\ud800 two",
    "NUL": "\x00",
    "NUL in a word": "one\x00two three\x00\none\x00two three\x00",
    "control characters": "".join(map(chr, range(32))) + "\x7f" + "".join(map(chr, range(128, 160))),
    "byte order mark first": "\ufeffone two three\n\none two three",
    "byte order mark inside": "one two\ufeff three\n\none two three",
    "noncharacters": "\ufffe \uffff \U0010ffff \ufdd0",
    "private use": "\ue000\ue001 \U000f0000 \U00100000",
    "unassigned": "\u0378\U000e0fff\U00040000",
    "replacement characters": "\ufffd\ufffd \ufffd",
    "tag characters": "\U000e0041\U000e0042\U000e007f",
}

MARKS = {
    "combining marks only": "\u0301\u0308\u0323",
    "marks after a space": "one \u0301\u0308 two",
    "marks in the wrong order": "a\u0301\u0323 a\u0323\u0301 q\u0307\u0323 q\u0323\u0307",
    "1,000 marks on one letter": "z" + "\u0301\u0323" * 500,
    "enclosing and spacing marks": "a\u20dd \u0915\u093e \u0b95\u0bca",
    "composed and decomposed": "café cafe\u0301 CAFÉ CAFE\u0301",
    "Vietnamese composed": unicodedata.normalize("NFC", "Tiếng Việt được viết. Tiếng Việt được viết."),
    "Vietnamese decomposed": unicodedata.normalize("NFD", "Tiếng Việt được viết. Tiếng Việt được viết."),
    "Hangul composed": unicodedata.normalize("NFC", KOREAN),
    "Hangul decomposed": unicodedata.normalize("NFD", KOREAN),
    "Hangul half-width": "\uffa1\uffc2 \uffb1\uffc2\uffa1",
    "grapheme joiner": "a\u0323\u034f\u0301 a\u034fb",
}

FOLDING = {
    "full case folding": "STRASSE straße STRAẞE \ufb01sh \ufb03 İstanbul ıstanbul ΣΑΣ σας",
    "text of U+FDFA": LIGATURE_18,
    "many U+FDFA": (LIGATURE_18 * 40 + " ") * 5,
    "full-width and half-width": "ＡＢＣ abc １２３ 123 ｶﾞ ガ",
    "letter-like symbols": "ℌ ℵ ⅷ ① ½ ㎏ ㍿ ﷽",
    "mathematical letters": "\U0001d400\U0001d401 \U0001d7ce\U0001d7cf",
    "soft hyphens": "hy\u00adphen\u00adation hyphenation",
    "digits of several scripts": "0123 ٠١٢٣ ०१२३ ๐๑๒๓",
}

SCRIPTS = {
    "Arabic": "السلام عليكم ورحمة الله. السلام عليكم ورحمة الله.",
    "Arabic with vowel marks": "السَّلَامُ عَلَيْكُمْ",
    "Hebrew and Latin with direction marks": "\u202bשלום world\u202c \u200fשלום\u200e world \u2067שלום\u2069",
    "Thai": "สวัสดีครับ ภาษาไทยไม่มีช่องว่างระหว่างคำ",
    "Lao": "ສະບາຍດີ ພາສາລາວ",
    "Khmer": "សួស្តី ភាសាខ្មែរគ្មានចន្លោះរវាងពាក្យទេ។",
    "Burmese": "မင်္ဂလာပါ မြန်မာဘာသာ။",
    "Chinese": "这是一段中文。这是一段中文。\n\n这是一段中文。",
    "rare Chinese": "\U00020000\U0002a6df\U00030000 \u2f00\uf900",
    "Japanese": "これは日本語の文章です。カタカナとひらがな。ー々〆",
    "Devanagari": "यह हिन्दी का एक वाक्य है। क्षेत्र",
    "Tibetan": "བོད་སྐད་ཀྱི་ཚིག་གྲུབ།",
    "Mongolian with separators": "\u182e\u1823\u1829\u180b\u180e\u1823\u182f",
    "mixed scripts": "GPT模型 in 2024年 ราคา 50บาท для всех café",
    "mixed without spaces": "abc字def語123ไทยxyz",
}

EMOJI = {
    "family joined": FAMILY + FAMILY + " " + FAMILY,
    "joiners alone": "\u200d\u200c\u200d",
    "skin tones": WAVE_MEDIUM * 3 + " \U0001f3fd",
    "flags": FLAG_FR + FLAG_DE + FLAG_FR[0],
    "keycaps and selectors": KEYCAP * 2 + " \u2764\ufe0f \u2764\ufe0e",
    "lines of emoji": "\U0001f600\U0001f601\n\n\U0001f600\U0001f601\n\n\U0001f600",
}

MARKUP = {
    "punctuation only": "!?.,;:-–—…«»„“”'\"()[]{}<>/\\|@#$%^&*_+=~`",
    "lines of punctuation": "* * *\n\n* * *\n\n---\n\n* * *\n",
    "unclosed fence": "text\n\n```python\nx = 1\n\nx = 1\n\nx = 1\n",
    "fence in a fence": "````\n```\nsame\n```\n````\n\nsame\n\n~~~\nsame\n\nsame\n~~~\n",
    "fence marks only": "```\n```\n```\n~~~\n",
    "table rules": "|---|---|\n| a | b |\n|---|---|\n| a | b |\n",
    "list markers": "- \n- \n1.\n1.\n- item\n- item\n",
    "abbreviations and decimals": "Dr. Smith paid 3.50 in the U.S. at 5 p.m. Dr. Smith paid 3.50.",
    "refrain": "Yes.\n\nNo.\n\nYes.\n\nNo.\n\nYes.\n",
    "markup and script": "<script>alert('x')</script>\n\n<script>alert('x')</script>",
    "JSON lines": '{"text": "a\\nb"}\n{"text": "a\\nb"}\n',
    "a path and a format string": "../../etc/passwd %s %n {0} {self} ${HOME}",
}

LARGE = {
    "1 MB of one letter": "a" * 1_000_000,
    "1 MB of one Chinese character": "字" * 333_333,
    "10,000 equal lines": "the same line of seven short words\n" * 10_000,
    "10,000 equal paragraphs": "the same paragraph of six words\n\n" * 10_000,
    "10,000 one-letter lines": "a\n" * 10_000,
    "10,000 nearly equal lines": "".join(
        f"the same long line of words with one number in it {n}\n" for n in range(10_000)
    ),
    "100,000 line feeds": "\n" * 100_000,
    "a word of 100,000 random letters": random_letters(100_000, seed=1),
    "two very long words, one letter apart": (
        random_letters(5_000, seed=2) + "a\n\n" + random_letters(5_000, seed=2) + "b\n"
    ),
    "100,000 combining marks": "\u0301\u0323" * 50_000,
    "100,000 full stops": "." * 100_000,
    "10,000 lone surrogates": "\ud800" * 10_000,
}

QUICK: dict[str, str] = EMPTY_AND_TINY | SPACES | LINE_ENDS | BROKEN | MARKS | FOLDING | SCRIPTS | EMOJI | MARKUP
HOSTILE: dict[str, str] = QUICK | LARGE
