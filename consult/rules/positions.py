"""The positions an organisation can hand in with."""

from consult.errors import Invalid
from consult.phrases import say, say_many
from consult.rules.names import NAMES

POSITIONS = NAMES["position"]
WITHOUT_COMMENTS = frozenset(("no comments", "concur", "not concerned"))
WITH_COMMENTS = frozenset(("comments", "concur with comments"))


def check_position(position: str, statement: str, comments: int) -> None:
    """Raise Invalid for a position that contradicts what is handed in with it.

    `comments` counts what the organisation has on the round once handed in. No comments must mean none, and none may be
    left behind silently; cannot concur needs a statement.
    """
    if position not in POSITIONS:
        raise Invalid(say("Choose one of the positions on the page."), "bad-position")
    if position in WITHOUT_COMMENTS and comments:
        raise Invalid(
            say_many(
                "Your organisation has %(num)s comment on this round. Delete or withdraw it first, or hand in with "
                "comments.",
                "Your organisation has %(num)s comments on this round. Delete or withdraw them first, or hand in with "
                "comments.",
                comments,
            ),
            "comments-left",
        )
    if position in WITH_COMMENTS and not comments:
        raise Invalid(
            say("There is no comment to hand in. Choose “No comments” or write one first."), "no-comments-yet"
        )
    if position == "cannot concur" and not statement.strip():
        raise Invalid(say("Say in a sentence why your organisation cannot concur."), "reason-missing")
