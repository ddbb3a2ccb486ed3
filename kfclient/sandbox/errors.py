"""What can go wrong with the sandbox itself, as opposed to what it is set to answer.

SandboxError
├── PortTaken     another program listens on the port asked for
├── HostUnknown   the address asked for is none of this machine's
├── HomeTaken     another sandbox keeps its books in the folder asked for
├── HomeUnusable  the folder asked for cannot be written
├── BooksDamaged  the folder holds books that cannot be read
└── WrongFault    a misbehaviour was asked for that does not exist
"""

from __future__ import annotations

from kfclient.errors import Problem


class SandboxError(Problem):
    """The sandbox could not do what it was asked to."""

    code = "sandbox"


class PortTaken(SandboxError):
    """Another program listens on the port asked for."""

    code = "sandbox-port-taken"
    default_cure = "Choose another port, or leave the port out to have a free one found."


class HostUnknown(SandboxError):
    """The address asked for is none of this machine's."""

    code = "sandbox-host-unknown"
    default_cure = "Leave the host out to listen on 127.0.0.1, which is this machine alone."


class HomeTaken(SandboxError):
    """Another sandbox keeps its books in the folder asked for."""

    code = "sandbox-home-taken"
    default_cure = "Stop the other sandbox, or choose another folder."


class HomeUnusable(SandboxError):
    """The folder asked for cannot be written."""

    code = "sandbox-home-unusable"
    default_cure = "Choose a folder that you may write to."


class BooksDamaged(SandboxError):
    """The folder holds books that cannot be read."""

    code = "sandbox-books-damaged"
    default_cure = "Choose another folder, or move this one away to start with new books."


class WrongFault(SandboxError):
    """A misbehaviour was asked for that does not exist."""

    code = "sandbox-wrong-fault"
