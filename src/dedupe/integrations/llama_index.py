"""LlamaIndex: repeated nodes out, in an ingestion pipeline and after retrieval."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Literal

from dedupe.integrations._frameworks import require
from dedupe.integrations.passages import Outcome, Report, by_rank, compare, fold, options_of
from dedupe.options import Lose

require("llama-index", "llama_index.core.schema")

from llama_index.core.bridge.pydantic import Field, PrivateAttr, model_validator  # after the check
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import BaseNode, NodeRelationship, NodeWithScore, QueryBundle, TransformComponent

__all__ = ["DedupePostprocessor", "DedupeTransform"]

_log = logging.getLogger(__name__)


class _Settings:
    """What both steps share; the fields stand in each, because LlamaIndex builds its classes with metaclasses."""

    mode: Literal["drop", "shorten"]
    threshold: float | None
    width_words: int
    lose: Lose | None
    source: str
    also_in: str | None
    _report: Report

    @property
    def report(self) -> Report:
        """Nodes and words in and out, of the last call."""
        return self._report

    def _compare(self, nodes: Sequence[BaseNode], **how: Any) -> Outcome:
        texts = [node.get_content() for node in nodes]
        outcome = compare(texts, options_of(self.mode, self.threshold, self.width_words, self.lose), **how)
        self._report = report = outcome.report
        _log.info("%s of %s nodes stay, %s words saved", report.chunks_out, report.chunks_in, report.words_saved)
        return outcome

    def _changed(self, node: BaseNode, text: str, gone: list[BaseNode], *, keep_embedding: bool) -> BaseNode:
        """A copy with another text or more metadata; the node itself when neither changes."""
        metadata = node.metadata
        if gone:
            metadata = fold(metadata, [self._source(other) for other in gone], self._source(node), self.also_in)
        is_shorter = text != node.get_content()
        if not is_shorter and metadata is node.metadata:
            return node
        update: dict[str, Any] = {"metadata": metadata}
        if is_shorter:  # no longer one stretch of the source
            update |= {name: None for name in ("start_char_idx", "end_char_idx") if name in type(node).model_fields}
            if not keep_embedding:
                update["embedding"] = None
        made = node.model_copy(update=update)
        if self.also_in is not None and metadata is not node.metadata:
            # a list of names helps neither an embedding nor a prompt
            made.excluded_embed_metadata_keys = [*node.excluded_embed_metadata_keys, self.also_in]
            made.excluded_llm_metadata_keys = [*node.excluded_llm_metadata_keys, self.also_in]
        if is_shorter:
            made.set_content(text)
        return made

    def _source(self, node: BaseNode) -> Any:
        return node.metadata.get(self.source) or node.ref_doc_id or node.node_id


class DedupeTransform(_Settings, TransformComponent):
    """In an ingestion pipeline: drop or shorten nodes that repeat earlier ones of the same run.

    A node that stays keeps its id; links to the next and the previous node pass over those that went.
    """

    mode: Literal["drop", "shorten"] = Field("drop", description="drop whole nodes, or shorten them by paragraphs")
    threshold: float | None = Field(None, description="similarity from which two are the same; 0.7, paragraphs 0.8")
    width_words: int = Field(3, description="words per shingle")
    lose: Lose | None = Field(None, description="what may go with a node, as in Options; short, paragraphs nothing")
    source: str = Field("file_path", description="metadata key that names the source; else the source document's id")
    also_in: str | None = Field("also_in", description="metadata key for the sources of nodes that went; None for none")
    _report: Report = PrivateAttr(default_factory=Report)

    @model_validator(mode="after")
    def _check(self) -> DedupeTransform:
        options_of(self.mode, self.threshold, self.width_words, self.lose)
        return self

    @classmethod
    def class_name(cls) -> str:
        """The name in a serialized pipeline."""
        return "DedupeTransform"

    def __call__(self, nodes: Sequence[BaseNode], **kwargs: Any) -> Sequence[BaseNode]:
        """Return the nodes that stay, in their order."""
        outcome = self._compare(nodes)
        made = [
            self._changed(nodes[number], text, [nodes[other] for other in gone], keep_embedding=False)
            for number, text, gone in outcome.kept()
        ]
        dropped = {node.node_id: node for place, node in enumerate(nodes) if outcome.survivor[place] != place}
        return [_relinked(node, dropped) for node in made] if dropped else made


class DedupePostprocessor(_Settings, BaseNodePostprocessor):
    """After retrieval: keep the better-ranked of two alike, and cut the overlap between neighbouring chunks."""

    mode: Literal["drop", "shorten"] = Field("drop", description="drop whole nodes, or shorten them by paragraphs")
    threshold: float | None = Field(None, description="similarity from which two are the same; 0.7, paragraphs 0.8")
    width_words: int = Field(3, description="words per shingle")
    lose: Lose | None = Field(None, description="what may go with a node, as in Options; short, paragraphs nothing")
    source: str = Field("file_path", description="metadata key that names the source; else the source document's id")
    also_in: str | None = Field("also_in", description="metadata key for the sources of nodes that went; None for none")
    trim_overlap: bool = Field(True, description="keep text that two neighbouring chunks share in one of them only")
    _report: Report = PrivateAttr(default_factory=Report)

    @model_validator(mode="after")
    def _check(self) -> DedupePostprocessor:
        options_of(self.mode, self.threshold, self.width_words, self.lose)
        return self

    @classmethod
    def class_name(cls) -> str:
        """The name in a serialized pipeline."""
        return "DedupePostprocessor"

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        inner = [scored.node for scored in nodes]
        order = by_rank([scored.score for scored in nodes])
        outcome = self._compare(inner, order=order, trim_overlap=self.trim_overlap)
        made = []
        for number, text, gone in outcome.kept():
            node = self._changed(inner[number], text, [inner[other] for other in gone], keep_embedding=True)
            is_same = node is inner[number]
            made.append(nodes[number] if is_same else NodeWithScore(node=node, score=nodes[number].score))
        return made


def _relinked(node: BaseNode, dropped: dict[str, BaseNode]) -> BaseNode:
    """Let links to the next and the previous node pass over those that were dropped."""
    links = dict(node.relationships)
    for direction in (NodeRelationship.NEXT, NodeRelationship.PREVIOUS):
        while (link := links.get(direction)) is not None and link.node_id in dropped:  # type: ignore[union-attr]
            further = dropped[link.node_id].relationships.get(direction)  # type: ignore[union-attr]
            if further is None:
                del links[direction]
            else:
                links[direction] = further
    return node if links == node.relationships else node.model_copy(update={"relationships": links})
