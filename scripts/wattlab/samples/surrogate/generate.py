"""From a sample spec to surrogate rows: the generators by name."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from wattlab.catalog.facts import DatasetFacts
from wattlab.foundation.errors import InputError, checked, entry_of
from wattlab.samples.surrogate import documents, pictures, questions, reviews, tagging
from wattlab.samples.surrogate.images import CREDITS
from wattlab.samples.surrogate.source import FILLERS, Parameters, Row, Source
from wattlab.samples.surrogate.text import prose
from wattlab.study.cells import SampleSpec


@dataclass(frozen=True)
class Generator:
    """A generator, the schema of its parameters, the roles that it fills, the kinds of further columns that it knows beside
    those of all, and whether its rows hold photographs."""

    row: Callable[[Source, Any, int], Row]
    parameters: type[Parameters]
    roles: tuple[str, ...] = ("text",)
    kinds: tuple[str, ...] = ()
    has_images: bool = False


_SIDES = ("width", "height")

GENERATORS = {
    "review": Generator(reviews.review, reviews.ReviewParameters, ("text", "label")),
    "question-context": Generator(
        questions.question_context, questions.QuestionParameters, ("question", "context", "answers")
    ),
    "tokens": Generator(tagging.tokens, tagging.TokensParameters, ("tokens", "label"), ("tags", "language", "spans")),
    "passage-query": Generator(
        tagging.passage_query, tagging.PassageParameters, kinds=("entities", "entity_spans", "query")
    ),
    "sentence": Generator(documents.sentence, documents.TextParameters),
    "web-document": Generator(documents.web_document, documents.TextParameters),
    "wiki-line": Generator(documents.wiki_line, documents.WikiParameters),
    "document-summary": Generator(documents.document_summary, documents.SummaryParameters, ("text", "summary")),
    "prompt": Generator(documents.prompt, documents.PromptParameters, ("prompt",)),
    "classified-image": Generator(
        pictures.classified_image, pictures.ClassifiedParameters, ("image", "label"), _SIDES, has_images=True
    ),
    "annotated-image": Generator(
        pictures.annotated_image, pictures.AnnotatedParameters, ("image", "objects"), _SIDES, has_images=True
    ),
    "captioned-image": Generator(
        pictures.captioned_image, pictures.CaptionedParameters, ("image", "caption"), _SIDES, has_images=True
    ),
}


def generator_of(dataset: str, entry: DatasetFacts) -> tuple[Generator, Parameters]:
    """The generator that a dataset's entry names, with its parameters checked; raises `InputError`."""
    surrogate, where = entry.surrogate, f"catalog/datasets/{dataset}.yaml"
    assert surrogate is not None, "rows of the hub need no generator"
    name = surrogate.generator
    generator = entry_of(GENERATORS, name, f"{where}: surrogate.generator = {name!r} is unknown")
    # As JSON, since a list of YAML is a tuple only there.
    content, place = json.dumps(surrogate.parameters), f"{where}: surrogate.parameters"
    parameters = checked(generator.parameters, content, place, is_json=True)
    for role in generator.roles:
        if role not in entry.fields:
            raise InputError(
                f"{where}: fields: the generator {name!r} fills the role {role!r}, which has no column; "
                f"add `{role}: its column`, or correct one of {', '.join(entry.fields)}"
            )
    for column, kind in parameters.columns.items():
        place = f"{where}: surrogate.parameters.columns.{column} = {kind!r}"
        entry_of(
            {**dict.fromkeys(generator.kinds), **FILLERS}, kind, f"{place}: the generator {name!r} can not fill it"
        )
    return generator, parameters


def surrogate_rows(spec: SampleSpec) -> Iterator[Row]:
    """The spec's rows, one at a time. Raises `InputError`, and `Unavailable` where the
    material that rows are made of is not installed."""
    generator, parameters = generator_of(spec.dataset, spec.entry)
    source = Source(
        dataset=spec.dataset,
        seed=spec.seed,
        in_file_order=spec.selection == "first",
        fields=spec.entry.fields,
    )
    for row in range(spec.n):
        yield generator.row(source, parameters, row)


def notes_on(spec: SampleSpec) -> list[str]:
    """What the rows are made of, with credits, for the manifest."""
    text = (
        "Words are a random walk over the Python reference manual in pydoc_data.topics (PSF licence), "
        f"prose sha256 {prose().sha256}, with invented names."
    )
    generator, _ = generator_of(spec.dataset, spec.entry)
    return [text, CREDITS] if generator.has_images else [text]
