"""Write `src/dedupe/stories/coverage/background.bin`: the common words of 58 languages, as hashes.

    pip install stopwordsiso==0.7.1
    python tools/make_background.py

The lists are those of Stopwords ISO (Gene Diaz and contributors, MIT License), as the package
`stopwordsiso` ships them. Only hashes of single words are stored: they say that a word is common, and
nothing else of the lists can be read back.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import stopwordsiso

from dedupe.core.text.batch import encode
from dedupe.core.text.tokens import words

TARGET = Path(__file__).parent.parent / "src/dedupe/stories/coverage/background.bin"


def main() -> None:
    """Hash every listed word, keep the upper 32 bits, sort."""
    listed = sorted({word for language in stopwordsiso.langs() for word in stopwordsiso.stopwords(language)})
    batch = encode(listed)
    starts, ends = batch.offsets[:-1], batch.offsets[1:]
    filled = ends > starts
    found = words(batch.buffer, starts[filled], ends[filled])
    hashes = found.hashes[found.offsets[:-1][np.diff(found.offsets) == 1]]
    kept = np.unique((hashes >> np.uint64(32)).astype("<u4"))
    TARGET.write_bytes(kept.tobytes())
    print(f"{len(listed)} entries, {kept.size} single words, {kept.nbytes} bytes in {TARGET}")


if __name__ == "__main__":
    main()
