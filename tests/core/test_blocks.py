"""Blocks: worked examples, the twin, and what taking a block out leaves behind."""

import numpy as np
import pytest
import reference
from hostile import HOSTILE, QUICK
from hypothesis import given
from hypothesis import strategies as st

from dedupe.core.text.batch import encode
from dedupe.core.text.blocks import BLANK, CLOSE, LINE, OWN, SPACE, split

UNITS = ["document", "paragraph", "line", "sentence"]

# Pieces that make every kind of border, and words that make none.
PIECES = ["a", "Word", "é", "字", " ", "  ", "\t", "\n", "\n", "\n\n", "\r\n", "\u2028", "\u3000"]
STOPS = [". ", ".", "! ", "。", "」", '."', "Dr. ", "3. ", "e.g. ", "… "]
MARKUP = ["\n- ", "\n1. ", "\n```\n", "\n~~~ x\n", "\n````\n", "\n```", "* "]
texts = st.lists(st.sampled_from(PIECES + STOPS + MARKUP), max_size=30).map("".join)
# Without list items and line ends that run into each other: see "Where this cannot hold".
plain_texts = st.lists(st.sampled_from([p for p in PIECES + STOPS if p not in ("\r\n", "3. ")]), max_size=30).map(
    "".join
)


def blocks_of(text: str, unit: str) -> list[str]:
    """Split one text, and give the blocks as strings."""
    batch = encode([text])
    found = split(batch, unit)
    data = batch.buffer.tobytes()
    spans = zip(found.starts.tolist(), found.ends.tolist(), strict=True)
    return [data[start:end].decode("utf-8", "surrogatepass") for start, end in spans]


def borders(text: str, unit: str) -> list[int]:
    return split(encode([text]), unit).borders.tolist()


def without(text: str, unit: str, gone: int) -> str:
    """Take one block out, by the rule in the docstring of blocks.py."""
    found = split(encode([text]), unit)
    data = text.encode("utf-8", "surrogatepass")
    start, end = int(found.starts[gone]), int(found.ends[gone])
    before = int(found.ends[gone - 1]) if gone else start
    after = int(found.starts[gone + 1]) if gone + 1 < found.starts.size else end
    if 0 < gone < found.starts.size - 1:
        left, right = found.borders[gone : gone + 2].tolist()
        strongest = max(left, right)
        keep_right = right == strongest and not (right == OWN and found.fenced[gone])
        if strongest == OWN and not keep_right and not found.fenced[gone - 1]:
            before, after = start, end
        elif keep_right:
            after = end
        else:
            before = start
    return (data[:before] + data[after:]).decode("utf-8", "surrogatepass")


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("document", ["  One.\r\nTwo.\n \t\nThree \n"]),
        ("paragraph", ["  One.\r\nTwo.", "Three"]),
        ("line", ["  One.", "Two.", "Three"]),
        ("sentence", ["  One.", "Two.", "Three"]),
    ],
)
def test_each_unit_cuts_where_it_says(unit: str, expected: list[str]) -> None:
    assert blocks_of("  One.\r\nTwo.\n \t\nThree \n", unit) == expected


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("text", ["", " ", "\n", "\t\n\u3000\u2028 "], ids=repr)
def test_white_space_alone_has_no_block(text: str, unit: str) -> None:
    assert blocks_of(text, unit) == []


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x85", "\u2028", "\u2029"], ids=ascii)
def test_every_line_end_ends_a_line(end: str) -> None:
    assert blocks_of(f"one{end}two", "line") == ["one", "two"]


@pytest.mark.parametrize("space", ["\v", "\f", "\t", "\u00a0", "\u3000"], ids=ascii)
def test_other_white_space_ends_no_line_and_is_stripped(space: str) -> None:
    assert blocks_of(f"one{space}two{space * 20}\nend", "line") == [f"one{space}two", "end"]


def test_a_text_without_a_blank_line_has_a_paragraph_per_line() -> None:
    assert blocks_of("\n\none\ntwo\n\n", "paragraph") == ["one", "two"]


def test_a_blank_line_inside_a_fence_makes_no_paragraphs() -> None:
    assert blocks_of("one\ntwo\n```\na\n\nb\n```\nend", "paragraph") == [
        "one",
        "two",
        "```\na\n\nb\n```",
        "end",
    ]


@pytest.mark.parametrize(
    "fence",
    [
        "```py\na\n\nb\n```",
        "~~~\na\n```\n\nb\n~~~",
        "  ````\n```\n\n```\n  ````",
        "```\na\n\nb\n`````",
    ],
)
@pytest.mark.parametrize("unit", ["paragraph", "line", "sentence"])
def test_a_fenced_code_block_is_one_block(fence: str, unit: str) -> None:
    assert blocks_of(f"one\n\n{fence}\n\ntwo", unit) == ["one", fence, "two"]
    assert split(encode([f"one\n\n{fence}\n\ntwo"]), unit).fenced.tolist() == [False, True, False]


@pytest.mark.parametrize(
    "text",
    ["```\na\n\nb", "Title\n~~~~~\n\nb\n~~~~~", "```a```\n\nb\n```c```", "``\n\n``"],
    ids=["never closed", "underlines of titles", "code inside a line", "two backticks"],
)
def test_what_only_looks_like_a_fence_is_text(text: str) -> None:
    assert not split(encode([text]), "paragraph").fenced.any()


def test_a_fence_does_not_cross_into_the_next_text() -> None:
    found = split(encode(["```\na", "b\n```"]), "line")

    assert found.docs.tolist() == [0, 0, 1, 1]
    assert not found.fenced.any()


def test_texts_of_a_batch_are_cut_as_if_alone() -> None:
    texts = ["", "a\r", "\nb\n\nc\nd", " ", "e\nf", ""]

    found = split(encode(texts), "paragraph")

    assert found.docs.tolist() == [1, 2, 2, 4, 4]
    assert found.borders.tolist() == [BLANK, BLANK, BLANK, BLANK, LINE]


def test_borders_say_what_separates_blocks() -> None:
    text = "One. Two\n- item\n\n你好。再见。"

    assert borders(text, "sentence") == [BLANK, SPACE, OWN, BLANK, CLOSE]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("text", QUICK.values(), ids=QUICK.keys())
def test_hostile_texts_are_cut_as_by_the_twin(text: str, unit: str) -> None:
    expected = [text[start:end] for start, end in reference.blocks(text, unit)]

    assert blocks_of(text, unit) == expected


@pytest.mark.parametrize("unit", UNITS)
@given(text=texts)
def test_generated_texts_are_cut_as_by_the_twin(text: str, unit: str) -> None:
    expected = [text[start:end] for start, end in reference.blocks(text, unit)]

    assert blocks_of(text, unit) == expected


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_only_white_space_lies_between_blocks(text: str, unit: str) -> None:
    batch = encode([text])
    found = split(batch, unit)

    gaps = np.ones(batch.buffer.size + 1, np.int8)
    np.add.at(gaps, found.starts, -1)
    np.add.at(gaps, found.ends, 1)
    outside = batch.buffer[(np.cumsum(gaps - 1)[:-1] == 0)].tobytes()
    assert outside.decode("utf-8", "surrogatepass").strip() == ""
    assert (found.ends > found.starts).all()
    assert (found.starts[1:] >= found.ends[:-1]).all()


@pytest.mark.parametrize("unit", ["paragraph", "line", "sentence"])
@given(text=plain_texts, data=st.data())
def test_taking_a_block_out_leaves_the_others(unit: str, text: str, data: st.DataObject) -> None:
    text = f"A.\n\n{text}\n\nB."  # at least one blank line stays
    before = blocks_of(text, unit)
    gone = data.draw(st.integers(1, max(1, len(before) - 2)))

    after = blocks_of(without(text, unit, gone) + "\n\nC.", unit)

    assert after == [*before[:gone], *before[gone + 1 :], "C."]


@pytest.mark.parametrize("unit", ["paragraph", "line"])
@given(text=texts.map(lambda text: text.replace("\r", "")), data=st.data())
def test_taking_a_block_out_beside_fences(unit: str, text: str, data: st.DataObject) -> None:
    text = f"A.\n\n{text}\n\nB."
    before = blocks_of(text, unit)
    gone = data.draw(st.integers(1, max(1, len(before) - 2)))

    after = blocks_of(without(text, unit, gone) + "\n\nC.", unit)

    assert after == [*before[:gone], *before[gone + 1 :], "C."]


@pytest.mark.parametrize("gone", [0, 1, 2, 3])
def test_taking_out_a_list_item_leaves_the_others(gone: int) -> None:
    text = "Buy\n- bread\n- milk.\nThen rest.\n\nEnd."
    before = blocks_of(text, "sentence")

    assert blocks_of(without(text, "sentence", gone), "sentence") == [
        *before[:gone],
        *before[gone + 1 :],
    ]


# "|" marks where the sentences of these texts end.
SENTENCES = {
    "English": "Dr. Smith, Ph.D., paid $3.50 (approx. 3 euros) on Jan. 5, 2020.|"
    " He left at once!|Why?|No one knows… not even J. R. Hall.|“Stop!”|She ran.",
    "English page": "See www.example.com/a.b?c for vs. No. 5, e.g. fig. 2a.|\nIt wraps\nhere.",
    "German": "Am 3. Oktober kam z.B. Dr. Meier.|Er sagte: »Nein.«|Dann ging er.",
    "French": "M. Dupont arrive à midi.|« Bonjour ! » dit-il.|Où est Mme Roux ?|Là.",
    "Spanish": "El Sr. López llegó.|¿Quién es?|¡Nadie lo sabe!|La Sra. Ruiz calla.",
    "Russian": "В 1999 г. проф. Иванов уехал.|Почему?|Никто не знает… кроме нас.|Он молчал.",
    "Chinese": "你好。|他说:“再见!”然后走了。|真的吗？！|是的。",
    "Japanese": "今日は晴れです。|散歩に行きますか？|はい！|行きます。",
    "Hindi": "यह एक वाक्य है।|क्या यह दूसरा है?|हाँ।",
    "Arabic": "هل أنت هنا؟|نعم.|ذهبت إلى البيت.",
    "Urdu": "یہ ایک جملہ ہے۔|یہ دوسرا ہے۔",
    "Burmese": "မင်္ဂလာပါ။|နေကောင်းလား။",
    "Khmer": "សួស្តី។|អរគុណ។",
    "Amharic": "ሰላም።|እንዴት ነህ፧|ደህና።",
    "Armenian": "Բարեւ։|Ինչպես ես։",
    "Tibetan": "བཀྲ་ཤིས་བདེ་ལེགས།|ཐུགས་རྗེ་ཆེ།",
}


@pytest.mark.parametrize("marked", SENTENCES.values(), ids=SENTENCES.keys())
def test_sentences_end_where_a_reader_ends_them(marked: str) -> None:
    expected = [part.strip() for part in marked.split("|")]
    spaced = marked.replace("| ", " ").replace("|\n", "\n").replace("|", " ")

    assert blocks_of(f"{spaced}\n\nEnd.", "sentence") == [*expected, "End."]


def test_a_run_of_stops_at_the_end_is_part_of_the_sentence() -> None:
    assert blocks_of("Wait...." + "." * 1000, "sentence") == ["Wait...." + "." * 1000]
