"""Twins of the catalog's dataset repositories, under their real ids and at their pinned commits.

The files, columns and features are the real ones as far as they are known; the rows are the project's surrogates.
"""

import hashlib
import json
import re
from collections.abc import Callable
from functools import partial

from datasets import Features

from support.mock_hub.edits import BROKEN, address
from support.mock_hub.formats import Row, card, csv_table, jpeg, json_lines_gz, parquet, zipped
from support.mock_hub.plain import PlainFile
from support.mock_hub.repository import Content, Repo
from support.mock_hub.server import MockHub
from support.mock_hub.twins import TWINS, Splits, Twin
from support.surrogates import DATASETS, rows_of

#: Rows of the split that a study reads, over all its files.
N_ROWS = 24

#: What files hold that no study has a reason to fetch, apart from tables, which are empty ones.
TRAP = b"not a file of the split"

RENAMED = {"THUDM/ImageRewardDB": "zai-org/ImageRewardDB"}


def add_datasets(hub: MockHub) -> None:
    """Put all twins into a hub that is running, with the images that their rows name by address."""
    for name, twin in TWINS.items():
        rows = _once(partial(_rows, name, twin))
        entry = DATASETS[name].hub
        files = {file: _content_of(name, twin, rows, part, hub) for part, file in enumerate(split_files(name))}
        others = {file: _trap(file, twin) for file in _all_files(twin) if file not in files}
        readme = {"README.md": _card(twin), ".gitattributes": b"*.parquet filter=lfs\n"}
        commit = entry.revision or hashlib.sha1(entry.id.encode()).hexdigest()
        hub.datasets[entry.id] = Repo({**files, **others, **readme}, gated=entry.gated, commit=commit)
        if "image_url" in DATASETS[name].fields:
            hub.files.update({f"{name}/{address(number)}": _photo(name, rows, number) for number in range(N_ROWS)})
    hub.files["removed.png"] = PlainFile(b"removed", "image/png")
    for old, new in RENAMED.items():
        hub.datasets[old] = Repo({}, moved_to=new)


def split_files(name: str) -> list[str]:
    """Files of the split that a study reads."""
    twin = TWINS[name]
    return twin.configs[twin.config][DATASETS[name].hub.split]


def fetched_traps(hub: MockHub) -> dict[str, set[str]]:
    """By repository, the files that were downloaded and have no rows of the split; empty, if all is well."""
    found = {}
    for name in TWINS:
        hub_id = DATASETS[name].hub.id
        wrong = hub.downloaded(hub_id) - set(split_files(name)) - {"README.md", ".gitattributes"}
        if wrong:
            found[hub_id] = wrong
    return found


def _once(make: Callable[[], list[Row]]) -> Callable[[], list[Row]]:
    made: list[list[Row]] = []

    def rows() -> list[Row]:
        if not made:
            made.append(make())
        return made[0]

    return rows


def _rows(name: str, twin: Twin) -> list[Row]:
    return twin.edit(rows_of(name, N_ROWS, **twin.generator))


def _all_files(twin: Twin) -> list[str]:
    splits = [files for config in twin.configs.values() for files in config.values()]
    return [file for files in splits for file in files] + list(twin.more)


def _trap(file: str, twin: Twin) -> Content:
    """The datasets library reads the schema of other splits too."""
    return partial(parquet, [], twin.features) if file.endswith(".parquet") else TRAP


def _content_of(name: str, twin: Twin, rows: Callable[[], list[Row]], part: int, hub: MockHub) -> Content:
    """What a file of the split holds: its share of the rows, in their order."""
    files = split_files(name)
    start, end = part * N_ROWS // len(files), (part + 1) * N_ROWS // len(files)

    def make() -> bytes:
        mine = [_with_address(row, hub) for row in rows()[start:end]]
        return _encoded(files[part], mine, twin.features)

    return make


def _with_address(row: Row, hub: MockHub) -> Row:
    """A row whose image lies behind an address, with the whole of it and without the image."""
    if not ("url" in row and "image" in row):
        return row
    return {column: value for column, value in row.items() if column != "image"} | {
        "url": f"{hub.endpoint}/files/{row['url']}"
    }


def _encoded(file: str, rows: list[Row], features: Features | None) -> bytes:
    if file.endswith(".zip"):
        document = {"info": {"version": "1.0"}, "annotations": rows}
        return zipped(
            {"annotations/roses_2019.json": TRAP, "annotations/roses_2020.json": json.dumps(document).encode()}
        )
    if file.endswith(".json.gz"):
        return json_lines_gz(rows)
    if file.endswith(".csv"):
        return csv_table(rows)
    assert features is not None, f"{file}: its twin states no features"
    return parquet([{column: row[column] for column in features} for row in rows], features)


def _card(twin: Twin) -> bytes:
    """Globs where several files are parts of a split, as cards have them."""
    if not twin.names_files:
        return card({"license": "unknown"})
    configs = [{"config_name": name, "data_files": _data_files(splits)} for name, splits in twin.configs.items()]
    return card({"license": "unknown", "configs": configs})


def _data_files(splits: Splits) -> list[dict[str, str]]:
    part = re.compile(r"\d{5}-of-\d{5}(-\w+)?|\d{3}_\d{5}")
    return [{"split": split, "path": part.sub("*", files[0])} for split, files in splits.items()]


def _photo(name: str, rows: Callable[[], list[Row]], number: int) -> PlainFile:
    """The photo of a row, or what became of it (`edits.BROKEN`)."""
    match BROKEN.get(number):
        case "gone.jpg":
            return PlainFile(status=404)
        case "redirected.jpg":
            return PlainFile(moved_to="removed.png")
        case "endless.jpg":
            return PlainFile(b"\xff" * 2**16, endless=True)
        case "page.html":
            return PlainFile(b"<html>This image was removed.</html>", "text/html")
    return PlainFile(lambda: jpeg(rows()[number]["image"]))
