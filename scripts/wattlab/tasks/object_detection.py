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
    def infer(self, sample: Any) -> Answer:
        """Image processor, forward, boxes in the image's own pixels."""
        outputs = self.model(**self.pixels(sample))
        found = self.processor.post_process_object_detection(
            outputs, threshold=THRESHOLD, target_sizes=[(sample.height, sample.width)]
        )[0]
        rows = zip(found["labels"].tolist(), found["scores"].tolist(), found["boxes"].tolist(), strict=True)
        labels = self.model.config.id2label
        boxes = [{"label": labels.get(label, str(label)), "score": score, "box": box} for label, score, box in rows]
        return Answer(boxes, len(boxes))
