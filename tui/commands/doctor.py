"""`kashdeck doctor`: what Kashdeck is like on this machine, what is wrong, and how to mend it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.commands.output import TextColumn, count, room_here, say, say_json, table

if TYPE_CHECKING:
    import argparse

    from kfclient.desk.doctor.report import FileFacts, Report
    from tui.commands.usage import Parser

_UNITS = ("B", "KB", "MB", "GB", "TB")


def doctor_arguments(parser: Parser) -> None:
    """Declare whether the network is touched."""
    parser.add_argument(
        "--network", action="store_true", help="ask each business's server whether it is there"
    )
    parser.answers_json()
    parser.example(
        "kashdeck doctor",
        "kashdeck doctor --network --json",
        notes="It can be pasted into a bug report: it holds no secret and no amount, and "
        "businesses and people go by numbers. It ends with 1 where something has to be mended.",
    )


def run_doctor(args: argparse.Namespace) -> int:
    """Examine, and print; works also where the home is broken."""
    from kfclient.desk.doctor import examine

    report = examine(network=args.network)
    if args.json:
        import msgspec

        say_json(msgspec.to_builtins(report))
    else:
        _tell(report)
    return 0 if report.healthy else 1


def _tell(report: Report) -> None:
    say(f"Kashdeck on this machine, {report.at:%Y-%m-%d %H:%M} UTC")
    _tell_machine(report)
    _tell_home(report)
    _tell_files(report)
    _tell_log(report)
    if report.servers:
        _head("Servers")
    for server in report.servers or ():
        say(f"  {server.name}: {server.sentence}")
    _tell_findings(report)


def _tell_machine(report: Report) -> None:
    _head("Versions")
    wide = max(len(each.name) for each in report.versions)
    for each in report.versions:
        say(f"  {each.name:<{wide}}  {each.version or 'missing'}")
    terminal = report.terminal
    if terminal is None:
        return
    _head("Terminal")
    size = f"{terminal.columns} x {terminal.rows}" if terminal.columns else "none"
    over = [word for word in ("SSH" if terminal.ssh else "", terminal.multiplexer) if word]
    say(f"  TERM {terminal.term or 'not set'}, size {size}, {terminal.colours} colours")
    say(f"  letters {terminal.encoding or 'unknown'}, through {', '.join(over) or 'nothing'}")


def _tell_home(report: Report) -> None:
    home = report.home
    if home is not None:
        _head("Home")
        say(
            f"  {home.place}, {'shared' if home.shared else 'not shared'}: "
            f"{count(home.files, 'file')}, {_size(home.bytes)}; {_size(home.free_bytes)} free"
        )
        for work in report.work:
            say(f"  {work.name} is held by process {work.process} for {work.seconds} s")
    _head("Where secrets may be kept")
    for keyring in report.keyrings:
        used = f", used by {', '.join(keyring.used_by)}" if keyring.used_by else ""
        say(f"  {keyring.id}: {'usable' if keyring.usable else 'not here'}{used}")


def _tell_files(report: Report) -> None:
    """Tell of databases and files; of lists and businesses' files in sum, they are many."""
    shown = [one for one in report.databases if "/lists/" not in one.name or one.state != "fine"]
    if shown:
        _head("Databases")
        _tell_table(
            ("Name", "State", "Format", "Documents", "Log"),
            [
                (one.name, one.state, str(one.format), f"{one.documents:,}", _size(one.log_bytes))
                for one in shown
            ],
        )
        say(f"  and {count(len(report.databases) - len(shown), 'synced list')}, fine")
    for trail in report.trails:
        wrong = f", {count(trail.troubles, 'trouble')}" if trail.troubles else ", whole"
        say(f"  trail of {trail.name}: {count(trail.lines, 'entry', 'entries')}{wrong}")
    if report.files:
        _head("Files")
        _tell_table(("Name", "Modes", "Owners", "Size"), _file_rows(report.files))


def _file_rows(files: Sequence[FileFacts]) -> list[tuple[str, str, str, str]]:
    together: dict[str, list[FileFacts]] = {}
    for one in files:
        parts = one.name.split("/")
        together.setdefault("/".join(parts[: 2 if parts[0] == "businesses" else 1]), []).append(one)
    return [
        (
            name if len(inside) == 1 else f"{name} ({len(inside)})",
            " ".join(sorted({one.mode for one in inside})),
            ", ".join(sorted({one.owner for one in inside})),
            _size(sum(one.bytes for one in inside)),
        )
        for name, inside in together.items()
    ]


def _tell_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    numbers = {"Format", "Documents", "Log", "Size"}
    columns = [TextColumn(heading, right=heading in numbers) for heading in headings]
    for line in table(columns, rows, room_here() and room_here() - 2):
        say(f"  {line}")


def _tell_log(report: Report) -> None:
    if not report.errors:
        return
    _head("Last in the log")
    for each in report.errors:
        why = " ".join(word for word in (each.error, each.code, each.where) if word)
        say(f"  {each.time[:19]} {each.level}: {each.sentence}{f' ({why})' if why else ''}")


def _tell_findings(report: Report) -> None:
    from kfclient.desk.doctor.report import Urgency

    say()
    if not report.findings:
        say("Nothing is wrong.")
        return
    for severity, heading in ((Urgency.NOTE, "Worth knowing"), (Urgency.MEND, "To be mended")):
        found = [finding for finding in report.findings if finding.severity is severity]
        if found:
            say(f"{heading}:")
        for finding in found:
            say(f"- {finding.sentence} [{finding.code}]")
            for line in filter(None, finding.cure.split("\n")):
                say(f"  {line}")


def _head(text: str) -> None:
    say("", text)


def _size(number: int) -> str:
    """Return a size as people read it: "0 B", "14 KB", "2.5 GB"."""
    size, unit = float(number), 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.1f} {_UNITS[unit]}" if unit and size < 10 else f"{size:.0f} {_UNITS[unit]}"
