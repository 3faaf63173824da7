"""Comments and the returned Word copies some of them come from."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.models.added_answers import AddedAnswer
from consult.models.base import Base, Instant, one_of, random_id
from consult.models.delegations import DelegatedComment
from consult.models.desks import Clearance
from consult.models.drafts import DraftParagraph
from consult.models.organisations import Organisation
from consult.models.people import Person
from consult.models.rounds import Round

TYPES = ("general", "substantive", "technical", "editorial", "translation")
CARRIED_STATES = ("same", "moved", "changed", "orphaned", "attached", "let go")


class ReturnedCopy(Base):
    """The draft as an organisation edited it in a word processor. The same file twice is the same copy.

    `report` is the engine's ReturnedCopy as JSON: what was found, placed and not placed. Only a kept copy has comments.
    """

    __tablename__ = "returned_copy"
    __table_args__ = (
        UniqueConstraint("round_id", "organisation_id", "file_sha256"),
        one_of("state", "examined", "kept", "discarded"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, default=random_id)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    uploaded_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    file_sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"))
    filename: Mapped[str] = mapped_column(String(255))
    state: Mapped[str] = mapped_column(String(20), default="examined")
    report: Mapped[dict[str, Any]] = mapped_column(JSON)
    uploaded_at: Mapped[datetime] = mapped_column(Instant)
    kept_at: Mapped[datetime | None] = mapped_column(Instant)

    organisation: Mapped[Organisation] = relationship()
    uploaded_by: Mapped[Person] = relationship()


class Comment(Base):
    """What one organisation says on a paragraph, on a range in it, or on the whole draft (no paragraph).

    Unsubmitted while `submission_id` is empty: then it exists for its own organisation only. `edits` is the Proposal:
    engine Edits as JSON, all on one paragraph (a paragraph may be replaced, deleted, or followed by new ones);
    `proposed_text` is how the paragraph then reads. `supersedes_id` names the submitted comment this one corrects.
    `source_key` identifies what it is in a returned copy, so that the same copy twice adds nothing.
    """

    __tablename__ = "comment"
    __table_args__ = (
        one_of("type", *TYPES),
        one_of("source", "web", "copy"),
        UniqueConstraint("round_id", "organisation_id", "source_key"),
        Index("ix_comment_round_submission", "round_id", "submission_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, default=random_id)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    paragraph_id: Mapped[int | None] = mapped_column(ForeignKey("draft_paragraph.id"), index=True)
    start: Mapped[int] = mapped_column(default=0)
    end: Mapped[int] = mapped_column(default=0)
    quote: Mapped[str] = mapped_column(Text, default="")
    type: Mapped[str] = mapped_column(String(20), default="substantive")
    reason: Mapped[str] = mapped_column(Text, default="")
    edits: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    proposed_text: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str] = mapped_column(String(10), default="web")
    source_key: Mapped[str | None] = mapped_column(String(80))
    source_author: Mapped[str] = mapped_column(
        String(200), default=""
    )  # as the Word file named it; for the record only
    source_date: Mapped[str] = mapped_column(String(40), default="")
    returned_copy_id: Mapped[int | None] = mapped_column(ForeignKey("returned_copy.id"))
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("submission.id"), index=True)
    supersedes_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(default=1)

    round: Mapped[Round] = relationship()
    organisation: Mapped[Organisation] = relationship()
    author: Mapped[Person] = relationship()
    paragraph: Mapped[DraftParagraph | None] = relationship()
    submission: Mapped["Submission | None"] = relationship(back_populates="comments")
    supersedes: Mapped["Comment | None"] = relationship(remote_side="Comment.id")
    carried: Mapped["CarriedComment | None"] = relationship(
        back_populates="comment", foreign_keys="CarriedComment.comment_id", uselist=False
    )

    clearance: Mapped[Clearance | None] = relationship(
        primaryjoin=id == Clearance.comment_id, foreign_keys=[Clearance.comment_id], uselist=False
    )

    delegated: Mapped[DelegatedComment | None] = relationship(
        primaryjoin=id == DelegatedComment.comment_id,
        foreign_keys=[DelegatedComment.comment_id],
        uselist=False,
        lazy="joined",
    )

    @property
    def author_name(self) -> str:
        """Who wrote the comment: the colleague it is signed by where the part was delegated, else its author."""
        return self.delegated.delegation.name if self.delegated else self.author.name

    @property
    def author_key(self) -> int:
        """What tells authors apart: a person's number, or below zero that of a delegation."""
        return -self.delegated.delegation_id if self.delegated else self.author_id

    @property
    def manner(self) -> str:
        """How it came to this round: "" as always, with a "late" answer, or entered "on behalf" by the lead."""
        if self.submission is None or self.submission.round_id != self.round_id:
            return ""
        return self.submission.manner

    @property
    def desk_state(self) -> str:
        """How the comment stands: handed in, or cleared, dropped, merged, drafting."""
        if self.submission_id is not None:
            return "handed in"
        return self.clearance.state if self.clearance else "drafting"

    @property
    def is_set_aside(self) -> bool:
        """Whether the comment stays behind at the hand-in: dropped, or merged into another."""
        return self.desk_state in ("dropped", "merged")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - the mapper's own protocol


class CarriedComment(Base):
    """Where a comment that was carried over from an earlier round comes from, and how it stands in the new draft.

    "same", "moved", "changed" are the engine's words. An "orphaned" one has no place until the lead has "attached" it
    to a paragraph or "let go" of it, with a reason; whoever did that stays on record. `old_number` and `old_text` tell
    what it was on. The comment keeps the submission of the round it was handed in for.
    """

    __tablename__ = "carried_comment"
    __table_args__ = (one_of("state", *CARRIED_STATES),)

    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id"), primary_key=True, autoincrement=False)
    origin_id: Mapped[int] = mapped_column(ForeignKey("comment.id"), index=True)
    state: Mapped[str] = mapped_column(String(20))
    old_number: Mapped[str] = mapped_column(String(20), default="")
    old_text: Mapped[str] = mapped_column(Text, default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    comment: Mapped[Comment] = relationship(back_populates="carried", foreign_keys=[comment_id])
    origin: Mapped[Comment] = relationship(foreign_keys=[origin_id])


class Submission(Base):
    """All that an organisation hands in for a round, at one instant, by its focal point. A later one supersedes it."""

    __tablename__ = "submission"
    __table_args__ = (
        UniqueConstraint("round_id", "organisation_id", "number"),
        one_of(
            "position", "comments", "no comments", "concur", "concur with comments", "cannot concur", "not concerned"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    number: Mapped[int]
    position: Mapped[str] = mapped_column(String(30))
    statement: Mapped[str] = mapped_column(Text, default="")
    handed_in_at: Mapped[datetime] = mapped_column(Instant)
    handed_in_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    organisation: Mapped[Organisation] = relationship()
    handed_in_by: Mapped[Person] = relationship()
    comments: Mapped[list[Comment]] = relationship(back_populates="submission")
    added: Mapped[AddedAnswer | None] = relationship(
        primaryjoin=id == AddedAnswer.submission_id,
        foreign_keys=[AddedAnswer.submission_id],
        uselist=False,
        lazy="joined",
        viewonly=True,
    )

    @property
    def manner(self) -> str:
        """How it came to the round: "" as always, "late", or entered "on behalf" by the lead."""
        return self.added.kind if self.added else ""
