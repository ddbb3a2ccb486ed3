"""A file on its way to a document, as KashFlow wants it."""

from __future__ import annotations

import base64
import mimetypes
from pathlib import PurePath
from typing import Any

from kfclient.api.errors import BadRequest

_UNKNOWN = "application/octet-stream"


def attachment(filename: str, content: bytes, content_type: str = "") -> dict[str, Any]:
    """Return the fields that describe a file, by KashFlow's names.

    Its size goes as a text, in bytes, its extension without a dot; folders before the name are
    left out. `content_type` is told by the extension unless it is given. Raises `BadRequest` for a
    file without name or content.
    """
    name = PurePath(filename.replace("\\", "/")).name
    if not name or not content:
        what = "has no name" if content else "is empty"
        raise BadRequest(f"The file to attach {what}; nothing was sent.", "Choose another file.")
    return {
        "Base64String": base64.b64encode(content).decode("ascii"),
        "ContentType": content_type or mimetypes.guess_type(name)[0] or _UNKNOWN,
        "Filename": name,
        "FileExtension": PurePath(name).suffix.removeprefix("."),
        "FileSize": str(len(content)),
    }
