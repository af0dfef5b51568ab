"""The stages from text to survivors, each a pure function of arrays.

`docs/core.md` fixes what every stage computes, to the bit.
Only the verbs above this package know the order of the stages.
"""

from dedupe.core.name_clash import check as _check

_check()  # here too: the other library called `dedupe`, installed last, imports this folder as its own core.py
