"""From a sample spec to surrogate rows: the generators by name."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from wattlab.foundation.errors import checked, entry_of
from wattlab.samples.surrogate import documents, pictures, questions, reviews, tagging
from wattlab.samples.surrogate.images import CREDITS
from wattlab.samples.surrogate.source import Parameters, Row, Source
from wattlab.samples.surrogate.text import prose
from wattlab.study.cells import SampleSpec


@dataclass(frozen=True)
class Generator:
    """A generator, the schema of its parameters, and whether its rows hold photographs."""

    row: Callable[[Source, Any, int], Row]
    parameters: type[Parameters]
    has_images: bool = False


GENERATORS = {
    "review": Generator(reviews.review, reviews.ReviewParameters),
    "question-context": Generator(questions.question_context, questions.QuestionParameters),
    "tokens": Generator(tagging.tokens, tagging.TokensParameters),
    "passage-query": Generator(tagging.passage_query, tagging.PassageParameters),
    "sentence": Generator(documents.sentence, documents.TextParameters),
    "web-document": Generator(documents.web_document, documents.TextParameters),
    "wiki-line": Generator(documents.wiki_line, documents.WikiParameters),
    "document-summary": Generator(documents.document_summary, documents.SummaryParameters),
    "prompt": Generator(documents.prompt, documents.PromptParameters),
    "classified-image": Generator(pictures.classified_image, pictures.ClassifiedParameters, has_images=True),
    "annotated-image": Generator(pictures.annotated_image, pictures.AnnotatedParameters, has_images=True),
    "captioned-image": Generator(pictures.captioned_image, pictures.CaptionedParameters, has_images=True),
}


def generator_of(spec: SampleSpec) -> tuple[Generator, Parameters]:
    """The generator that the dataset's entry names, with its parameters checked; raises `InputError`."""
    where = f"catalog/datasets/{spec.dataset}.yaml"
    surrogate = spec.entry.surrogate
    assert surrogate is not None, "rows of the hub need no generator"
    name = surrogate.generator
    generator = entry_of(GENERATORS, name, f"{where}: surrogate.generator = {name!r} is unknown")
    # As JSON, since a list of YAML is a tuple only there.
    content, place = json.dumps(surrogate.parameters), f"{where}: surrogate.parameters"
    return generator, checked(generator.parameters, content, place, is_json=True)


def surrogate_rows(spec: SampleSpec) -> Iterator[Row]:
    """The spec's rows, one at a time. Raises `InputError`, and `Unavailable` where the
    material that rows are made of is not installed."""
    generator, parameters = generator_of(spec)
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
    generator, _ = generator_of(spec)
    return [text, CREDITS] if generator.has_images else [text]
