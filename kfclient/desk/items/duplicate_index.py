"""A business's items and KashFlow's documents side by side, so that what looks like one is found.

Looking costs about the same among many as among few, also where thousands have one amount: what is
compared with what is narrowed by day and by number, never decided here (see `duplicate_match`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from kfclient.desk.items.duplicate_match import (
    ALIKE_DAYS,
    BLANK_DAYS,
    Grade,
    Sighting,
    beat_of,
    compare,
    loose_keys,
    tells_apart,
    whole_keys,
)

_Place = tuple[str, str, str, object]
"""Side, circle, what is shared ("ref", "gross", "net"), and its value; of "whole" no circle."""

_MOST_NAMES = 2
"""Parties of one number, day and amount: what more of them write, as "Oct 2026", names nothing."""

_MANY = 16
"""Sightings that are compared one by one; more of one place are sorted by day and by number."""


class Likeness(msgspec.Struct, frozen=True):
    """A document that looks like the one asked about: how surely it is the same, and why."""

    other: Sighting
    grade: Grade
    reason: str


class _Day:
    """The sightings of one place that have the same date."""

    __slots__ = ("all", "blank", "loose")

    def __init__(self) -> None:
        self.all: dict[str, Sighting] = {}
        self.blank: dict[str, Sighting] = {}
        self.loose: dict[str, dict[str, Sighting]] = {}


class _Pile:
    """Many sightings of one place, by day and by number."""

    __slots__ = ("all", "days", "refs")

    def __init__(self, sightings: Iterable[Sighting]) -> None:
        self.all: dict[str, Sighting] = {}
        self.days: dict[int, _Day] = {}  # by the number of the day, 0 for none
        self.refs: dict[str, dict[str, Sighting]] = {}
        for one in sightings:
            self.put(one)

    def put(self, one: Sighting) -> None:
        self.all[one.key] = one
        number = _number_of(one.date)
        day = self.days.get(number)
        if day is None:
            day = self.days[number] = _Day()
        day.all[one.key] = one
        if not one.ref:
            day.blank[one.key] = one
            return
        self.refs.setdefault(one.ref, {})[one.key] = one
        for key in loose_keys(one.ref):
            day.loose.setdefault(key, {})[one.key] = one

    def drop(self, one: Sighting) -> None:
        del self.all[one.key]
        number = _number_of(one.date)
        day = self.days[number]
        del day.all[one.key]
        if not day.all:
            del self.days[number]
        if not one.ref:
            del day.blank[one.key]
            return
        _dropped(self.refs, one.ref, one.key)
        for key in loose_keys(one.ref):
            _dropped(day.loose, key, one.key)

    def about(self, one: Sighting, reach: int) -> Iterator[tuple[int, _Day]]:
        """Yield the days about that of the sighting and how far off each is, the nearest first."""
        if one.date is None:
            return
        number, days = one.date.toordinal(), self.days
        if number in days:
            yield 0, days[number]
        for apart in range(1, reach + 1):
            for at in (number + apart, number - apart):
                if at > 0 and at in days:
                    yield apart, days[at]


def _number_of(date: dt.date | None) -> int:
    return 0 if date is None else date.toordinal()


def _dropped(where: dict[str, dict[str, Sighting]], at: str, key: str) -> None:
    there = where[at]
    del there[key]
    if not there:
        del where[at]


class _Search:
    """What was found so far of what looks like one sighting; `enough` ends the looking."""

    def __init__(self, at_most: int, counts: Callable[[Likeness], bool]) -> None:
        self.found: dict[str, Likeness | None] = {}
        self.notes = 0
        self._at_most = at_most
        self._counts = counts
        self._no_less = dict.fromkeys(Grade, 0)

    def take(self, key: str, found: Likeness | None) -> None:
        self.found[key] = found
        if found is None:
            return
        self.notes += found.grade is Grade.NOTE
        if self._at_most and self._counts(found):
            for least in self._no_less:
                self._no_less[least] += found.grade >= least

    def enough(self, least: Grade) -> bool:
        """Whether as many as are wanted were found that are no less than the grade."""
        return bool(self._at_most) and self._no_less[least] >= self._at_most


def _every(_: Likeness) -> bool:
    return True


class DuplicateIndex:
    """Sightings in one place, compared with another in a few dictionary reads."""

    def __init__(self, sightings: Iterable[Sighting] = ()) -> None:
        self._all: dict[str, Sighting] = {}
        self._places: dict[_Place, Sighting | dict[str, Sighting] | _Pile] = {}
        self._beats: dict[_Place, float | None] = {}
        self._claimed: Mapping[str, str] | None = None
        # Which have, or had, something in common with another: the rest is alone, as most are.
        self._common: set[str] = set()
        for sighting in sightings:
            self.put(sighting)

    def __len__(self) -> int:
        return len(self._all)

    def get(self, key: str) -> Sighting | None:
        """Return the sighting with this key, None where there is none."""
        return self._all.get(key)

    def is_alone(self, key: str) -> bool:
        """Whether what has this key, if anything, surely has nothing in common with another."""
        return key not in self._common

    def put(self, sighting: Sighting) -> None:
        """Add a sighting, in the place of the one with its key."""
        if sighting.key in self._all:
            self.drop(sighting.key)
        self._all[sighting.key] = sighting
        places, beats = self._places, self._beats
        for place in _places(sighting):
            if beats:
                beats.pop(place, None)
            there = places.setdefault(place, sighting)
            if there is not sighting:
                self._join(sighting, place, there)
        for place in _crossing(sighting):
            crossed = places.get(place)
            if crossed is not None and crossed is not sighting:
                self._common.add(sighting.key)
                if isinstance(crossed, Sighting):
                    self._common.add(crossed.key)

    def _join(
        self, sighting: Sighting, place: _Place, there: Sighting | dict[str, Sighting] | _Pile
    ) -> None:
        """Put a sighting where another is, or several."""
        self._common.add(sighting.key)
        if isinstance(there, _Pile):
            there.put(sighting)
        elif isinstance(there, Sighting):
            self._common.add(there.key)
            self._places[place] = {there.key: there, sighting.key: sighting}
        else:
            there[sighting.key] = sighting
            if len(there) > _MANY:
                self._places[place] = _Pile(there.values())

    def drop(self, key: str) -> None:
        """Take the sighting with this key out, if there is one."""
        sighting = self._all.pop(key, None)
        if sighting is None:
            return
        for place in _places(sighting):
            self._beats.pop(place, None)
            there = self._places[place]
            if isinstance(there, _Pile):
                there.drop(sighting)
            elif isinstance(there, dict):
                del there[key]
            if isinstance(there, Sighting) or not _sightings(there):
                del self._places[place]

    def like(
        self,
        one: Sighting,
        claimed: Mapping[str, str] = {},
        *,
        at_most: int = 0,
        counts: Callable[[Likeness], bool] = _every,
    ) -> list[Likeness]:
        """Return what looks like this one, what is surely the same first.

        Several equal amounts of one day under numbers of their own are parcels, not duplicates.
        `claimed` says by the key of a document which item it is: the item stands for both. With
        `at_most`, no more are looked for once so many are found that `counts` and nothing surer is
        to come.
        """
        if self._claimed is not claimed:
            self._claimed = claimed
            self._beats.clear()
        if self._all.get(one.key) is one and self.is_alone(one.key):
            return []
        search = _Search(at_most, counts)
        rhythm: dict[object, float | None] = {}
        for other in self._near(one, search):
            if other.key in claimed or other.key in search.found:
                continue
            alike = compare(one, other, beat=self._beat(one, other, claimed, rhythm))
            found = None if alike is None else Likeness(other, alike.grade, alike.reason)
            search.take(other.key, found)
        alone = search.notes == 1 and not search.enough(Grade.POSSIBLE)
        return sorted(
            (like for like in search.found.values() if like and (like.grade > Grade.NOTE or alone)),
            key=lambda like: (-like.grade, like.other.key),
        )

    def beside(self, one: Sighting) -> Iterator[str]:
        """Yield the keys of all for which it matters that this one is there."""
        for place in (*_places(one), *_crossing(one)):
            yield from (other.key for other in self._at(place))

    def _near(self, one: Sighting, search: _Search) -> Iterator[Sighting]:
        """Yield whatever shares the reference or an amount and can be alike, the surest first."""
        for place in _marks(one):
            there = self._places.get(place)
            if isinstance(there, _Pile):
                near = self._same_amount if place[2] == "gross" else self._same_reference
                yield from near(one, there, search)
            elif there is not None:
                yield from _sightings(there)
        for place in _crossing(one):
            there = self._places.get(place)
            if isinstance(there, _Pile):
                yield from self._crossed(one, there, search)
            elif there is not None:
                yield from _sightings(there)
        for place in _anywhere(one):
            there = self._places.get(place)
            same = () if there is None or isinstance(there, _Pile) else _sightings(there)
            if len({one.circle, *(other.circle for other in same)}) <= _MOST_NAMES:
                yield from same

    def _same_reference(self, one: Sighting, pile: _Pile, search: _Search) -> Iterator[Sighting]:
        """Yield those of a reference that are near in time; equal amounts come by themselves."""
        for _, day in pile.about(one, ALIKE_DAYS):
            for other in tuple(day.all.values()):
                if search.enough(Grade.POSSIBLE):
                    return
                yield other

    def _same_amount(self, one: Sighting, pile: _Pile, search: _Search) -> Iterator[Sighting]:
        for near in (self._numbered(one, pile), self._around(one, pile, search)):
            for other in near:
                yield other
                if search.enough(Grade.EXACT):
                    return
        # Worth a word only where it is alone.
        for _, day in pile.about(one, 0):
            for other in tuple(day.all.values()):
                if search.notes > 1 or search.enough(Grade.POSSIBLE):
                    return
                yield other

    def _crossed(self, one: Sighting, pile: _Pile, search: _Search) -> Iterator[Sighting]:
        for near in (self._numbered(one, pile), self._around(one, pile, search)):
            for other in near:
                if search.enough(Grade.POSSIBLE):
                    return
                yield other

    def _numbered(self, one: Sighting, pile: _Pile) -> Iterator[Sighting]:
        """Yield those of the same number, of any day."""
        if one.ref and tells_apart(one.ref):
            yield from tuple(pile.refs.get(one.ref, {}).values())

    def _around(self, one: Sighting, pile: _Pile, search: _Search) -> Iterator[Sighting]:
        """Yield those of about the day whose number may be this one misread, or missing."""
        keys = loose_keys(one.ref) if one.ref else ()
        for apart, day in pile.about(one, max(ALIKE_DAYS, BLANK_DAYS)):
            if apart and search.enough(Grade.POSSIBLE):
                return
            for key in keys:
                if key in day.loose:
                    yield from tuple(day.loose[key].values())
            unnumbered = day.blank if one.ref else day.all
            if unnumbered and apart <= BLANK_DAYS:
                for other in tuple(unnumbered.values()):
                    if apart and search.enough(Grade.POSSIBLE):
                        return
                    yield other

    def _at(self, place: _Place) -> Iterable[Sighting]:
        there = self._places.get(place)
        return () if there is None else _sightings(there)

    def _beat(
        self,
        one: Sighting,
        other: Sighting,
        claimed: Mapping[str, str],
        known: dict[object, float | None],
    ) -> float | None:
        """Return the rhythm of the amount that the two share, worked out once an amount."""
        shared = next((gross for gross in one.grosses if gross in other.grosses), None)
        if shared is None or one.date == other.date:
            return None
        if shared not in known:
            known[shared] = self._rhythm(one, (one.side, one.circle, "gross", shared), claimed)
        return known[shared]

    def _rhythm(self, one: Sighting, place: _Place, claimed: Mapping[str, str]) -> float | None:
        mine = self._all.get(one.key) is one
        if mine and place in self._beats:
            return self._beats[place]
        there = self._places.get(place)
        if isinstance(there, _Pile):
            dates = {
                dt.date.fromordinal(number)
                for number, day in there.days.items()
                if number and any(key not in claimed for key in day.all)
            }
        else:
            dates = {
                each.date
                for each in self._at(place)
                if each.date is not None and each.key not in claimed
            }
        if one.date is not None:
            dates.add(one.date)
        beat = beat_of(dates)
        if mine and one.key not in claimed:
            self._beats[place] = beat
        return beat


def _sightings(there: Sighting | dict[str, Sighting] | _Pile) -> tuple[Sighting, ...]:
    if isinstance(there, Sighting):
        return (there,)
    return tuple((there.all if isinstance(there, _Pile) else there).values())


def _marks(one: Sighting) -> list[_Place]:
    side, circle = one.side, one.circle
    marks: list[_Place] = [(side, circle, "gross", gross) for gross in one.grosses]
    if one.ref:
        marks.append((side, circle, "ref", one.ref))
    return marks


def _places(one: Sighting) -> list[_Place]:
    side, circle, places = one.side, one.circle, _marks(one)
    for net in one.nets:
        places.append((side, circle, "net", net))
    for key in whole_keys(one):
        places.append((side, "", "whole", key))
    return places


def _anywhere(one: Sighting) -> list[_Place]:
    """Return where those of any party are that have its number, day and amount."""
    return [(one.side, "", "whole", key) for key in whole_keys(one)]


def _crossing(one: Sighting) -> list[_Place]:
    """Return where those are whose gross is this one's net, or the other way round."""
    places: list[_Place] = [(one.side, one.circle, "gross", net) for net in one.nets]
    places += [(one.side, one.circle, "net", gross) for gross in one.grosses]
    return places
