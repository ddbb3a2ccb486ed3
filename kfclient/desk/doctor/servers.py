"""The businesses' servers, asked over the network: without credentials, and only when wanted."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from kfclient.desk.doctor.report import Server
from kfclient.desk.doctor.scene import Scene
from kfclient.errors import Problem

_ADDRESS = re.compile(r"\(?\b\d{1,3}(\.\d{1,3}){3}\b(:\d+)?\)?|\[[0-9a-f:]+\](:\d+)?")


def servers(scene: Scene) -> tuple[Server, ...]:
    """Reach each business's server, and look at how its line is secured."""
    found = []
    for real, document in sorted(scene.businesses.items()):
        connection = scene.connections().get(real)
        if connection is None:
            continue
        name = scene.masks.business(real)
        endpoint = str(connection.get("endpoint", ""))
        authority = str((document.get("settings") or {}).get("certificate_authority") or "")
        try:
            sentence = _asked(endpoint, authority)
        except Problem as problem:
            told = masked(problem.sentence, endpoint)
            scene.mend(
                problem.code,
                f"The server of {name} cannot be used: {told}",
                masked(problem.cure, endpoint),
            )
            found.append(Server(name=name, sentence=told, reached=False))
        else:
            found.append(Server(name=name, sentence=sentence, reached=True))
    return tuple(found)


def _asked(endpoint: str, authority: str) -> str:
    from kfclient.api.probe import reach, secure

    reach(endpoint)
    version, _, certificate = secure(endpoint, authority=authority or None).partition(", ")
    _, _, until = certificate.rpartition("valid until ")
    return f"It answers; secure connection: {version}" + (
        f", certificate valid until {until}." if until else "."
    )


def masked(text: str, endpoint: str) -> str:
    """Return a text without the server's address."""
    parts = urlsplit(endpoint)
    host = parts.hostname or ""
    for real in (endpoint, parts.netloc, f"{host}:{parts.port}", host):
        if real:
            text = re.sub(re.escape(real), "its server", text, flags=re.IGNORECASE)
    return _ADDRESS.sub("(its address)", text)
