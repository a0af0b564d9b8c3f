"""One adapter per task: what an inference is, and what is prepared before it.

The registry names classes and imports none: listing the tasks loads no torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from wattlab.catalog import TaskName
from wattlab.study import Spec

if TYPE_CHECKING:
    from wattlab.adapters.base import Adapter

#: Task -> "module:Class" of its task-specific adapter.
ADAPTERS: dict[TaskName, str] = {
    "text-classification": "wattlab.adapters.text_classification:TextClassification",
    "question-answering": "wattlab.adapters.question_answering:QuestionAnswering",
    "token-classification": "wattlab.adapters.token_classification:TokenClassification",
    "fill-mask": "wattlab.adapters.fill_mask:FillMask",
    "text-generation": "wattlab.adapters.text_generation:TextGeneration",
    "summarization": "wattlab.adapters.summarization:Summarization",
    "image-classification": "wattlab.adapters.image_classification:ImageClassification",
    "object-detection": "wattlab.adapters.object_detection:ObjectDetection",
    "image-to-text": "wattlab.adapters.image_to_text:ImageToText",
    "text-to-image": "wattlab.adapters.text_to_image:TextToImage",
}

#: Adapter of every multi-purpose cell, whichever task it answers.
PROMPTED = "wattlab.adapters.prompted:Prompted"


def adapter_for(spec: Spec) -> "type[Adapter]":
    """The adapter class of a cell; imports its module, and torch with it."""
    target = PROMPTED if spec.cell.purpose == "multi-purpose" else ADAPTERS[spec.cell.task]
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)
