"""Colours, markers and names of what figures and page tell apart. Imports nothing."""

#: Okabe and Ito (2008), Color Universal Design: eight colours that any colour vision distinguishes.
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
_TASK_COLOURS = (BLUE, ORANGE, VERMILION, GREEN, PURPLE, SKY)
PURPOSE_MARKERS = {"task-specific": "o", "multi-purpose": "D"}


def task_title(task: str) -> str:
    """A task's name as words."""
    return task.replace("-", " ")


def task_colours(tasks: tuple[str, ...]) -> dict[str, str]:
    """A colour for each of the tasks, in their order; after six they come again."""
    return {task: _TASK_COLOURS[place % len(_TASK_COLOURS)] for place, task in enumerate(tasks)}
