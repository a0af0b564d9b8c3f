"""One adapter per task: what an inference is, and what is prepared before it.

The registry names classes and imports none: listing the tasks loads no torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from wattlab.foundation.schema import TaskName
from wattlab.study.cells import Spec

if TYPE_CHECKING:
    from wattlab.tasks.contract import Adapter

#: Task -> "module:Class" of its task-specific adapter.
ADAPTERS: dict[TaskName, str] = {
    "text-classification": "wattlab.tasks.text_classification:TextClassification",
    "question-answering": "wattlab.tasks.question_answering:QuestionAnswering",
    "token-classification": "wattlab.tasks.token_classification:TokenClassification",
    "fill-mask": "wattlab.tasks.fill_mask:FillMask",
    "text-generation": "wattlab.tasks.text_generation:TextGeneration",
    "summarization": "wattlab.tasks.summarization:Summarization",
    "image-classification": "wattlab.tasks.image_classification:ImageClassification",
    "object-detection": "wattlab.tasks.object_detection:ObjectDetection",
    "image-to-text": "wattlab.tasks.image_to_text:ImageToText",
    "text-to-image": "wattlab.tasks.text_to_image:TextToImage",
}

#: Adapter of every multi-purpose cell, whichever task it answers.
PROMPTED = "wattlab.tasks.prompted:Prompted"


def adapter_for(spec: Spec) -> "type[Adapter]":
    """The adapter class of a cell; imports its module, and torch with it."""
    target = PROMPTED if spec.cell.purpose == "multi-purpose" else ADAPTERS[spec.cell.task]
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)
