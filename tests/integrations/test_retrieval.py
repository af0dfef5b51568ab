"""LangChain, LlamaIndex and Haystack: the same chunks give the same answer, each by its framework's rules."""

import asyncio
import itertools
import pickle

import pytest
from haystack import Document as HaystackDocument
from haystack import Pipeline
from integrations.stories import BRIDGE, BRIDGE_AGAIN, BRIDGE_LATER, LIBRARY, ONCE, PIERS
from langchain_core.documents import Document
from langchain_core.runnables import RunnableLambda
from llama_index.core import Document as LlamaDocument
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import NodeRelationship, NodeWithScore, RelatedNodeInfo, TextNode

from dedupe.integrations.haystack import DocumentDeduplicator
from dedupe.integrations.langchain import DedupeCompressor, DedupeTransformer
from dedupe.integrations.llama_index import DedupePostprocessor, DedupeTransform
from dedupe.integrations.passages import Report, compare, options_of

TAIL = f"will stay closed until the spring of next year. {PIERS}"  # overlaps the end of BRIDGE

# -- what all share


def kept(texts, lose=None, **how):
    outcome = compare(texts, options_of("drop", None, 3, lose), **how)
    return [text for _, text, _ in outcome.kept()]


def test_a_chunk_with_another_fact_stays_unless_the_threshold_decides():
    assert kept([BRIDGE, BRIDGE_LATER]) == [BRIDGE, BRIDGE_LATER]
    assert kept([BRIDGE, BRIDGE_LATER], lose="words") == [BRIDGE]


@pytest.mark.parametrize("lose", [None, "words"])
@pytest.mark.parametrize("mode", ["drop", "shorten"])
def test_every_framework_hands_on_what_may_be_lost(mode, lose):
    how, texts = {"mode": mode, "threshold": 0.7, "lose": lose}, [BRIDGE, BRIDGE_LATER]
    expected = texts if lose is None else texts[:1]

    made = DedupeTransformer(**how).transform_documents([Document(text) for text in texts])
    assert [one.page_content for one in made] == expected
    assert [node.text for node in DedupeTransform(**how)([TextNode(text=text) for text in texts])] == expected
    result = DocumentDeduplicator(**how).run([HaystackDocument(content=text) for text in texts])
    assert [one.content for one in result["documents"]] == expected
    assert DocumentDeduplicator.from_dict(DocumentDeduplicator(**how).to_dict()).lose == lose


def test_overlap_between_neighbours_stays_in_the_better_ranked_one():
    assert kept([BRIDGE, TAIL], trim_overlap=True) == [BRIDGE, PIERS]
    assert kept([TAIL, BRIDGE], trim_overlap=True) == [TAIL, BRIDGE[: BRIDGE.index(" will")]]


def test_a_chunk_inside_a_better_ranked_one_goes():
    assert kept([TAIL, PIERS], trim_overlap=True) == [TAIL]
    assert kept([PIERS, TAIL], trim_overlap=True) == [PIERS, TAIL]


def test_overlap_of_chinese_text_is_cut_between_characters():
    first, second = "市议会周一表示这座大桥将关闭到明年春天", "这座大桥将关闭到明年春天工程师发现桥墩生锈"

    assert kept([first, second], trim_overlap=True) == [first, "工程师发现桥墩生锈"]


def test_short_chunks_and_chunks_of_one_letter_are_left_alone():
    assert kept(["a" * 5000, "b", "", None, "b c"], trim_overlap=True) == ["a" * 5000, "b", "", "", "b c"]


def test_shortening_takes_repeated_paragraphs_and_leaves_headings():
    texts = [f"News\n\n{BRIDGE}", f"News\n\n{BRIDGE}\n\n{LIBRARY}", BRIDGE]

    outcome = compare(texts, options_of("shorten", None, 3, None))

    assert [(number, text) for number, text, _ in outcome.kept()] == [(0, texts[0]), (1, f"News\n\n{LIBRARY}")]
    assert outcome.survivor == [0, 1, 0]


def test_words_are_counted_in_and_out():
    outcome = compare([BRIDGE, TAIL, BRIDGE_AGAIN], options_of("drop", None, 3, None), trim_overlap=True)

    assert outcome.report == Report(3, 2, 20 + 25 + 20, 20 + 16)
    assert outcome.report.words_saved == 29


# -- LangChain


def documents():
    return [
        Document(BRIDGE, metadata={"source": "a.html", "page": 1}, id="1"),
        Document(BRIDGE_AGAIN, metadata={"source": "b.html"}, id="2"),
        Document(TAIL, metadata={"source": "a.html"}, id="3"),
        Document("", metadata={}),
        Document(BRIDGE),
    ]


def test_langchain_transformer_drops_before_indexing_and_keeps_overlap():
    given = documents()

    made = DedupeTransformer().transform_documents(given)

    assert [one.page_content for one in made] == [BRIDGE, TAIL, ""]
    assert made[0].metadata == {"source": "a.html", "page": 1, "also_in": ["b.html"]}
    assert made[0].id == "1"
    assert given == documents()


def test_langchain_compressor_keeps_the_better_ranked_and_cuts_overlap():
    step = DedupeCompressor()

    made = step.compress_documents(documents()[::-1], "bridge")

    assert [one.page_content for one in made] == [BRIDGE, "", PIERS]
    assert made[0].metadata == {"also_in": ["b.html", "a.html"]}
    assert step.report.words_saved == 49


def test_langchain_async_gives_the_same():
    step = DedupeCompressor(also_in=None)

    made = asyncio.run(step.acompress_documents(documents(), "bridge"))

    assert made == step.compress_documents(documents(), "bridge")
    assert asyncio.run(
        DedupeTransformer().atransform_documents(documents())
    ) == DedupeTransformer().transform_documents(documents())
    assert "also_in" not in made[0].metadata


def test_langchain_steps_fit_into_a_chain_and_pickle():
    step = pickle.loads(pickle.dumps(DedupeTransformer(mode="shorten", threshold=0.9, lose="words")))
    chain = RunnableLambda(lambda _: documents()) | step.transform_documents

    assert len(chain.invoke("bridge")) == 4
    assert (step.model_dump()["threshold"], step.model_dump()["lose"]) == (0.9, "words")


def test_langchain_shortens():
    made = DedupeTransformer(mode="shorten").transform_documents([Document(BRIDGE), Document(ONCE)])

    assert [one.page_content for one in made] == [BRIDGE, LIBRARY]


@pytest.mark.parametrize("step", [DedupeTransformer, DedupeCompressor])
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"threshold": 70}, "write 0.7"),
        ({"mode": "cut"}, "'drop' or 'shorten'"),
        ({"treshold": 1}, "not permitted"),
        ({"lose": "all"}, "'nothing', 'short' or 'words'"),
        ({"mode": "shorten", "width_words": 5}, "width_words=5 has no effect with lose='nothing'"),
    ],
    ids=["threshold", "mode", "name", "lose", "width"],
)
def test_langchain_settings_are_checked(step, settings, message):
    with pytest.raises(ValueError, match=message):
        step(**settings)


def test_an_empty_retrieval_stays_empty():
    assert DedupeCompressor().compress_documents([], "bridge") == []
    assert DedupePostprocessor().postprocess_nodes([], query_str="bridge") == []
    assert DocumentDeduplicator().run([]) == {"documents": [], "duplicates": [], "words_saved": 0}


# -- LlamaIndex


def nodes():
    made = [TextNode(text=text, id_=str(place)) for place, text in enumerate([BRIDGE, BRIDGE_AGAIN, LIBRARY])]
    for one, following in itertools.pairwise(made):
        one.relationships[NodeRelationship.NEXT] = RelatedNodeInfo(node_id=following.node_id)
        following.relationships[NodeRelationship.PREVIOUS] = RelatedNodeInfo(node_id=one.node_id)
    return made


def test_llama_index_transform_drops_nodes_and_relinks_the_rest():
    made = DedupeTransform()(nodes())

    assert [node.node_id for node in made] == ["0", "2"]
    assert made[0].next_node.node_id == "2"
    assert made[1].prev_node.node_id == "0"


def test_llama_index_pipeline_runs_caches_and_serializes():
    pipeline = IngestionPipeline(
        transformations=[SentenceSplitter(chunk_size=64, chunk_overlap=0), DedupeTransform(mode="shorten")]
    )
    given = [LlamaDocument(text=text, id_=name) for name, text in [("a", BRIDGE), ("b", BRIDGE), ("c", LIBRARY)]]

    first, second = pipeline.run(documents=given), pipeline.run(documents=given)

    assert [node.text for node in first] == [node.text for node in second] == [BRIDGE, LIBRARY]
    assert first[0].metadata == {"also_in": ["b"]}
    assert DedupeTransform.from_dict(DedupeTransform(threshold=0.9).to_dict()).threshold == 0.9
    assert [node.text for node in asyncio.run(pipeline.arun(documents=given))] == [BRIDGE, LIBRARY]


def test_llama_index_also_in_is_no_part_of_prompt_or_embedding():
    made = DedupeTransform()([TextNode(text=BRIDGE), TextNode(text=BRIDGE, metadata={"file_path": "b.txt"})])

    assert made[0].metadata == {"also_in": ["b.txt"]}
    assert "b.txt" not in made[0].get_content(metadata_mode="embed")
    assert "b.txt" not in made[0].get_content(metadata_mode="llm")


def test_llama_index_shortening_forgets_an_embedding_of_the_longer_text():
    made = DedupeTransform(mode="shorten")([TextNode(text=BRIDGE), TextNode(text=ONCE, embedding=[1.0, 0.0])])

    assert (made[1].text, made[1].embedding) == (LIBRARY, None)


def test_llama_index_postprocessor_goes_by_score():
    scored = [NodeWithScore(node=node, score=score) for node, score in zip(nodes(), [0.1, 0.9, None], strict=True)]
    step = DedupePostprocessor()

    made = step.postprocess_nodes(scored, query_str="bridge")

    assert [(one.node.node_id, one.score) for one in made] == [("1", 0.9), ("2", None)]
    assert asyncio.run(step.apostprocess_nodes(scored, query_str="bridge")) == made
    assert pickle.loads(pickle.dumps(step)).to_dict() == step.to_dict()


def test_llama_index_settings_are_checked():
    with pytest.raises(ValueError, match=r"write 0\.7"):
        DedupePostprocessor(threshold=70)


# -- Haystack


def test_haystack_keeps_the_better_scored_and_names_the_survivor():
    given = [
        HaystackDocument(id="1", content=BRIDGE, score=0.1, meta={"file_path": "a.txt"}),
        HaystackDocument(id="2", content=BRIDGE_AGAIN, score=0.9),
        HaystackDocument(id="3", content=None),
    ]

    result = DocumentDeduplicator().run(given)

    assert [one.id for one in result["documents"]] == ["2", "3"]
    assert result["documents"][0].meta == {"also_in": ["a.txt"]}
    assert [(one.id, one.meta["duplicate_of"]) for one in result["duplicates"]] == [("1", "2")]
    assert result["words_saved"] == 20
    assert given[0].meta == {"file_path": "a.txt"}


def test_haystack_component_runs_in_a_pipeline_that_went_through_yaml():
    pipeline = Pipeline()
    pipeline.add_component("once", DocumentDeduplicator(trim_overlap=True))
    again = Pipeline.loads(pipeline.dumps(), allowed_modules=["dedupe.integrations.haystack"])
    given = [HaystackDocument(content=BRIDGE), HaystackDocument(content=TAIL)]

    result = again.run({"once": {"documents": given}})["once"]

    assert [one.content for one in result["documents"]] == [BRIDGE, PIERS]
    assert asyncio.run(DocumentDeduplicator(trim_overlap=True).run_async(given)) == result


def test_haystack_telemetry_is_off():
    from haystack import telemetry

    assert telemetry._telemetry.telemetry is None
