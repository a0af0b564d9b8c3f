"""Object detection: an image in, boxes with labels out."""

from typing import Any

import torch

from wattlab.tasks.contract import Answer
from wattlab.tasks.inputs import ImageInput

#: A box is kept above this score: the default of transformers' `object-detection` pipeline, which the authors used.
THRESHOLD = 0.5


class ObjectDetection(ImageInput):
    """Boxes above the threshold, in pixels of the sample. Random weights keep an arbitrary number of them."""

    output_unit = "box"

    @torch.inference_mode()
    def infer(self, samples: list[Any]) -> list[Answer]:
        """Image processor, forward, boxes in each image's own pixels."""
        outputs = self.model(**self.pixels(samples))
        sizes = [(sample.height, sample.width) for sample in samples]
        found = self.processor.post_process_object_detection(outputs, threshold=THRESHOLD, target_sizes=sizes)
        return [self._answer(of_image) for of_image in found]

    @torch.inference_mode()
    def is_finite(self, sample: Any, answer: Answer) -> bool:
        """No box may be scores that are no numbers."""
        if answer.value:
            return True
        outputs = self.model(**self.pixels([sample]))
        return bool(outputs.logits.isfinite().all() & outputs.pred_boxes.isfinite().all())

    def hindrance(self, samples: list[Any]) -> str | None:
        """A batch of images of several sizes is padded, and the edge of the padding changes what a detector sees."""
        several = len({sample.size for sample in samples}) > 1
        return "its images have several sizes, and a detector finds other boxes in padded ones" if several else None

    def _answer(self, found: dict[str, torch.Tensor]) -> Answer:
        rows = zip(found["labels"].tolist(), found["scores"].tolist(), found["boxes"].tolist(), strict=True)
        labels = self.model.config.id2label
        boxes = [{"label": labels.get(label, str(label)), "score": score, "box": box} for label, score, box in rows]
        return Answer(boxes, len(boxes))
