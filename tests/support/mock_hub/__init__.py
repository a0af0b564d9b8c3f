"""A hub of models and datasets on the loopback interface: the real clients work with it as they are.

`HF_ENDPOINT` points them here (`MockHub.environment`); nothing of them is patched or replaced.
"""

from support.mock_hub.faults import Faults
from support.mock_hub.handler import Request
from support.mock_hub.plain import PlainFile
from support.mock_hub.repository import Content, Repo
from support.mock_hub.server import MockHub

__all__ = ["Content", "Faults", "MockHub", "PlainFile", "Repo", "Request"]
