"""SQLAlchemy tables, one file per noun; no behaviour beyond properties."""

from consult.models.added_answers import AddedAnswer
from consult.models.audit import AuditEntry
from consult.models.base import Base, Instant, db
from consult.models.bodies import DELIVERIES, Body
from consult.models.calendar_feeds import CalendarFeed
from consult.models.changes import EVERYBODY, ChangeCount
from consult.models.comments import CARRIED_STATES, TYPES, CarriedComment, Comment, ReturnedCopy, Submission
from consult.models.consolidations import DECISIONS, Consolidation, Disposition, ReleasedDisposition
from consult.models.consultations import Consultation, Participation
from consult.models.delegations import DelegatedComment, DelegatedWords, Delegation, DelegationLink, DelegationVisit
from consult.models.desks import ACTS, DESK_STATES, Clearance, CommentText
from consult.models.drafts import Draft, DraftParagraph, DraftPicture
from consult.models.files import StoredFile
from consult.models.filled_matrices import FilledMatrix
from consult.models.jobs import JOB_STATES, Job
from consult.models.kept_words import KeptWords
from consult.models.letter_plans import ESCALATIONS, LetterPlan
from consult.models.no_objections import NoObjection, NoObjectionAnswer, NoObjectionAsked
from consult.models.organisations import ClosedDay, Organisation
from consult.models.outbox import OutboxAttachment, OutboxFreeze, OutboxLetter
from consult.models.people import ROLES, Appointment, Person, SignIn, SignInLink
from consult.models.received_mails import MAIL_STATES, ReceivedMail
from consult.models.rounds import (
    ROUND_KINDS,
    STAGES,
    VISIBILITIES,
    Attendance,
    Deadline,
    Duty,
    Extension,
    Round,
    RoundDraft,
)
from consult.models.ticks import Tick
from consult.models.transmittals import (
    TRANSMITTAL_STATES,
    Transmittal,
    TransmittalDownload,
    TransmittalFile,
    TransmittalRecipient,
)

__all__ = [
    "ACTS",
    "CARRIED_STATES",
    "DECISIONS",
    "DELIVERIES",
    "DESK_STATES",
    "ESCALATIONS",
    "EVERYBODY",
    "JOB_STATES",
    "MAIL_STATES",
    "ROLES",
    "ROUND_KINDS",
    "STAGES",
    "TRANSMITTAL_STATES",
    "TYPES",
    "VISIBILITIES",
    "AddedAnswer",
    "Appointment",
    "Attendance",
    "AuditEntry",
    "Base",
    "Body",
    "CalendarFeed",
    "CarriedComment",
    "ChangeCount",
    "Clearance",
    "ClosedDay",
    "Comment",
    "CommentText",
    "Consolidation",
    "Consultation",
    "Deadline",
    "DelegatedComment",
    "DelegatedWords",
    "Delegation",
    "DelegationLink",
    "DelegationVisit",
    "Disposition",
    "Draft",
    "DraftParagraph",
    "DraftPicture",
    "Duty",
    "Extension",
    "FilledMatrix",
    "Instant",
    "Job",
    "KeptWords",
    "LetterPlan",
    "NoObjection",
    "NoObjectionAnswer",
    "NoObjectionAsked",
    "Organisation",
    "OutboxAttachment",
    "OutboxFreeze",
    "OutboxLetter",
    "Participation",
    "Person",
    "ReceivedMail",
    "ReleasedDisposition",
    "ReturnedCopy",
    "Round",
    "RoundDraft",
    "SignIn",
    "SignInLink",
    "StoredFile",
    "Submission",
    "Tick",
    "Transmittal",
    "TransmittalDownload",
    "TransmittalFile",
    "TransmittalRecipient",
    "db",
]
