"""Short technical fragments that a text is given, each beside others that state something else."""

from __future__ import annotations

from random import Random

from benchmarks.same_or_other.language import FINAL_MARKS, Groups, Language

FRAGMENTS: dict[str, Groups] = {
    "version": (("3.38.2", "3.38.3", "3.39.2"), ("v2.0", "v2.1"), ("1.0.0-rc1", "1.0.0-rc2")),
    "date": (("2024-03-14", "2024-03-15", "2023-03-14"), ("14/03/2024", "14/08/2024")),
    "time of day": (("14:30", "15:30", "14:45"),),
    "unit": (("12 kg", "12 lb"), ("250 MB", "250 GB"), ("80 km", "80 miles"), ("30 °C", "30 °F"), ("5 mm", "5 cm")),
    "currency": (("$40", "€40", "£40"), ("12 USD", "12 EUR")),
    "sign": (("-5", "+5", "5"), ("-0.25", "0.25")),
    "percent": (("5%", "5", "5‰"),),
    "score": (("3:2", "2:3"), ("1/4", "4/1")),
    "operator": (("a == b", "a != b"), ("n <= 3", "n >= 3", "n < 3"), ("p && q", "p || q")),
    "programming language": (("C", "C++", "C#"), ("F", "F#")),
    "flag": (("--force", "--no-force"), ("--trace", "--trace-ascii"), ("-a", "-b")),
    "power": (("x2", "x²"), ("10⁶", "106"), ("2ⁿ", "2n")),
    "path": (("/etc/hosts", "/etc/hostname"), ("src/a/main.c", "src/b/main.c"), ("C:\\Temp\\a.txt", "C:\\Temp\\b.txt")),
    "address": (("https://example.org/2023", "https://example.org/2024"), ("ana@example.org", "ben@example.org")),
    "identifier": (("read_only", "read_write"), ("maxSize", "minSize"), ("ERR_17", "ERR_18")),
}

PREFIXES: dict[str, Groups] = {
    "list number": (("1. ", "2. ", "3. "), ("(4) ", "(5) "), ("2.1 ", "2.2 ")),
    "list letter": (("a) ", "b) ", "c) "), ("(i) ", "(ii) ")),
    "check box": (("- [x] ", "- [ ] "), ("☑ ", "☐ ")),
}


def insert(text: str, fragment: str, language: Language) -> str:
    """Put a fragment in brackets before the mark that ends the text."""
    body = text.rstrip(FINAL_MARKS)
    return f"{body}{' ' * language.is_spaced}({fragment}){text[len(body) :]}"


def carry_fragment(kind: str, text: str, draw: Random, language: Language) -> str:
    """Give a text a fragment of this kind."""
    return insert(text, draw.choice(draw.choice(FRAGMENTS[kind])), language)


def other_fragment(kind: str, text: str, draw: Random, language: Language) -> str | None:
    """Exchange the fragment of a text for another of its group."""
    for group in FRAGMENTS[kind]:
        for member in group:
            if f"({member})" in text:
                other = draw.choice([candidate for candidate in group if candidate != member])
                return text.replace(f"({member})", f"({other})", 1)
    return None


def prefixes(kind: str, language: Language) -> Groups:
    """What can stand before a text of this kind."""
    return PREFIXES[kind] if kind in PREFIXES else (tuple(f"{speaker}: " for speaker in language.speakers),)


def carry_prefix(kind: str, text: str, draw: Random, language: Language) -> str:
    """Put a list number, a check box or a speaker before a text."""
    return draw.choice(draw.choice(prefixes(kind, language))) + text


def other_prefix(kind: str, text: str, draw: Random, language: Language) -> str | None:
    """Exchange what stands before a text for another of its group."""
    for group in prefixes(kind, language):
        for member in group:
            if text.startswith(member):
                return draw.choice([other for other in group if other != member]) + text[len(member) :]
    return None
