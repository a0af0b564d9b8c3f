"""Mean average precision of object detection, by the COCO evaluation (faster-coco-eval).

Boxes were kept above a score of 0.5, as the paper's pipeline does: what a model was less sure of is missing from the
ranking, so that these numbers lie below the published ones, which rank every box. A model is scored on a dataset whose
classes have the names of its own, and on no other. The models see images in one size; boxes are scaled back to the
image's own, in which the references are.
"""

from typing import Any

from wattlab.quality.answered import Answered, Score, Unscorable
from wattlab.quality.labels import class_numbers, classes_of, folded

#: What the COCO evaluation gives: places of its statistics.
_METRICS = {"mAP": 0, "mAP at IoU 0.5": 1}


def mean_average_precision(answered: Answered) -> list[Score]:
    """The scores of object detection. Raises `Unscorable` for classes of another scheme."""
    objects = answered.references("objects")
    column = f"{answered.fields['objects']}.category"
    if not any("category" in one for one in objects):
        raise Unscorable(f"the boxes of {answered.cell.dataset} have an open vocabulary and no classes")
    categories = [one.get("category") or [] for one in objects]
    kinds = {type(category) for of_row in categories for category in of_row}
    if len(kinds) > 1 or [*map(len, categories)] != [len(one["bbox"]) for one in objects]:
        raise Unscorable(f"the boxes of {answered.cell.dataset} have not one category each, all a number or all a text")
    if kinds == {str}:
        names = classes_of([category for of_row in categories for category in of_row], answered.head)
        place = {folded(name): number for number, name in enumerate(names)}
        numbers = [[place[folded(category)] for category in of_row] for of_row in categories]
    else:
        names, numbers = answered.class_names(column), categories
    labels = [box["label"] for boxes in answered.answers for box in boxes]
    if not labels:
        raise Unscorable("no answer has a box above 0.5: nothing says which classes the model has")
    known = class_numbers(labels, names, answered.head if column in answered.label_names else None)
    truths = [
        _annotation(place, number, box)
        for place, (one, of_row) in enumerate(zip(objects, numbers, strict=True))
        for number, box in zip(of_row, one["bbox"], strict=True)
    ]
    if not truths:
        raise Unscorable("no row has a box")
    found = [
        _annotation(place, known[box["label"]], _as_xywh(box["box"], answered, place)) | {"score": box["score"]}
        for place, boxes in enumerate(answered.answers)
        for box in boxes
    ]
    statistics = _evaluated(truths, found, len(objects), len(names))
    return [Score(name, statistics[place], len(objects), 0, headline=name == "mAP") for name, place in _METRICS.items()]


def _annotation(image: int, category: int | None, box: list[float]) -> dict[str, Any]:
    return {"image_id": image, "category_id": category, "bbox": box, "area": box[2] * box[3], "iscrowd": 0}


def _as_xywh(corners: list[float], answered: Answered, place: int) -> list[float]:
    """Corners in what the model saw to corner and size in the image's own pixels."""
    width, height = answered.image_sizes[place]
    shown = answered.shown_size or (width, height)
    across, down = width / shown[0], height / shown[1]
    left, top, right, bottom = corners
    return [left * across, top * down, (right - left) * across, (bottom - top) * down]


def _evaluated(truths: list[dict[str, Any]], found: list[dict[str, Any]], n_images: int, n_classes: int) -> list[float]:
    from faster_coco_eval import COCO, COCOeval_faster

    ground = COCO(
        {
            "images": [{"id": place} for place in range(n_images)],
            "categories": [{"id": number, "name": str(number)} for number in range(n_classes)],
            "annotations": [{"id": place + 1, **truth} for place, truth in enumerate(truths)],
        },
    )
    evaluation = COCOeval_faster(ground, ground.loadRes(found), "bbox", print_function=lambda *lines: None)
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return [float(value) for value in evaluation.stats]
