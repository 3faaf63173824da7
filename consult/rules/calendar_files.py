"""Deadlines as iCalendar: instants and words in, the text of a calendar file out.

The only importer of the library. Instants are written in UTC, which every calendar shows at the right hour of its own
zone on both sides of a change of the clocks. The same entries always give the same text.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from icalendar import Alarm, Calendar, Event, vCalAddress, vText

REQUEST, CANCEL = "REQUEST", "CANCEL"
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
ALARMS = (timedelta(days=-1), timedelta(hours=-4))
METHOD = re.compile(r"^METHOD:([A-Z]+)\r?$", re.MULTILINE)
LONGEST_LINE = 74  # octets, with the blank before a line that goes on: RFC 5545, 3.1
ORGANIZER = "mailto:anybody@consult.invalid"  # until it is known who sends: that is a setting, no part of what is said
ORGANIZER_LINE = f"ORGANIZER;CN=consult:{ORGANIZER}"


@dataclass(frozen=True, slots=True)
class Entry:
    """A deadline in a calendar. `sequence` rises whenever it moves; `stamped_at` is when it was last set."""

    uid: str
    sequence: int
    at: datetime
    stamped_at: datetime
    summary: str
    description: str
    url: str
    is_cancelled: bool = False
    rings: bool = True


def write_feed(entries: Iterable[Entry], *, name: str) -> str:
    """Return a calendar to subscribe to."""
    calendar = _calendar()
    calendar.add("x-wr-calname", _plain(name))
    calendar.add("refresh-interval;value=duration", "PT1H")
    for entry in entries:
        calendar.add_component(_event(entry))
    return bytes(calendar.to_ical()).decode()


def write_invitation(entry: Entry, *, email: str, name: str) -> str:
    """Return a calendar that puts an entry into somebody's calendar, moves it, or takes it out when it is cancelled."""
    calendar = _calendar()
    calendar.add("method", CANCEL if entry.is_cancelled else REQUEST)
    event = _event(entry)
    organizer = vCalAddress(ORGANIZER)
    organizer.params["CN"] = vText("consult")
    attendee = vCalAddress(f"mailto:{email}")
    attendee.params.update({"CN": vText(_plain(name)), "ROLE": vText("REQ-PARTICIPANT"), "RSVP": vText("FALSE")})
    event.add("organizer", organizer, encode=False)
    event.add("attendee", attendee, encode=False)
    calendar.add_component(event)
    return bytes(calendar.to_ical()).decode()


def method_of(text: str) -> str:
    """Return what an invitation asks a calendar to do; "" for a feed."""
    found = METHOD.search(text)
    return found[1] if found else ""


def sent_by(text: str, sender: str) -> str:
    """Return an invitation with the address it is sent from, which is ASCII."""
    line = ORGANIZER_LINE.replace(ORGANIZER, f"mailto:{sender}")
    folded = "\r\n ".join(line[start : start + LONGEST_LINE] for start in range(0, len(line), LONGEST_LINE))
    return text.replace(ORGANIZER_LINE, folded)


def _calendar() -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//consult//deadlines//EN")
    calendar.add("version", "2.0")
    return calendar


def _event(entry: Entry) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", entry.stamped_at.astimezone(UTC))
    event.add("last-modified", entry.stamped_at.astimezone(UTC))
    event.add("dtstart", entry.at.astimezone(UTC))  # without an end: it is one instant
    event.add("summary", _plain(entry.summary))
    event.add("description", _plain(entry.description))
    event.add("url", entry.url)
    event.add("status", "CANCELLED" if entry.is_cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    if entry.rings and not entry.is_cancelled:
        for before in ALARMS:
            event.add_component(_alarm(entry, before))
    return event


def _alarm(entry: Entry, before: timedelta) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", before)
    alarm.add("description", _plain(entry.summary))
    return alarm


def _plain(text: str) -> str:
    """Return text without what no calendar can hold."""
    return CONTROLS.sub(" ", text)
