"""Accuracy of text and image classification: the share of the labelled rows whose class is right.

An answer that names no class of the dataset (a neutral sentiment, a generated text without one class) is wrong, and
counted in `n_unparsed`.
"""

from typing import Any

from sklearn.metrics import accuracy_score

from wattlab.quality.answered import Answered, Score, Unscorable
from wattlab.quality.labels import UNNAMED, class_numbers, classes_of, folded, said_class, shown

#: Number that stands for no class: no reference has it.
_NONE = -1


def accuracy(answered: Answered) -> list[Score]:
    """The scores of a classification. Raises `Unscorable` for hidden labels and for labels of another scheme."""
    references = answered.references("label")
    classes = _classes(answered, references)
    numbers = [_number(reference, classes) for reference in references]
    labelled = [place for place, number in enumerate(numbers) if 0 <= number < len(classes)]
    if not labelled:
        raise Unscorable(f"the labels of this split are hidden: {answered.labels_hidden or 'none is a class'}")
    said = _said(answered, classes)
    predicted = [_NONE if said[place] is None else said[place] for place in labelled]
    return [
        Score(
            "accuracy",
            float(accuracy_score([numbers[place] for place in labelled], predicted)),
            n_scored=len(labelled),
            n_unscored=len(references) - len(labelled),
            n_unparsed=predicted.count(_NONE),
            headline=True,
        )
    ]


def _classes(answered: Answered, references: list[Any]) -> list[str]:
    if all(isinstance(reference, str) for reference in references):
        return classes_of(references, answered.head)
    return answered.class_names(answered.fields["label"])


def _number(reference: Any, classes: list[str]) -> int:
    if reference is None:
        return _NONE
    names = [folded(name) for name in classes]
    if isinstance(reference, str) and folded(reference) in names:
        return names.index(folded(reference))
    if isinstance(reference, int) or (isinstance(reference, float) and reference.is_integer()):
        return int(reference)
    raise Unscorable(f"its label {str(reference)[:40]!r} is no number of a class and none of {shown(classes)}")


def _said(answered: Answered, classes: list[str]) -> list[int | None]:
    if answered.cell.purpose == "multi-purpose":
        return [said_class(answer, classes) for answer in answered.answers]
    labels = [answer["label"] for answer in answered.answers]
    numbered = answered.fields["label"] in answered.label_names  # the place of a text among others is no number of it
    if numbered and answered.head is None and any(UNNAMED.fullmatch(folded(label)) for label in labels):
        raise Unscorable(
            f"the model answers {shown(sorted(set(labels)))}, and its record is from before those said the classes of its "
            f"head; `make again CELL={answered.cell.id}` measures it with them"
        )
    known = class_numbers(labels, classes, answered.head if numbered else None)
    return [known[label] for label in labels]
