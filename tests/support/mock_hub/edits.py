"""From surrogate rows to the rows of the hub's copies: their columns and forms, and rows that are awkward there too.

Addresses of images are paths below `/files/`: `datasets.py` puts the hub before them.
"""

from collections.abc import Callable
from typing import Any

from PIL import Image

from support.mock_hub.formats import Row, jpeg, png

#: Places of rows that are not like the others, in every twin that has such rows.
AWKWARD = 3


def unchanged(rows: list[Row]) -> list[Row]:
    """The copy has the surrogate's columns; what else it generates is dropped by the features."""
    return rows


def sorted_by_label(rows: list[Row]) -> list[Row]:
    """All rows of a class together, as IMDB and Rotten Tomatoes have them: the head is of one class."""
    return sorted(rows, key=lambda row: int(row["label"]))


def _at(place: int, **values: Any) -> Callable[[list[Row]], list[Row]]:
    """An edit that changes one row."""

    def edit(rows: list[Row]) -> list[Row]:
        return [row | values if number == place else row for number, row in enumerate(rows)]

    return edit


null_dialogue = _at(AWKWARD, dialogue=None)
empty_support = _at(AWKWARD, support="")
no_answer = _at(AWKWARD, answers={"text": [], "answer_start": []})
blank_line = _at(AWKWARD, text="")


def one_token(rows: list[Row]) -> list[Row]:
    """A sentence of one token."""
    lists = {name: value[:1] for name, value in rows[AWKWARD].items() if isinstance(value, list)}
    return _at(AWKWARD, **lists)(rows)


def squad(rows: list[Row]) -> list[Row]:
    """Several answers to one question, as its validation split has."""
    return [row | {"answers": {key: list(values) * 3 for key, values in row["answers"].items()}} for row in rows]


def record(rows: list[Row]) -> list[Row]:
    """`idx` has two parts; two queries on one passage give the same input twice."""
    rows = [row | {"idx": {"passage": number, "query": number}} for number, row in enumerate(rows)]
    rows[AWKWARD]["passage"] = rows[AWKWARD - 1]["passage"]
    return rows


# ---------------------------------------------------------------- prompts and documents


def diffusiondb(rows: list[Row]) -> list[Row]:
    """Rows of two parts, the second part first, as a file sorted by something else would have them."""
    settings = {"seed": 1, "step": 50, "cfg": 7.0, "width": 512, "height": 512}
    half = len(rows) // 2
    return [
        row | settings | {"image_name": f"{number}.png", "part_id": 2 if number < half else 1}
        for number, row in enumerate(rows)
    ]


def image_reward(rows: list[Row]) -> list[Row]:
    """Several images of one prompt."""
    ratings = {"rank": 1, "overall_rating": 5, "image_text_alignment_rating": 5, "fidelity_rating": 5}
    return [
        row | ratings | {"classification": "People", "image_path": f"images/train/train_1/{number}.webp"}
        for number, row in enumerate(rows)
    ]


def fineweb(rows: list[Row]) -> list[Row]:
    """A web document has columns about its crawl."""
    crawl = {"dump": "CC-MAIN-2013-20", "url": "https://www.example.org", "date": "2013-05-18T05:48:54Z"}
    more = crawl | {"file_path": "s3://commoncrawl", "language": "en", "language_score": 0.9, "token_count": 100}
    return [row | more | {"id": f"<urn:uuid:{number}>"} for number, row in enumerate(rows)]


# ---------------------------------------------------------------- images in the rows


def _stored(rows: list[Row], column: str, encode: Callable[[Image.Image], bytes]) -> list[Row]:
    return [row | {column: {"bytes": encode(row[column]), "path": None}} for row in rows]


def as_png(rows: list[Row]) -> list[Row]:
    """CIFAR's images are PNG files."""
    return _stored(rows, "img", png)


def _photos(rows: list[Row]) -> list[Row]:
    return _stored(rows, "image", jpeg)


def awkward_images(rows: list[Row]) -> list[Row]:
    """Photographs; among them a grey one, a CMYK one, one that its EXIF orientation turns, a PNG with transparency."""
    images = [row["image"].convert("RGB") for row in rows]
    stored = _photos([row | {"image": image} for row, image in zip(rows, images, strict=True)])
    awkward = [
        jpeg(images[0].convert("L")),
        jpeg(images[1].convert("CMYK")),
        jpeg(images[2], orientation=6),
        png(images[3].convert("RGBA")),
    ]
    for place, content in enumerate(awkward):
        stored[place]["image"] = {"bytes": content, "path": None}
    return stored


def coco_captions(rows: list[Row]) -> list[Row]:
    """The photo's name stands in question_id; id and file_name are the same in all rows."""
    constants = {
        "id": 0,
        "file_name": "COCO_val2014_000000000000.jpg",
        "license": 1,
        "coco_url": "",
        "question": "Describe it.",
    }
    return [row | constants | {"question_id": f"{number:012d}.jpg"} for number, row in enumerate(awkward_images(rows))]


def coco(rows: list[Row]) -> list[Row]:
    """Boxes have another name for their number."""
    return [_renamed_number(row, "bbox_id") for row in awkward_images(rows)]


def flat_box(rows: list[Row]) -> list[Row]:
    """A box without height, as CPPE-5 has some."""
    rows = _photos(rows)
    left, top, width, _ = rows[AWKWARD]["objects"]["bbox"][0]
    rows[AWKWARD]["objects"]["bbox"][0] = [left, top, width, 0.0]
    return rows


def _renamed_number(row: Row, name: str) -> Row:
    objects = dict(row["objects"])
    objects[name] = objects.pop("id")
    return row | {"objects": objects}


# ---------------------------------------------------------------- images behind addresses

#: File name of the photo of each row, where it is not `{number}.jpg`: what happens to images on the web.
BROKEN = {1: "gone.jpg", 2: "redirected.jpg", 4: "endless.jpg", 5: "page.html"}


def address(number: int) -> str:
    """Path below `/files/` of the photo of a row."""
    return BROKEN.get(number, f"{number}.jpg")


def red_caps(rows: list[Row]) -> list[Row]:
    """An annotation of RedCaps; `image` is left for whoever serves it."""
    return [
        {
            "image": row["image"],
            "image_id": f"id{number}",
            "author": "someone",
            "url": f"red-caps/{address(number)}",
            "raw_caption": row["caption"],
            "caption": row["caption"],
            "subreddit": "roses",
            "score": 10,
            "created_utc": 1577836800,
            "permalink": f"/r/roses/comments/{number}",
            "crosspost_parents": None,
        }
        for number, row in enumerate(rows)
    ]


def visual_genome(rows: list[Row]) -> list[Row]:
    """Boxes are records with corner and size as columns, rounded to pixels; `image` is left for whoever serves it."""
    edited = []
    for number, row in enumerate(rows):
        objects = row["objects"]
        records = [
            dict(zip("xywh", (int(side) for side in box), strict=True))
            | {"object_id": 1000 * number + place, "names": [f"thing {category}"]}
            | {"attributes": ["red"], "synsets": [f"thing.n.{category:02d}"]}
            for place, (box, category) in enumerate(zip(objects["bbox"], objects["category"], strict=True))
        ]
        edited.append(
            {
                "image": row["image"],
                "image_id": number,
                "url": f"visual-genome/{address(number)}",
                "attributes": records,
            }
            | {"width": row["width"], "height": row["height"], "coco_id": None, "flickr_id": None}
        )
    return edited
