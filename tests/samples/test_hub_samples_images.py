"""Images by their address: what rots is replaced, what is refused is told, private networks are not asked."""

import io
import json
import socket
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image

from support.hub_datasets import parquet, refusal, sampled, spec_of_hub, talk_to
from support.mock_hub import MockHub, PlainFile, Repo
from wattlab.samples.from_hub import images as hub_images
from wattlab.samples.from_hub.images import check_address, fetch_image, image_client
from wattlab.samples.from_hub.rows import Refused
from wattlab.samples.manifest import Manifest

pytestmark = pytest.mark.slow


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MockHub]:
    with MockHub(datasets={}, files={}) as hub:
        talk_to(hub, tmp_path / "cache", monkeypatch)
        monkeypatch.setattr(hub_images, "TRY_AGAIN_AFTER_S", (0.0,))
        yield hub


def jpeg(red: int, width: int = 40, height: int = 30) -> bytes:
    sink = io.BytesIO()
    Image.new("RGB", (width, height), (red, 0, 0)).save(sink, format="JPEG")
    return sink.getvalue()


def serve(hub: MockHub, **files: PlainFile) -> None:
    hub.files.update({name.replace("__", "."): file for name, file in files.items()})  # type: ignore[attr-defined]


def visual_genome(hub: MockHub, urls: list[str]) -> None:
    """A dataset of these images' addresses, a box in each."""
    box = {"object_id": 1, "names": ["rose"], "attributes": None, "synsets": [], "x": 1, "y": 2, "w": 10, "h": 20}
    rows = [{"image_id": n, "url": url, "width": 40, "height": 30, "attributes": [box]} for n, url in enumerate(urls)]
    hub.datasets["AnnaZ1103/visual_genome_revised"] = Repo({"attributes/train-00000-of-00001.parquet": parquet(rows)})  # type: ignore[index]


def reasons(manifest: Manifest) -> dict[str, str]:
    return {skipped.row_id.rpartition(":")[2]: skipped.reason for skipped in manifest.skipped}


def test_rows_with_addresses_get_their_images_and_boxes(hub: MockHub, tmp_path: Path) -> None:
    serve(hub, **{f"{n}__jpg": PlainFile(jpeg(n * 60)) for n in range(4)})
    visual_genome(hub, [f"{hub.endpoint}/files/{n}.jpg" for n in range(4)])
    manifest, rows = sampled(spec_of_hub("visual-genome", 2, selection="first"), tmp_path)
    assert [row["image"].size for row in rows] == [(40, 30), (40, 30)]
    assert rows[1]["image"].getpixel((5, 5)) == pytest.approx((60, 0, 0), abs=3)
    assert rows[0]["objects"] == {
        "bbox": [[1.0, 2.0, 10.0, 20.0]], "object_id": [1], "names": [["rose"]], "attributes": [None], "synsets": [[]],
    }  # fmt: skip
    assert [(image.row_id.rpartition(":")[2], image.url, image.sha256) for image in manifest.images] == [
        (str(n), f"{hub.endpoint}/files/{n}.jpg", sha256(jpeg(n * 60)).hexdigest()) for n in range(2)
    ]
    # Sampled rows only.
    assert {request.path for request in hub.requests if request.path.startswith("/files/")} == {
        "/files/0.jpg",
        "/files/1.jpg",
    }
    assert not any(request.has_token for request in hub.requests)


def test_what_rots_is_replaced_by_the_next_rows_and_told(
    hub: MockHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_images, "MAX_BYTES", 2**20)
    serve(
        hub,
        good__jpg=PlainFile(jpeg(10)),
        also__jpg=PlainFile(jpeg(20)),
        page__jpg=PlainFile(b"<html>gone</html>", "text/html; charset=utf-8"),
        broken__jpg=PlainFile(jpeg(30)[:100]),
        endless__jpg=PlainFile(jpeg(40), endless=True),
        gone__jpg=PlainFile(moved_to="removed.png"),
        removed__png=PlainFile(jpeg(50), "image/png"),
        moved__jpg=PlainFile(moved_to="good2.jpg"),
        good2__jpg=PlainFile(jpeg(60)),
        circle__jpg=PlainFile(moved_to="circle.jpg"),
        lost1__jpg=PlainFile(jpeg(70)),
        lost2__jpg=PlainFile(jpeg(70)),
        drawing__svg=PlainFile(b"<svg/>", "image/svg+xml"),
    )  # fmt: skip
    names = "good.jpg page.jpg broken.jpg endless.jpg gone.jpg moved.jpg circle.jpg lost1.jpg lost2.jpg 404.jpg drawing.svg also.jpg good.jpg"
    urls = [f"{hub.endpoint}/files/{name}" for name in names.split()]
    visual_genome(hub, [*urls, "ftp://example.org/a.jpg", "not an address", "http://127.0.0.1:9/a.jpg"])
    manifest, rows = sampled(spec_of_hub("visual-genome", 4, selection="first"), tmp_path)
    assert [str(row_id).rpartition(":")[2] for row_id in manifest.row_ids] == ["0", "5", "11", "12"]
    assert (manifest.cycled, len(rows), len(manifest.images)) == (False, 4, 4)
    assert reasons(manifest) == {
        "1": "content type text/html and no image",
        "2": "its image does not open: OSError",
        "3": "more than 1 MiB",
        "4": "redirected to a placeholder, /files/removed.png",
        "6": "more than 5 redirects",
        "7": "the very file of another address: a placeholder",
        "8": "the very file of another address: a placeholder",
        "9": "HTTP 404",
        "10": "a drawing (SVG) and no image",
    }
    everything = sampled(spec_of_hub("visual-genome", 16, selection="first"), tmp_path)[0]
    assert (everything.n_rows, everything.cycled) == (4, True)
    assert {place: reasons(everything)[place] for place in ("13", "14", "15")} == {
        "13": "no address of the web: ftp",
        "14": "no address of the web: no scheme",
        "15": "an address on a private network: 127.0.0.1",
    }


def test_seeded_rows_are_replaced_in_the_order_of_the_seed(hub: MockHub, tmp_path: Path) -> None:
    alive = {n: PlainFile(jpeg(n * 8)) for n in range(30) if n % 3}
    serve(hub, **{f"{n}__jpg": file for n, file in alive.items()})
    visual_genome(hub, [f"{hub.endpoint}/files/{n}.jpg" for n in range(30)])
    manifest, _ = sampled(spec_of_hub("visual-genome", 10), tmp_path)
    places = [int(str(row_id).rpartition(":")[2]) for row_id in manifest.row_ids]
    assert (len(places), places, {place % 3 for place in places}) == (10, sorted(places), {1, 2})
    tried = set(places) | {int(place) for place in reasons(manifest)}
    more = sampled(spec_of_hub("visual-genome", 15), tmp_path)[0]
    assert tried <= {int(str(row_id).rpartition(":")[2]) for row_id in more.row_ids} | {int(p) for p in reasons(more)}


def test_where_no_image_is_to_be_had_the_tries_end(hub: MockHub, tmp_path: Path) -> None:
    visual_genome(hub, [f"{hub.endpoint}/files/{n}.jpg" for n in range(500)])
    said = refusal(sampled(spec_of_hub("visual-genome", 30), tmp_path)[0])
    assert "none of 60 rows of split train of AnnaZ1103/visual_genome_revised is a sample; 60 times: HTTP 404" in said


def test_a_busy_host_is_asked_again(hub: MockHub) -> None:
    serve(hub, a__jpg=PlainFile(jpeg(0)))
    hub.faults.unavailable("/files/a.jpg", times=1)
    with image_client() as client:
        assert fetch_image(client, f"{hub.endpoint}/files/a.jpg").width == 40
        hub.faults.unavailable("/files/a.jpg", times=None)
        with pytest.raises(Refused, match="HTTP 503"):
            fetch_image(client, f"{hub.endpoint}/files/a.jpg")


def test_a_slow_host_is_given_up(hub: MockHub, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(hub, a__jpg=PlainFile(jpeg(0)))
    monkeypatch.setattr(hub_images, "WAIT_S", 0.1)
    hub.faults.delay("/files/a.jpg", 0.4)
    with image_client() as client, pytest.raises(Refused, match="no answer: ReadTimeout"):
        fetch_image(client, f"{hub.endpoint}/files/a.jpg")


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("10.0.0.7", "10.0.0.7"),
        ("169.254.169.254", "169.254.169.254"),
        ("[::1]", "::1"),
        ("intranet.example.org", "192.168.1.1"),
        ("[::ffff:127.0.0.1]", "::ffff:127.0.0.1"),
    ],
)
def test_private_networks_are_not_asked(host: str, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", (address, 80))])
    with pytest.raises(Refused, match="an address on a private network"):
        check_address(f"http://{host}/a.jpg")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", ("93.184.215.14", 80))])
    check_address("https://www.example.org/a.jpg")


def test_a_redirect_to_a_private_network_is_not_followed(hub: MockHub) -> None:
    # The mock hub under another name than HF_ENDPOINT's is a private address as any other.
    serve(hub, a__jpg=PlainFile(jpeg(0)))
    with image_client() as client, pytest.raises(Refused, match="an address on a private network: localhost"):
        fetch_image(client, f"http://localhost:{hub.port}/files/a.jpg")


def test_every_redirect_is_looked_at_before_it_is_followed(hub: MockHub) -> None:
    asked = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.host)
        return httpx2.Response(302, headers={"Location": "http://10.0.0.7/a.jpg"})

    with httpx2.Client(transport=httpx2.MockTransport(answer)) as client:
        with pytest.raises(Refused, match=r"an address on a private network: 10\.0\.0\.7"):
            fetch_image(client, f"{hub.endpoint}/files/a.jpg")
    assert asked == ["127.0.0.1"]


def test_red_caps_from_its_archive(hub: MockHub, tmp_path: Path) -> None:
    serve(hub, **{f"{n}__jpg": PlainFile(jpeg(n * 60)) for n in range(3)})
    annotations = [
        {"image_id": str(n), "author": "a", "url": f"{hub.endpoint}/files/{n}.jpg", "raw_caption": "C", "caption": f"rose {n}", "subreddit": "roses"}
        for n in range(4)
    ]  # fmt: skip
    annotations[1]["url"] = None  # type: ignore[assignment]
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("annotations/roses_2020.json", json.dumps({"info": {}, "annotations": annotations}))
    files: dict[str, Any] = {"data/redcaps_v1.0_annotations.zip": sink.getvalue(), "red_caps.py": b""}
    hub.datasets["kdexd/red_caps"] = Repo(files)  # type: ignore[index]
    manifest, rows = sampled(spec_of_hub("red-caps", 2, selection="first"), tmp_path)
    assert [(row["caption"], row["image_url"], row["image"].size) for row in rows] == [
        (f"rose {n}", f"{hub.endpoint}/files/{n}.jpg", (40, 30)) for n in (0, 2)
    ]
    assert reasons(manifest) == {"1": "its image_url is null"}
