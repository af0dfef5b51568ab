"""Write `src/dedupe/core/meaning/words.bin`: known words of many languages, as hashes.

    python tools/make_words.py LIST... --texts FOLDER...

A list is a file with a word a line; the one in the repository was made from SCOWL 60 (American and British, as
Debian's wamerican and wbritish ship it; NOTICE has its terms). From folders of texts (manual pages, package
documentation, fortunes; plain, gzipped or HTML) come the words that stand in five files or more, or in three if they
have eight letters or more: Debian's manpages-*, debian-reference-*, developers-reference-*, maint-guide-*,
debian-faq-*, aptitude-doc-*, debian-edu-doc-*, libreoffice-help-*,
fortunes-* in twenty languages. Only hashes of single words are
stored: they say that a word is known, and nothing else of the sources can be read back.
"""

from __future__ import annotations

import argparse
import gzip
import re
import unicodedata
import zlib
from collections import Counter
from pathlib import Path

import numpy as np

from dedupe.core.meaning import lexicon
from dedupe.core.meaning.spelling import without_marks
from dedupe.core.meaning.tokens import WORD, tokens

TARGET = Path(lexicon.__file__).with_name(lexicon.FILE)
_RUN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_MARKUP = re.compile(r"<[^<>]*>|&[a-zA-Z]+;|\\f.|\\[(].{2}|\\\[[^\]]*\]|^[.'].{1,3}(?= )", re.MULTILINE)
_HYPHEN = re.compile(r"-\n\s*")
_FEW_FILES, _FEWER_FILES, _LONG = 5, 3, 8
_RARE = 0.2  # of the accented form


def main() -> None:
    """Collect, hash, keep the upper 32 bits, sort, pack."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lists", nargs="*", type=Path)
    parser.add_argument("--texts", nargs="*", type=Path, default=[])
    given = parser.parse_args()
    listed = {word.removesuffix("'s") for path in given.lists for word in path.read_text("utf-8").split()}
    counted = _counted(given.texts)
    kept = {word for word, n in counted.items() if n >= (_FEWER_FILES if len(word) >= _LONG else _FEW_FILES)}
    accented = {without_marks(word): word for word in kept if without_marks(word) != word}
    # a text without accents makes no words: where the accented form is far more frequent, the bare one goes
    kept -= {bare for bare, word in accented.items() if bare in kept and counted[bare] < _RARE * counted[word]}
    plain = {each for word in listed | kept for each in _plain(word)}
    hashes = np.unique(np.array([lexicon.hash_of(word) for word in plain], "<u4"))
    data = zlib.compress(np.diff(hashes, prepend=np.uint32(0)).astype("<u4").tobytes(), 9)
    TARGET.write_bytes(data)
    print(f"{len(listed)} listed, {len(kept)} counted, {hashes.size} kept, {len(data)} bytes in {TARGET}")


def _counted(folders: list[Path]) -> Counter[str]:
    """In how many files each word stands."""
    counts: Counter[str] = Counter()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink() and path.stat().st_size < 1 << 22:
                counts.update(_words_of(path))
    return counts


def _words_of(path: Path) -> set[str]:
    """The words of a text file; none of any other."""
    data = path.read_bytes()
    try:
        text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError):
        return set()
    if "\0" in text:
        return set()
    return {
        word.lower()
        for word in _RUN.findall(_MARKUP.sub(" ", _HYPHEN.sub("", unicodedata.normalize("NFC", text))))
        if len(word) > 1
    }


def _plain(word: str) -> list[str]:
    """The plain form of a word of one alphabet; nothing for others."""
    found = tokens(word)
    return [found[0].plain] if len(found) == 1 and found[0].kind == WORD and len(found[0].plain) > 1 else []


if __name__ == "__main__":
    main()
