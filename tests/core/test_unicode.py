"""The Unicode table: classes by example, folding beside the standard library's."""

import unicodedata

import numpy as np
import pytest
import reference
from hostile import QUICK

from dedupe.core.text import unicode as u
from dedupe.core.text.unicode import parse, table

# Code points that every Python knows alike: assigned since Unicode 3.2, without private use.
OLD = [cp for cp in range(0x110000) if unicodedata.ucd_3_2_0.category(chr(cp)) not in ("Cn", "Cs", "Co")]


def fold(text: str) -> str:
    """Fold without cutting: every code point that the table keeps."""
    items = reference.canonical(reference.folded(text))
    return "".join(chr(code_point) for code_point, kind in items if kind != u.SEPARATOR)


@pytest.mark.parametrize(
    ("char", "kind"),
    [
        *[(char, u.SEPARATOR) for char in " \n\0_'’ʼ-.,!·،।。©°§+$\ufffd\ud800\u0378"],
        *[(char, u.LETTER) for char in "azиλא٣७²ªʰ\ue000\U00010400"],
        *[(char, u.ALONE) for char in "字々〇あアｱーㄅกກក✂★😀⌚🇫\U00020000"],
        *[(char, u.MARK) for char in "\u0301\u093e\u20e3\U0001f3fd"],
        *[(char, u.IGNORED) for char in "\u00ad\u200d\u2060\ufe0f\ufeff\u3164\u0640"],
        *[(char, u.EXPANDS) for char in "éйßﬁ한™½ⅷ"],
    ],
    ids=ascii,
)
def test_class(char: str, kind: int) -> None:
    assert reference.entry(ord(char))[1] == kind


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("STRASSE", "straße"),
        ("ﬁ", "fi"),
        ("Ａ１", "a1"),
        ("É", "e\u0301"),
        ("ς", "σ"),
        ("ㅤｶﾞ", "ガ"),
        ("Ⅷ", "viii"),
        ("co\u00adop", "coop"),
        ("q\u0307\u0323", "q\u0323\u0307"),
        ("\U00010d50", "\U00010d70"),
        ("п'ять", "пʼять"),
    ],
)
def test_forms_that_fold_alike(left: str, right: str) -> None:
    assert fold(left) == fold(right)


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
@pytest.mark.parametrize("text", QUICK.values(), ids=QUICK.keys())
def test_normal_forms_have_the_same_words(text: str, form: str) -> None:
    assert reference.fold(unicodedata.normalize(form, text)) == reference.fold(text)


def standard_fold(char: str) -> str:
    """Fold by the standard library; "" when a separator comes first, as in a spaced accent."""
    for _ in range(3):
        char = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).casefold())
    kinds = [reference.entry(ord(c))[1] for c in char]
    if kinds[0] == u.SEPARATOR and set(kinds) <= {u.SEPARATOR, u.MARK}:
        return ""
    dropped = (u.SEPARATOR, u.IGNORED)
    return "".join(c for c, kind in zip(char, kinds, strict=True) if kind not in dropped)


def test_folding_is_that_of_the_standard_library() -> None:
    different = [ascii(chr(cp)) for cp in OLD if fold(chr(cp)) != standard_fold(chr(cp))]

    assert different == []


def test_categories_are_those_of_unicodedata2() -> None:
    unicodedata2 = pytest.importorskip("unicodedata2")
    if unicodedata2.unidata_version != table().unicode_version:
        pytest.skip(f"the table is of Unicode {table().unicode_version}")
    allowed = {u.LETTER: "LNC", u.ALONE: "LNS", u.MARK: "MSC", u.IGNORED: "CLM"}
    wrong = [
        hex(cp)
        for cp in range(0, 0x110000, 7)  # every seventh: all of them take ten seconds
        for value, kind, _ in [reference.entry(cp)]
        if value == cp and kind in allowed and unicodedata2.category(chr(cp))[0] not in allowed[kind]
    ]

    assert wrong == []


def test_folding_twice_changes_nothing() -> None:
    targets = {int(value) & u.CODE_POINT_MASK for value in np.unique(table().entries)} & set(OLD)

    assert [cp for cp in targets if fold(fold(chr(cp))) != fold(chr(cp))] == []


def test_arrays_are_read_only_and_every_page_exists() -> None:
    pages, entries, expansions, _ = table()

    assert pages.shape == (0x110000 // u.PAGE_SIZE,)
    assert entries.size == (int(pages.max()) + 1) * u.PAGE_SIZE
    assert not any(array.flags.writeable for array in (pages, entries, expansions))


def test_another_file_is_refused_with_the_way_out() -> None:
    with pytest.raises(ValueError, match="make_unicode_table"):
        parse(b"something else, as long as a header")


def test_a_table_reads_back_as_it_was_made() -> None:
    again = parse(u.make(*table()))

    assert all(np.array_equal(a, b) for a, b in zip(table()[:3], again[:3], strict=True))
