"""Images by their address, for datasets that hold addresses only. Most of what can be wrong with them is, in time.

Refused, with the reason: an answer that is no image, is too large, takes too long, or is no answer; a redirect to a
placeholder ("removed"); an address on a private network, which a row of a dataset has no business to ask for. The hub's
own host (HF_ENDPOINT) is let in, wherever it is.
"""

import ipaddress
import re
import socket
import time
from urllib.parse import urljoin, urlsplit

import httpx2
from huggingface_hub import constants

from wattlab.samples.from_hub.rows import Picture, Refused, picture

#: Largest image file.
MAX_BYTES = 50 * 2**20

#: Longest wait for a connection or for the next bytes, and for the whole of an image.
WAIT_S, WHOLE_S = 15.0, 60.0

MAX_REDIRECTS = 5

#: Waits before another try, after an answer that may be another one then.
TRY_AGAIN_AFTER_S = (1.0, 4.0)

_TRANSIENT = (408, 429, 500, 502, 503, 504)

#: Names that hosts of images redirect to in place of a removed one (imgur: removed.png, Flickr: photo_unavailable.png).
_PLACEHOLDER = re.compile(r"removed|deleted|unavailable|not[-_]?found|placeholder|no[-_]?image", re.IGNORECASE)

_AGENT = "wattlab (sampling of image datasets)"


class _Passing(Refused):
    """A failure that another try may not have."""


def fetch_image(client: httpx2.Client, url: str) -> Picture:
    """The image at an address. Raises `Refused`."""
    for wait_s in TRY_AGAIN_AFTER_S:
        try:
            return picture(_content(client, url))
        except _Passing:
            time.sleep(wait_s)
    return picture(_content(client, url))


def image_client() -> httpx2.Client:
    """A client for image hosts: no token, no cookies of the hub's, redirects looked at one by one."""
    return httpx2.Client(timeout=WAIT_S, follow_redirects=False, headers={"User-Agent": _AGENT})


def _content(client: httpx2.Client, url: str) -> bytes:
    deadline = time.monotonic() + WHOLE_S
    for _ in range(MAX_REDIRECTS + 1):
        check_address(url)
        try:
            with client.stream("GET", url) as response:
                if response.is_redirect:
                    url = _next_address(url, response.headers.get("Location", ""))
                    continue
                return _read(response, deadline)
        except httpx2.TransportError as error:
            raise _Passing(f"no answer: {type(error).__name__}") from error
        except (httpx2.InvalidURL, httpx2.HTTPError) as error:
            raise Refused(f"no answer: {type(error).__name__}") from error
    raise Refused(f"more than {MAX_REDIRECTS} redirects")


def _next_address(url: str, location: str) -> str:
    if _PLACEHOLDER.search(urlsplit(location).path.rpartition("/")[2]):
        raise Refused(f"redirected to a placeholder, {location}")
    return urljoin(url, location)


def _read(response: httpx2.Response, deadline: float) -> bytes:
    if response.status_code in _TRANSIENT:
        raise _Passing(f"HTTP {response.status_code}")
    if response.status_code != 200:
        raise Refused(f"HTTP {response.status_code}")
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if not kind.startswith("image/"):
        raise Refused(f"content type {kind or 'none'} and no image")
    if kind == "image/svg+xml":
        raise Refused("a drawing (SVG) and no image")
    content = bytearray()
    for block in response.iter_bytes():
        content += block
        if len(content) > MAX_BYTES:
            raise Refused(f"more than {MAX_BYTES // 2**20} MiB")
        if time.monotonic() > deadline:
            raise Refused(f"more than {WHOLE_S:g} s")
    return bytes(content)


def check_address(url: str) -> None:
    """Raise `Refused` for an address that is none of the public web's, the hub's own host excepted."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Refused("no address") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused(f"no address of the web: {parts.scheme or 'no scheme'}")
    hub = urlsplit(constants.ENDPOINT)
    if (parts.hostname, port) == (hub.hostname, hub.port):
        return
    try:
        found = socket.getaddrinfo(parts.hostname, port or 0, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        # A proxy may know the name; without one the request says that nobody does.
        return
    if not all(ipaddress.ip_address(str(address[4][0]).partition("%")[0]).is_global for address in found):
        raise Refused(f"an address on a private network: {parts.hostname}")
