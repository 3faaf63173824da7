"""What the words that are stored are called for people: types, decisions, positions, places, states.

The database and the forms keep the English word, which never changes; a page looks up here what it shows and says it in
the reader's language.
"""

from collections.abc import Mapping

from consult.phrases import say

NAMES: Mapping[str, Mapping[str, str]] = {
    "type": {
        "general": say("general"),
        "substantive": say("substantive"),
        "technical": say("technical"),
        "editorial": say("editorial"),
        "translation": say("translation"),
    },
    "decision": {
        "accepted": say("accepted"),
        "accepted with changes": say("accepted with changes"),
        "not accepted": say("not accepted"),
        "noted": say("noted"),
        "out of scope": say("out of scope"),
        "duplicate": say("duplicate"),
    },
    "decision state": {
        "undecided": say("undecided"),
        "decided": say("decided"),
        "not released": say("decided and not released"),
        "changed since released": say("changed since released"),
    },
    "position": {
        "comments": say("Comments"),
        "no comments": say("No comments"),
        "concur": say("Concur"),
        "concur with comments": say("Concur, with comments"),
        "cannot concur": say("Cannot concur"),
        "not concerned": say("Not concerned"),
    },
    "standing": {
        "handed in": say("handed in"),
        "no comments": say("no comments"),
        "concur": say("concurs"),
        "concur with comments": say("concurs, with comments"),
        "cannot concur": say("cannot concur"),
        "not concerned": say("not concerned"),
        "no answer": say("no answer"),
        "overdue": say("overdue"),
        "drafting": say("drafting"),
        "opened": say("opened"),
        "not opened": say("not opened"),
    },
    "place": {
        "lead": say("lead"),
        "co-lead": say("co-lead"),
        "consulted": say("consulted"),
        "observer": say("observer"),
    },
    "taking part": {
        "lead": say("leads"),
        "co-lead": say("leads together with others"),
        "consulted": say("is asked"),
        "observer": say("observes"),
    },
    "no-objection": {
        "announced": say("announced, not running yet"),
        "running": say("running"),
        "prevented": say("prevented before it began to run"),
        "broken": say("broken"),
        "expired": say("time run out, not broken"),
        "withdrawn": say("withdrawn by the lead"),
    },
    "answer": {
        "concur": say("No objection, said expressly"),
        "objection": say("Objection"),
        "amendment": say("Amendment"),
    },
    "effect": {
        "stands": say("in time"),
        "first": say("in time; ended the round"),
        "further": say("in time, after the round had ended"),
        "late": say("late, without effect"),
        "after withdrawal": say("after the withdrawal, without effect"),
    },
    "no-objection standing": {
        "broke": say("objected or proposed an amendment, and so ended the round"),
        "objected as well": say("objected or proposed an amendment too, in time"),
        "agreed": say("said expressly that it has no objection"),
        "silent": say("kept silent until the time ran out: counted as no objection"),
        "no answer": say("no answer"),
    },
    "role": {
        "contributor": say("contributor"),
        "focal point": say("focal point"),
        "head": say("head of the organisation"),
    },
    "escalation": {
        "never": say("never"),
        "last": say("the last reminder"),
        "every": say("every reminder"),
    },
    "carried": {
        "same": say("its passage is the same"),
        "moved": say("its passage has moved or has another number"),
        "changed": say("its passage has changed"),
        "orphaned": say("its passage is gone"),
        "attached": say("attached here by the lead"),
        "let go": say("the lead let it go"),
    },
    "desk": {
        "drafting": say("not cleared"),
        "cleared": say("cleared"),
        "dropped": say("dropped"),
        "merged": say("merged into another"),
        "handed in": say("handed in"),
    },
    "part": {
        "open": say("being written"),
        "done": say("done"),
        "over": say("the time is over"),
        "taken back": say("taken back"),
        "handed in": say("ended with the hand-in"),
        "closed": say("ended with the round"),
    },
    "act": {
        "changed": say("changed"),
        "cleared": say("cleared"),
        "uncleared": say("clearance taken back"),
        "dropped": say("dropped"),
        "restored": say("restored"),
        "merged": say("merged into another"),
        "separated": say("stands by itself again"),
    },
    "comment state": {
        "not handed in": say("not handed in"),
        "handed in": say("handed in"),
        "carried over": say("carried over"),
    },
    "letter": {
        "queued": say("waits to be sent"),
        "sending": say("is being sent"),
        "sent": say("sent"),
        "failed": say("failed"),
        "unknown": say("nobody knows whether it arrived"),
        "cancelled": say("not sent any more"),
    },
    "field": {
        "address": say("address"),
        "code": say("code"),
        "days": say("working days"),
        "decision": say("decision"),
        "digest": say("time of the digest"),
        "duplicate of": say("duplicate of"),
        "email": say("mail address"),
        "first": say("from paragraph"),
        "heads": say("reminders to heads"),
        "hours": say("hours"),
        "invitation": say("invitation"),
        "language": say("language"),
        "last": say("to paragraph"),
        "name": say("name"),
        "note": say("note"),
        "organisation": say("organisation"),
        "paragraph": say("paragraph"),
        "position": say("position"),
        "quote": say("words of the draft"),
        "reason": say("reason"),
        "reference": say("reference"),
        "section": say("section"),
        "statement": say("statement"),
        "title": say("title"),
        "type": say("type"),
        "undecided_days": say("days after the closing"),
        "until": say("until"),
        "visibility": say("who sees whose comments"),
        "wall": say("date and time"),
        "wording": say("wording"),
        "zone": say("time zone"),
    },
}


def name_of(word: str, kind: str) -> str:
    """Return what a stored word is called; the word itself where it has no name."""
    return NAMES[kind].get(word, word)
