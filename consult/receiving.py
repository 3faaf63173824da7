"""The worker's mailbox: each mail is kept and committed first, only then marked as read; then it is sorted.

A crash in between leaves a mail that is fetched once more and found to be there already.
"""

import structlog
from flask import Flask
from sqlalchemy.exc import IntegrityError

from consult.config import Settings
from consult.inbox import Fetched, Inbox, MailboxAway, open_inbox
from consult.models import db
from consult.services import received_mails
from consult.services.received_mails import Desk
from consult.storage import Storage
from consult.unit_of_work import AnySession, unit_of_work

log = structlog.get_logger()
MOST_SORTED = 200


def receive(app: Flask) -> int:
    """Fetch what has come, and sort it; return how many mails were sorted. Safe in any number of processes."""
    settings: Settings = app.extensions["consult"]
    if not settings.inbox_server or not settings.reply_address:
        return 0
    with app.app_context():
        storage: Storage = app.extensions["consult.storage"]
        try:
            fetch_new(db.session, storage, settings)
        except MailboxAway as away:
            log.error("inbox", fault=away.fault)
        count = sort_new(db.session, storage, desk_of(settings, str(app.config["SECRET_KEY"])))
        db.session.remove()
    return count


def desk_of(settings: Settings, secret: str) -> Desk:
    """Return what sorting needs to know of this instance."""
    own = frozenset(address.lower() for address in (settings.reply_address, settings.mail_sender))
    return Desk(settings.reply_address, own, secret, settings.base_url)


def fetch_new(session: AnySession, storage: Storage, settings: Settings) -> int:
    """Keep every mail that is unread, and mark it only when that is committed. Raises MailboxAway."""
    count = 0
    with open_inbox(settings) as inbox:
        for uid in inbox.list_unread():
            count += _fetch(session, storage, inbox, uid)
    return count


def _fetch(session: AnySession, storage: Storage, inbox: Inbox, uid: str) -> int:
    fetched = inbox.fetch(uid)
    if fetched is None:
        return 0
    try:
        _keep(session, storage, inbox.name, fetched)
    except IntegrityError:  # another worker kept it at the same moment: now it is found
        _keep(session, storage, inbox.name, fetched)
    inbox.mark_kept(uid)
    return 1


def _keep(session: AnySession, storage: Storage, mailbox: str, fetched: Fetched) -> None:
    with unit_of_work(session) as now:
        received_mails.keep(
            session, storage, mailbox=mailbox, raw=fetched.raw, is_whole=fetched.is_whole,
            arrived_at=fetched.arrived_at, now=now,
        )  # fmt: skip


def sort_new(session: AnySession, storage: Storage, desk: Desk) -> int:
    """Sort the mails that were kept, each in a transaction of its own."""
    numbers = received_mails.list_new(session, MOST_SORTED)
    session.rollback()
    count = 0
    for number in numbers:
        with unit_of_work(session) as now:
            count += received_mails.sort(session, storage, number, desk, now=now) is not None
    with unit_of_work(session):
        received_mails.settle_unread(session)
    return count
