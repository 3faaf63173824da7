"""The stages of a round and the moves between them."""

from consult.errors import Refused

MOVES: dict[str, tuple[str, ...]] = {
    "planned": ("open",),
    "open": ("closed",),
    "closed": ("consolidated",),
    "consolidated": ("consolidated", "decided"),
    "decided": (),
}
BECAUSE = {
    "planned": "The round has not been circulated yet.",
    "open": "The round is still open.",
    "closed": "The round is closed.",
    "consolidated": "The round has been consolidated.",
    "decided": "The round is finished: every comment has been decided.",
}


def may_move(stage: str, to: str) -> bool:
    """Return whether a round may move from one stage to another. A round may be consolidated again."""
    return to in MOVES[stage]


def check_move(stage: str, to: str) -> None:
    """Raise Refused, with where the round stands, for a move that is not allowed."""
    if not may_move(stage, to):
        raise Refused(f"{BECAUSE[stage]} This step is not possible now.", "wrong-stage")
