"""Colours, markers and names of what figures and page tell apart. Imports nothing."""

#: Okabe and Ito (2008), Color Universal Design: eight colours told apart with any colour vision.
BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILION, PURPLE = (
    "#000000",
    "#E69F00",
    "#56B4E9",
    "#009E73",
    "#F0E442",
    "#0072B2",
    "#D55E00",
    "#CC79A7",
)
GREY = "#6E6E6E"

MODALITY_COLOURS = {
    "text-to-category": BLUE,
    "text-to-text": SKY,
    "image-to-category": GREEN,
    "image-to-text": ORANGE,
    "text-to-image": VERMILION,
}
STRUCTURE_COLOURS = {
    "encoder": BLUE,
    "decoder": VERMILION,
    "seq2seq": GREEN,
    "convnet": ORANGE,
    "vision-transformer": SKY,
    "detector": PURPLE,
    "vision-encoder-decoder": GREY,
    "diffusion": BLACK,
}
TASK_COLOURS = {"text-classification": BLUE, "question-answering": ORANGE, "summarization": VERMILION}
PURPOSE_MARKERS = {"task-specific": "o", "multi-purpose": "D"}


def task_title(task: str) -> str:
    """A task's slug as words."""
    return task if task in ("fill-mask", "image-to-text", "text-to-image") else task.replace("-", " ")


def model_title(model: str) -> str:
    """A model's name without its namespace."""
    return model.rpartition("--")[2]
