"""The root of everything that can go wrong, and the one place that puts it into words.

Problem
├── Cancelled                      the person stopped it
├── kfclient.api.errors            KashFlowError: talking to KashFlow (refused, not sent, unknown)
├── kfclient.store.errors          StoreError, SecretsError: remembering
└── kfclient.desk.errors           DeskError: doing the work
"""

from __future__ import annotations

from kfclient.visible import stacked

TYPE_CHECKING = False  # typing is not loaded where every millisecond of a start counts
if TYPE_CHECKING:
    from typing import ClassVar, Protocol

    class Told(Protocol):
        """What has a sentence and a cure: a problem, or one as it is remembered."""

        @property
        def sentence(self) -> str:
            """What happened."""

        @property
        def cure(self) -> str:
            """What to do next, or ""."""


class Problem(Exception):
    """Something that went wrong, as a value: a stable code, a sentence, and a cure.

    `sentence` says what happened and what it means for the books; `cure` says what to do next and
    may be empty where there is nothing to do. Neither ever holds a secret.
    """

    code: ClassVar[str] = "problem"
    default_cure: ClassVar[str] = ""

    def __init__(self, sentence: str, cure: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.cure = self.default_cure if cure is None else cure

    def as_dict(self) -> dict[str, str]:
        """Return `{"code", "sentence", "cure"}`, the shape that `--json` and the state use."""
        return {"code": self.code, "sentence": self.sentence, "cure": self.cure}


class Cancelled(Problem):
    """The person stopped the work; what was whole by then stays."""

    code = "cancelled"

    def __init__(self) -> None:
        super().__init__("Stopped, as you asked.", "")


def tell(problem: Told) -> str:
    """Return the problem as a person reads it: the sentence, then the cure on its own line.

    A line break in the sentence, which may quote anything, makes no line of its own.
    """
    return stacked((problem.sentence, *problem.cure.splitlines()))
