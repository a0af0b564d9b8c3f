"""Files at addresses outside any repository, as datasets of image URLs name them."""

from dataclasses import dataclass

from support.mock_hub.repository import Content

#: What an endless file sends at most, in bytes, so that a client without a limit ends too.
ENDLESS_BYTES = 256 * 2**20


@dataclass
class PlainFile:
    """What `/files/{path}` answers.

    `status`: 404 for one that is gone. `moved_to`: a redirect to another path below `/files/` (the placeholder of a removed image). `declared_size`: what
    Content-Length says, where it lies. `endless`: the content again and again, without a Content-Length.
    """

    content: Content = b""
    content_type: str = "image/jpeg"
    moved_to: str | None = None
    declared_size: int | None = None
    endless: bool = False
    status: int = 200
