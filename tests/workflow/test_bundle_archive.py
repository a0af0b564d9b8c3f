"""A bundle's archive that is hostile, huge or none is refused before anything is unpacked."""

import stat
import zipfile
from pathlib import Path

import pytest

import verify_bundle
from wattlab.foundation.errors import InputError
from wattlab.workflow.bundle import archive

pytestmark = pytest.mark.slow


def zipped(path: Path, *entries: tuple[str, bytes, int]) -> Path:
    with zipfile.ZipFile(path, "w") as archive_file:
        for name, data, mode in entries:
            info = zipfile.ZipInfo("x")
            info.filename, info.external_attr = name, mode << 16
            archive_file.writestr(info, data)
    return path


FILE, LINK = stat.S_IFREG | 0o644, stat.S_IFLNK | 0o777


HEAD = ("manifest.json", b"{}", FILE)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([HEAD, ("../outside", b"", FILE)], "'../outside' is no plain path below the bundle"),
        ([HEAD, ("/etc/passwd", b"", FILE)], "is no plain path below the bundle"),
        ([HEAD, ("results\\..\\x", b"", FILE)], "is no plain path below the bundle"),
        ([HEAD, ("C:/x", b"", FILE)], "is no plain path below the bundle"),
        ([HEAD, ("results/link", b"/etc/passwd", LINK)], "'results/link' is a link, a folder or a device"),
        ([HEAD, ("results/\x1b[31mred", b"", FILE)], "is no name of a bundle's file"),
        ([HEAD, ("results/" + "x" * 400, b"", FILE)], "is no name of a bundle's file"),
        ([HEAD, ("a", b"", FILE), ("A", b"", FILE)], "'A' stands in it twice"),
        ([HEAD, ("a", b"", FILE), ("a/b", b"", FILE)], "'a' is a file and a folder"),
        ([("a", b"", FILE)], "it has no manifest.json"),
    ],
)  # fmt: skip
def test_a_hostile_archive_is_refused_in_one_line(
    tmp_path: Path, entries: list[tuple[str, bytes, int]], message: str
) -> None:
    bundle = zipped(tmp_path / "hostile.zip", *entries)
    with pytest.raises(InputError) as caught:
        verify_bundle.main([str(bundle)])
    assert message in str(caught.value) and "\n" not in str(caught.value) and "\x1b" not in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hostile.zip"]


def test_a_huge_archive_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = zipped(tmp_path / "huge.zip", HEAD, ("results/zeros", bytes(1_000_000), FILE))
    monkeypatch.setattr(archive, "MOST_BYTES", 999_999)
    with pytest.raises(InputError, match="more than a bundle has"):
        verify_bundle.main([str(bundle)])


@pytest.mark.parametrize("data", [b"", b"no zip at all", b"PK\x03\x04 cut"])
def test_what_is_no_archive_is_one_line(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "bundle.zip").write_bytes(data)
    for place in (tmp_path / "bundle.zip", tmp_path / "nowhere.zip", tmp_path):
        with pytest.raises(InputError) as caught:
            verify_bundle.main([str(place)])
        assert "\n" not in str(caught.value)
