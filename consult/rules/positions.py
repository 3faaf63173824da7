"""The positions an organisation can hand in with."""

from consult.errors import Invalid

POSITIONS = {
    "comments": "Comments",
    "no comments": "No comments",
    "concur": "Concur",
    "concur with comments": "Concur, with comments",
    "cannot concur": "Cannot concur",
    "not concerned": "Not concerned",
}
WITHOUT_COMMENTS = frozenset(("no comments", "concur", "not concerned"))
WITH_COMMENTS = frozenset(("comments", "concur with comments"))


def check_position(position: str, statement: str, comments: int) -> None:
    """Raise Invalid for a position that contradicts what is handed in with it.

    `comments` counts what the organisation has on the round once handed in. No comments must mean none, and none may be
    left behind silently; cannot concur needs a statement.
    """
    if position not in POSITIONS:
        raise Invalid("Choose one of the positions on the page.", "bad-position")
    if position in WITHOUT_COMMENTS and comments:
        raise Invalid(
            f"Your organisation has {comments} comment{'s' if comments != 1 else ''} on this round. "
            f"Delete or withdraw {'them' if comments != 1 else 'it'} first, or hand in with comments.",
            "comments-left",
        )
    if position in WITH_COMMENTS and not comments:
        raise Invalid("There is no comment to hand in. Choose “No comments” or write one first.", "no-comments-yet")
    if position == "cannot concur" and not statement.strip():
        raise Invalid("Say in a sentence why your organisation cannot concur.", "reason-missing")
