"""Which files of a dataset's repository are those of one split: by globs, by the card, or by their names.

Pure functions of the repository's list of files and its card. A loading script is never run, and files of several
configurations are never read as one: where the split is not clear, the reason says what there is.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from datasets.data_files import sanitize_patterns
from fsspec.utils import glob_translate

from wattlab.foundation.errors import near_matches
from wattlab.hub.failures import HubUnavailable
from wattlab.hub.receipts import DatasetFetch

#: Words for a split in the names of files and folders (huggingface/datasets, data_files.py: SPLIT_KEYWORDS).
_SYNONYMS = (
    ("train", "training"),
    ("validation", "valid", "val", "dev"),
    ("test", "testing", "eval", "evaluation"),
)

#: What may stand around such a word.
_APART = "-._ 0-9"

#: Files that hold rows.
_DATA = re.compile(r".*\.(parquet|csv|json|jsonl|zip)(\.(gz|zst))?")
_NO_DATA = ("dataset_info.json", "dataset_infos.json", "config.json", "dataset_dict.json")

_SHOWN = 8

_NAME_THEM = "name the split's files in `hub.files` of its catalog entry, or read another copy"


def files_of_split(fetch: DatasetFetch, paths: Iterable[str], card: Mapping[str, Any]) -> list[str]:
    """The split's files in their order: the globs' or the card's, sorted by name within a glob.

    `card` is the YAML block of the repository's README, empty where it has none. Raises `HubUnavailable`.
    """
    paths = sorted(paths)
    patterns, folder = (fetch.files, None) if fetch.files else _stated(fetch, card)
    found = _matching(patterns, paths) if patterns else _by_name(fetch, _data_files(paths), folder)
    if not found:
        raise _nothing(fetch, patterns, paths)
    return found


def _matching(patterns: Iterable[str], paths: list[str]) -> list[str]:
    found: dict[str, None] = {}
    for pattern in patterns:
        expression = re.compile(glob_translate(pattern))
        found.update(dict.fromkeys(path for path in paths if expression.match(path)))
    return list(found)


def _data_files(paths: Iterable[str]) -> list[str]:
    return [path for path in paths if _DATA.fullmatch(path) and PurePosixPath(path).name not in _NO_DATA]


# ---------------------------------------------------------------- the card


def _stated(fetch: DatasetFetch, card: Mapping[str, Any]) -> tuple[list[str], str | None]:
    """What the card's `configs` say of the split: its globs (none: it goes by names), and the configuration's folder
    (empty: the whole repository; null: the card has no `configs`)."""
    configs = {str(config.get("config_name", "default")): config for config in card.get("configs") or []}
    if not configs:
        return [], None
    chosen = _configuration(fetch, configs)
    folder = str(chosen.get("data_dir") or "").strip("/")
    if chosen.get("data_files") is None:
        return [], folder
    splits = sanitize_patterns(chosen["data_files"])
    if fetch.split not in splits:
        raise HubUnavailable(
            f"dataset {fetch.hub_id} has no split {fetch.split}; {near_matches(fetch.split, splits)}",
            "correct `hub.split` of its catalog entry",
        )
    return [f"{folder}/{pattern}" if folder else pattern for pattern in splits[fetch.split]], folder


def _configuration(fetch: DatasetFetch, configs: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    if fetch.config is not None and fetch.config in configs:
        return configs[fetch.config]
    if fetch.config is None:
        default = [config for name, config in configs.items() if config.get("default") or name == "default"]
        if default or len(configs) == 1:
            return (default or list(configs.values()))[0]
    asked = "several configurations" if fetch.config is None else f"no configuration {fetch.config}"
    raise HubUnavailable(
        f"dataset {fetch.hub_id} has {asked}; {near_matches(fetch.config or '', configs)}",
        "name one of them in `hub.config` of its catalog entry",
    )


# ---------------------------------------------------------------- names


def _by_name(fetch: DatasetFetch, paths: list[str], folder: str | None) -> list[str]:
    """Files whose name, or a folder's on the way to them, is a word for the split.

    They lie in `folder`; where it is null and a configuration is named, in a folder of its name.
    """
    if folder is None and fetch.config is not None:
        paths = [path for path in paths if fetch.config in PurePosixPath(path).parts[:-1]]
    elif folder:
        paths = [path for path in paths if path.startswith(f"{folder}/")]
    synonyms = next((words for words in _SYNONYMS if fetch.split in words), ())
    for words in ([fetch.split], synonyms):
        groups: dict[tuple[str, ...], list[str]] = {}
        for path in paths:
            place = _place(path, words)
            if place is not None:
                groups.setdefault(place, []).append(path)
        if len(groups) > 1:
            some = ", ".join(files[0] for files in list(groups.values())[:_SHOWN])
            raise HubUnavailable(
                f"dataset {fetch.hub_id}: split {fetch.split} may be any of several sets of files: {some}",
                "name the configuration in `hub.config` of its catalog entry, or the files in `hub.files`",
            )
        if groups:
            return next(iter(groups.values()))
    return []


def _place(path: str, words: Iterable[str]) -> tuple[str, ...] | None:
    """What tells the sets of files of one split apart: all that stands before the word, and the format."""
    *folders, name = PurePosixPath(path).parts
    kind = "".join(PurePosixPath(name).suffixes[-2:]) if name.endswith((".gz", ".zst")) else PurePosixPath(name).suffix
    alternatives = "|".join(map(re.escape, words))
    # A folder `partial-train` is the first part of a split only, and no folder `train`.
    for depth, folder in enumerate(folders):
        if re.fullmatch(rf"({alternatives})[{_APART}]*", folder):
            return (*folders[:depth], kind)
    if found := re.search(rf"(?:^|(?<=[{_APART}]))({alternatives})(?=[{_APART}])", name):
        return (*folders, name[: found.start()], kind)
    return None


# ---------------------------------------------------------------- nothing


def _nothing(fetch: DatasetFetch, patterns: list[str], paths: list[str]) -> HubUnavailable:
    wanted = f"the files {', '.join(patterns)}" if patterns else f"files of split {fetch.split}"
    if fetch.config is not None and not patterns:
        wanted += f" of configuration {fetch.config}"
    there = _data_files(paths)
    script = f"{fetch.hub_id.rpartition('/')[2]}.py"
    if script in paths and not patterns:
        reason = f"dataset {fetch.hub_id} is a loading script ({script}), which nothing runs any more, without {wanted}"
    elif part := next((path for path in there if f"partial-{fetch.split}/" in path), None):
        reason = f"dataset {fetch.hub_id} has only the first part of split {fetch.split}: {part}"
    else:
        reason = f"dataset {fetch.hub_id} lacks {wanted}"
    shown = ", ".join(there[:_SHOWN]) + (f" and {len(there) - _SHOWN} more" if len(there) > _SHOWN else "")
    return HubUnavailable(f"{reason}; its data files: {shown or 'none'}", _NAME_THEM)
