"""datatrove: a mapper with statistics, and a filter beside an index that ranks share."""

import json

import pytest
from datatrove.data import Document
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.base import PipelineStep
from datatrove.pipeline.writers import JsonlWriter
from integrations.stories import BRIDGE, BRIDGE_AGAIN, BRIDGE_LATER, DOUBLED, LIBRARY, ONCE

import dedupe
from dedupe.integrations.datatrove import Clean, DropDuplicates


class Rows(PipelineStep):
    """Half of the documents to each of two ranks."""

    texts = (BRIDGE, DOUBLED, LIBRARY, BRIDGE_AGAIN, "")

    def run(self, data=None, rank=0, world_size=1):
        for place in range(rank, len(self.texts), world_size):
            yield Document(text=self.texts[place], id=str(place))


def documents(*texts):
    return iter([Document(text=text, id=str(place)) for place, text in enumerate(texts)])


def test_clean_shortens_documents_and_counts():
    step = Clean()

    made = list(step.run(documents(DOUBLED, BRIDGE, "")))

    assert [one.text for one in made] == [ONCE, BRIDGE, ""]
    assert step.stats["shortened"].total == 1
    assert step.stats["removed_chars"].total == len(DOUBLED) - len(ONCE)
    assert step.stats["total"].total == 3


def test_drop_duplicates_names_the_survivor():
    step = DropDuplicates(batch_size=2)

    made = list(step.run(documents(BRIDGE, LIBRARY, BRIDGE_AGAIN, "")))

    assert [one.id for one in made] == ["0", "1", "3"]
    assert step.stats["dropped_near_duplicate"].total == 1


@pytest.mark.parametrize(
    ("settings", "n_left"), [({}, 2), ({"lose": "words", "threshold": 0.7}, 1)], ids=["default", "words"]
)
def test_another_fact_stays_unless_the_threshold_decides(settings, n_left):
    assert len(list(DropDuplicates(**settings).run(documents(BRIDGE, BRIDGE_LATER)))) == n_left
    (made,) = Clean(**settings).run(documents(f"{BRIDGE}\n\n{BRIDGE_LATER}"))
    assert len(made.text.split("\n\n")) == n_left


@pytest.mark.parametrize(("shared", "n_kept"), [(True, 4), (False, 5)], ids=["index for all", "each rank alone"])
def test_what_ranks_can_see(tmp_path, shared, n_kept):
    pipeline = [
        Rows(),
        Clean(),
        DropDuplicates(
            tmp_path / "seen.idx" if shared else None,
            exclusion_writer=JsonlWriter(str(tmp_path / "dropped"), compression=None),
        ),
        JsonlWriter(str(tmp_path / "kept"), compression=None),
    ]

    LocalPipelineExecutor(pipeline, tasks=2, workers=2, logging_dir=str(tmp_path / "logs")).run()

    kept, dropped = (
        [json.loads(line) for file in sorted(tmp_path.glob(f"{name}/*")) for line in file.read_text().splitlines()]
        for name in ("kept", "dropped")
    )
    assert len(kept) == n_kept
    assert len(kept) + len(dropped) == 5
    assert all(one["metadata"]["filter_reason"] == "near_duplicate" for one in dropped)
    assert all(one["metadata"]["similarity"] >= 0.7 for one in dropped)


def test_a_rank_that_runs_again_gets_the_same_answer(tmp_path):
    runs = [[one.id for one in DropDuplicates(tmp_path / "i").run(documents(BRIDGE, BRIDGE_AGAIN))] for _ in range(2)]

    assert runs == [["0"], ["0"]]


def test_settings_are_checked_before_the_run():
    with pytest.raises(dedupe.OptionError, match=r"write 0\.7"):
        DropDuplicates(threshold=70)
