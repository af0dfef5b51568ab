"""JSON Lines through a pipe: in order, as they come, byte for byte where nothing went."""

import io
import json
import subprocess
import sys

import pytest
from hostile import QUICK
from hypothesis import given
from hypothesis import strategies as st

import dedupe
from dedupe.cli.pipe import Counts, Pipe, run

RAIN = "Rain fell on the town all day long, and nobody minded it."
DOUBLED = f"{RAIN}\n\nThe market opened late.\n\n{RAIN}"
ONCE = f"{RAIN}\n\nThe market opened late."


def through(data: bytes, **how) -> tuple[bytes, Counts]:
    sink = io.BytesIO()
    counts = run(io.BytesIO(data), sink, Pipe(**how))
    return sink.getvalue(), counts


def lines(*texts) -> bytes:
    return b"".join(json.dumps({"text": text}).encode() + b"\n" for text in texts)


def test_only_the_text_of_a_line_is_written_anew():
    data = '{ "n": 1.50,"text" :"A","z": "é" }\n'.replace('"A"', json.dumps(DOUBLED)).encode()

    out, counts = through(data)

    assert out == '{ "n": 1.50,"text" :"A","z": "é" }\n'.replace('"A"', json.dumps(ONCE)).encode()
    assert counts == Counts(lines_in=1, lines_out=1, shortened=1)


@pytest.mark.parametrize(
    "data",
    [b"", b"\n\n", b'{"text": null}\n', b'{"text":"a"}\r\n{"text":"b"}', b'\xef\xbb\xbf{"text": "\\ud800"}\n'],
    ids=["nothing", "blank lines", "null", "CR LF, no last line end", "mark and lone surrogate"],
)
@pytest.mark.parametrize("unbuffered", [False, True])
def test_lines_without_repeats_come_out_byte_for_byte(data, unbuffered):
    assert through(data, unbuffered=unbuffered)[0] == data


@pytest.mark.parametrize(
    ("settings", "n_left"), [({}, 2), ({"lose": "words", "threshold": 0.5}, 1)], ids=["default", "words"]
)
def test_a_line_with_another_fact_stays_unless_the_threshold_decides(settings, n_left):
    data = lines(RAIN, RAIN.replace("nobody", "somebody"), RAIN.upper())

    assert len(through(data, drop=True, settings=settings)[0].splitlines()) == n_left


def test_the_command_takes_what_may_be_lost_through_a_pipe():
    texts = [f"{RAIN}\n\n{RAIN.replace('nobody', 'somebody')}", RAIN]

    def cleaned(*settings: str) -> list[str]:
        command = [sys.executable, "-m", "dedupe", "clean", "--jsonl", *settings]
        done = subprocess.run(command, input=lines(*texts), capture_output=True, check=True)
        return [json.loads(line)["text"] for line in done.stdout.splitlines()]

    assert cleaned() == texts
    assert cleaned("--lose", "words", "--threshold", "0.5") == [RAIN, RAIN]


@given(st.lists(st.sampled_from(list(QUICK.values())), max_size=6))
def test_any_text_comes_out_as_clean_gives_it(texts):
    out, _ = through(lines(*texts))

    assert [json.loads(line)["text"] for line in out.splitlines()] == [dedupe.clean(text) for text in texts]


class Dripping(io.BytesIO):
    """Hands over a few bytes at a time, as a slow writer does."""

    def read1(self, size: int | None = -1, /) -> bytes:
        return super().read1(7)


def test_how_the_bytes_arrive_changes_nothing():
    data = lines(DOUBLED, RAIN, "ü" * 50)
    sink = io.BytesIO()

    run(Dripping(data), sink, Pipe())

    assert sink.getvalue() == through(data)[0]


def test_an_index_drops_what_was_seen_before(tmp_path):
    data = lines(RAIN, "", RAIN.upper(), "The market opened late.")

    first, counts = through(data, index=tmp_path / "seen.idx")
    second, _ = through(data, index=tmp_path / "seen.idx")

    assert first == lines(RAIN, "", "The market opened late.")
    assert second == lines("")
    assert counts == Counts(lines_in=4, lines_out=3, duplicates=1)


def test_with_ids_a_run_can_be_repeated(tmp_path):
    data = b'{"text":"one two three","id":1}\n{"text":"One two three!","id":2}\n'

    runs = [through(data, index=tmp_path / "seen.idx", id="id")[0] for _ in range(2)]

    assert runs == [b'{"text":"one two three","id":1}\n'] * 2


BAD = b'{"text":"a"}\nnonsense\n{"txt":"b"}\n[1]\n{"text":3}\n\xff\n{"text":"c"}\n'


@pytest.mark.parametrize(
    ("on_error", "out"),
    [("skip", b'{"text":"a"}\n{"text":"c"}\n'), ("keep", BAD)],
)
def test_bad_lines_are_skipped_or_kept_and_counted(on_error, out):
    made, counts = through(BAD, on_error=on_error)

    assert made == out
    assert counts.bad == 5


@pytest.mark.parametrize("unbuffered", [False, True])
def test_a_bad_line_stops_the_run_behind_the_lines_before_it(unbuffered):
    sink = io.BytesIO()

    with pytest.raises(dedupe.InputError, match=r"line 2: no valid JSON.*on_error='skip'"):
        run(io.BytesIO(BAD), sink, Pipe(unbuffered=unbuffered))

    assert sink.getvalue() == b'{"text":"a"}\n'


def test_a_line_without_its_id_is_a_bad_line(tmp_path):
    with pytest.raises(dedupe.InputError, match="line 1: field 'id' must be a string or a whole number, got None"):
        through(lines(RAIN), index=tmp_path / "seen.idx", id="id")


@pytest.mark.parametrize(
    ("how", "message"),
    [({"on_error": "skp"}, "did you mean 'skip'"), ({"id": "url"}, "give index= too")],
    ids=["on_error", "id"],
)
def test_what_cannot_be_done_is_said(how, message):
    with pytest.raises(dedupe.OptionError, match=message):
        Pipe(**how)


def command(*arguments, verb="clean", **how):
    return subprocess.Popen(
        [sys.executable, "-m", "dedupe", verb, "--jsonl", *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how,
    )  # fmt: skip


def test_the_command_reads_and_writes_the_standard_streams():
    out, errors = command("--text", "body").communicate(b'{"body":"a"}\n')

    assert out == b'{"body":"a"}\n'
    assert errors == b"1 lines in, 1 out, 0 shortened\n"


def test_a_line_comes_out_before_the_next_is_written():
    with command("--unbuffered") as process:
        process.stdin.write(lines("a"))
        process.stdin.flush()

        assert process.stdout.readline() == lines("a")

        process.stdin.close()
        assert process.wait() == 0


def test_a_reader_that_leaves_ends_the_run_without_a_trace():
    with command("--unbuffered") as process:
        process.stdout.close()
        process.stdin.write(lines("a"))
        process.stdin.close()

        assert process.wait() == 141
        assert process.stderr.read() == b""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--on-error", "keap"], b"did you mean 'keep'"), (["-o", "x"], b"leave FILE, -o and reports out")],
    ids=["value", "folder"],
)
def test_the_command_refuses_what_it_cannot_do(arguments, message):
    with command(*arguments) as process:
        process.stdin.close()

        assert process.wait() == 2
        assert message in process.stderr.read()


@pytest.mark.parametrize("has_index", [True, False])
def test_unique_drops_lines_like_an_earlier_one(tmp_path, has_index):
    index = ("--index", str(tmp_path / "seen.idx")) if has_index else ()

    out, errors = command(*index, verb="unique").communicate(lines(RAIN, "Something else.", RAIN.upper()))

    assert out == lines(RAIN, "Something else.")
    assert errors == b"3 lines in, 2 out, 1 duplicates left out\n"


def test_unique_goes_on_with_what_earlier_runs_have_seen(tmp_path):
    index = ("--index", str(tmp_path / "seen.idx"))
    command(*index, verb="unique").communicate(lines(RAIN))

    out, errors = command(*index).communicate(lines(RAIN, "Something else."))

    assert out == lines("Something else.")
    assert errors.startswith(b"dedupe clean --jsonl --index drops whole records; the name for that is dedupe unique ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--empty", "keep"], b"--empty was given, but --jsonl goes without it"), (["in.jsonl"], b"leave INPUT out")],
    ids=["option of files", "input"],
)
def test_unique_refuses_what_a_pipe_does_not_have(arguments, message):
    with command(*arguments, verb="unique") as process:
        process.stdin.close()

        assert process.wait() == 2
        assert message in process.stderr.read()


def test_stop_is_the_former_name_of_raise():
    assert Pipe(on_error="stop") == Pipe(on_error="raise")
