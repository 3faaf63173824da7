"""The next round of a story: its draft is the consolidated one, less a paragraph that was commented on."""

from datetime import datetime

from consult import engine
from consult.models import Round
from consult.services import dispositions, drafts, next_rounds
from tests.story import Story


def follow(story: Story, now: datetime) -> Round:
    """Plan the next round with a draft in which a paragraph with comments is gone."""
    chosen = {item.number for item in dispositions.list_numbered(story.session, story.round)}
    basis = next_rounds.read_basis(story.session, story.storage, story.round, chosen)
    gone = story.paragraph("within two working days")
    deletion = engine.Edit(gone.key, "paragraph-deleted", 0, len(gone.text), gone.text, "", "x")
    data = engine.write_next_draft(basis.draft, [deletion])
    return next_rounds.plan_next_round(
        story.session, story.storage, story.round, upload=drafts.read_upload(data), filename="next.docx",
        chosen=chosen, places=engine.carry_over(basis.draft, data, basis.remarks), by=story.actor("lead"),
        person=story.people["lead"], now=now,
    )  # fmt: skip
