"""The server that node's `soap` package makes of the vendor's WSDL, as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lxml import etree

from tests.peers.nodejs import HERE, environment, node
from tests.peers.shop import KEY, PASSWORD, USERNAME
from tests.peers.template_server import Contract


class NodeServer:
    """Serves a shop; every request it gets is checked against the vendor's schema."""

    def __init__(self, wsdl: Path) -> None:
        self._wsdl = wsdl
        self._contract = Contract(wsdl.read_bytes())
        self.refused: list[str] = []
        self.called: list[str] = []
        self._origin = ""

    @property
    def receipts(self) -> list[dict[str, Any]]:
        """The purchases, as the server would send them."""
        with urllib.request.urlopen(f"{self._origin}/receipts") as reply:
            kept: list[dict[str, Any]] = json.load(reply)
        for receipt in kept:
            receipt["Lines"] = _lines(receipt.get("Lines"))
        return kept

    @contextmanager
    def listening(self) -> Iterator[str]:
        """Start it, and yield its address."""
        run = subprocess.Popen(
            [node(), str(HERE / "server.js"), str(self._wsdl), USERNAME, PASSWORD, KEY],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment()},
        )
        assert run.stdout is not None
        endpoint: str = json.loads(run.stdout.readline())
        self._origin = endpoint.removesuffix("/api/service.asmx")
        reader = threading.Thread(target=self._read, args=(run.stdout,))
        reader.start()
        try:
            yield endpoint
        finally:
            run.terminate()
            run.wait()
            reader.join()
            run.stdout.close()

    def _read(self, said: Iterator[str]) -> None:
        for line in said:
            message, refused = self._contract.check(json.loads(line).encode())
            self.called.append(etree.QName(message).localname)
            if refused:
                self.refused.append(refused)


def _lines(lines: Any) -> list[dict[str, Any]]:
    """Return the lines as a list: this package makes no list of one."""
    held = (lines or {}).get("anyType") or []
    return held if isinstance(held, list) else [held]
