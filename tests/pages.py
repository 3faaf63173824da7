"""Every page there is, with who opens it and where; and every route that is none, with what it answers with.

Names in braces are in `World.names`, tests/world.py.
"""

from tests import parts

# endpoint -> (role, address)
PAGES: dict[str, tuple[tuple[str, str], ...]] = {
    "people.sign_in": (("anonymous", "/sign-in"),),
    "people.show_link": (("anonymous", "/sign-in/{token}"),),
    "home.show": (
        ("newcomer", "/"), ("contributor", "/"), ("focal point", "/"), ("lead", "/"), ("observer", "/"),
    ),
    "administration.show_people": (("administrator", "/administration/people"),),
    "administration.show_person": (("administrator", "/administration/people/{person}"),),
    "administration.show_organisations": (("administrator", "/administration/organisations"),),
    "calendars.index": (
        ("administrator", "/administration/calendars"), ("administrator", "/administration/calendars?organisation=1"),
    ),
    "bodies.index": (("administrator", "/administration/bodies"),),
    "bodies.show": (("administrator", "/administration/bodies/{body}"),),
    "administration.show_mail": (("administrator", "/administration/mail"),),
    "administration.show_letter": (("administrator", "/administration/mail/{letter}"),),
    "administration.show_audit": (("administrator", "/administration/audit"),),
    "consultations.new": (("lead", "/consultations/new"),),
    "late_answers.show": (
        ("focal point", "/rounds/{past}/late"), ("other", "/rounds/{consolidated}/late?paragraph={number}"),
    ),
    "late_answers.index": (("lead", "/rounds/{past}/late-answers"), ("co-lead", "/rounds/{consolidated}/late-answers")),
    "entered_answers.show": (
        ("lead", "/rounds/{open}/on-behalf"),
        ("lead", "/rounds/{past}/on-behalf?organisation={moldova}&paragraph={number}"),
    ),
    "extensions.show": (("focal point", "/rounds/{open}/extension"), ("other", "/rounds/{open}/extension")),
    "extensions.index": (("lead", "/rounds/{open}/extensions"), ("co-lead", "/rounds/{consolidated}/extensions")),
    "deadlines.show": (("lead", "/rounds/{open}/deadline"),),
    "no_objections.set_up": (("lead", "/rounds/{planned}/no-objection/set-up"),),
    "no_objections.show": (
        ("focal point", "/rounds/{asking}/no-objection"), ("lead", "/rounds/{asking}/no-objection"),
        ("focal point", "/rounds/{asking}/no-objection?paragraph=3"), ("observer", "/rounds/{asking}/no-objection"),
        ("lead", "/rounds/{broken}/no-objection"), ("contributor", "/rounds/{broken}/no-objection"),
        ("lead", "/rounds/{unbroken}/no-objection"),
    ),
    "consultations.set_up": (("lead", "/rounds/{planned}/set-up"),),
    "documents.show": (
        ("contributor", "/rounds/{open}/document"), ("observer", "/rounds/{open}/document"),
        ("lead", "/rounds/{consolidated}/document"), ("focal point", "/rounds/{decided}/document"),
    ),
    "documents.paragraph": (("contributor", "/rounds/{open}/document/paragraphs/{number}"),),
    "finding.show": (
        ("contributor", "/rounds/{open}/document/find?words=mission"),
        ("lead", "/rounds/{consolidated}/document/find?type=editorial"),
        ("observer", "/rounds/{decided}/document/find"),
    ),
    "comments.new": (
        ("contributor", "/rounds/{open}/comments/new?paragraph={number}"),
        ("contributor", "/rounds/{open}/comments/new"),
    ),
    "kept_words.index": (
        ("contributor", "/rounds/{open}/kept"), ("focal point", "/rounds/{past}/kept"),
    ),
    "comments.edit": (("contributor", "/rounds/{open}/comments/{comment}"),),
    "comments.ours": (
        ("contributor", "/rounds/{open}/comments"), ("focal point", "/rounds/{open}/comments"),
        ("other", "/rounds/{open}/comments"), ("co-lead", "/rounds/{open}/comments"),
        ("focal point", "/rounds/{past}/comments"),
    ),
    **parts.PAGES,
    "desks.show_merger": (("focal point", "/rounds/{open}/comments/merge?comment={one}&comment={two}"),),
    "submissions.show": (
        ("focal point", "/rounds/{open}/submission"), ("focal point", "/rounds/{open}/submission?waiting=with"),
    ),
    "copies.show": (("focal point", "/rounds/{open}/copy"), ("observer", "/rounds/{open}/copy")),
    "copies.examined": (("focal point", "/rounds/{open}/copy/{copy}"),),
    "rounds.board": (
        ("lead", "/rounds/{open}/board"), ("lead", "/rounds/{past}/board"), ("co-lead", "/rounds/{closed}/board"),
        ("lead", "/rounds/{consolidated}/board"), ("lead", "/rounds/{decided}/board"),
    ),
    "calendar_feeds.show": (("newcomer", "/calendar"), ("focal point", "/calendar")),
    "cancellations.show": (("lead", "/rounds/{open}/cancel"),),
    "letter_plans.show": (
        ("lead", "/rounds/{planned}/reminders"), ("lead", "/rounds/{open}/reminders"),
        ("lead", "/rounds/{closed}/reminders"), ("co-lead", "/rounds/{decided}/reminders"),
    ),
    "letters.index": (("lead", "/rounds/{open}/letters"), ("co-lead", "/rounds/{closed}/letters")),
    "quarantine.index": (("lead", "/rounds/{open}/mail"), ("co-lead", "/rounds/{closed}/mail")),
    "received.show": (("focal point", "/rounds/{open}/received/{mail}"), ("contributor", "/rounds/{past}/received/{late}")),
    "dispositions.index": (
        ("lead", "/rounds/{open}/decisions"), ("lead", "/rounds/{consolidated}/decisions"),
        ("co-lead", "/rounds/{consolidated}/decisions"),
        ("lead", "/rounds/{consolidated}/decisions?state=undecided&words=days"),
    ),
    "dispositions.choose": (
        ("lead", "/rounds/{consolidated}/decisions/many?all=every"),
        ("lead", "/rounds/{consolidated}/decisions/many"),
    ),
    "filled_matrices.show": (
        ("lead", "/rounds/{consolidated}/decisions/matrix"), ("co-lead", "/rounds/{open}/decisions/matrix"),
    ),
    "filled_matrices.examined": (("lead", "/rounds/{consolidated}/decisions/matrix/{matrix}"),),
    "conflicts.index": (
        ("lead", "/rounds/{open}/conflicts"), ("lead", "/rounds/{consolidated}/conflicts"),
        ("co-lead", "/rounds/{decided}/conflicts"),
    ),
    "conflicts.show": (
        ("lead", "/rounds/{consolidated}/conflicts/1"), ("co-lead", "/rounds/{decided}/conflicts/1"),
    ),
    "downloads.index": (
        ("contributor", "/rounds/{open}/downloads"), ("lead", "/rounds/{consolidated}/downloads"),
        ("observer", "/rounds/{decided}/downloads"),
    ),
    "likenesses.show": (
        ("lead", "/rounds/{consolidated}/decisions/alike"), ("lead", "/rounds/{open}/decisions/alike"),
    ),
    "downloads.made": (("lead", "/rounds/{consolidated}/downloads/made/{export}"),),
    "outcomes.show": (("focal point", "/rounds/{decided}/outcome"),),
    "transmittals.index": (
        ("lead", "/rounds/{decided}/transmittals"), ("co-lead", "/rounds/{consolidated}/transmittals"),
    ),
    "transmittals.new": (("lead", "/rounds/{decided}/transmittals/new"),),
    "transmittals.show": (
        ("lead", "/rounds/{decided}/transmittals/{transmittal}"), ("co-lead", "/rounds/{decided}/transmittals/{correction}"),
    ),
    "transmitted.show": (("anonymous", "/transmitted/{transmitted}"),),
    "next_rounds.new": (("lead", "/rounds/{decided}/next"),),
    "jobs.show": (("focal point", "/jobs/{job}"), ("lead", "/jobs/{consolidation}")),
    "comparisons.show": (("lead", "/rounds/{next}/compare"), ("contributor", "/rounds/{open}/compare")),
    "comparisons.unexplained": (("lead", "/rounds/{next}/unexplained"),),
    "next_rounds.tray": (("lead", "/rounds/{next}/carried"),),
    "next_rounds.point": (("lead", "/rounds/{next}/carried/{orphan}"),),
}  # fmt: skip
NOT_PAGES = {
    "static": "a file",
    "calendar_feeds.fetch": "a calendar file",
    "bootstrap.static": "a file",
    "assets.fetch": "style, script or icon",
    "copies.download": "a Word file",
    "quarantine.fetch": "a mail",
    "filled_matrices.download": "a workbook",
    "no_objections.text": "a Word file",
    "no_objections.record": "a Word file",
    "documents.section": "a part of a page",
    "documents.picture": "a picture",
    **parts.NOT_PAGES,
    "downloads.fetch": "a file",
    "transmittals.fetch": "a file",
    "entered_answers.proof": "a file",
    "downloads.fetch_made": "a file",
    "comparisons.fetch": "a Word file",
    "comparisons.stretch": "a part of a page",
    "jobs.progress": "a part of a page",
    "health.live": "a word for machines",
    "health.ready": "an answer for machines",
    "metrics.show": "numbers for machines",
    "outcomes.fetch": "a Word file",
    "kept_words.fresh_token": "a token for forms",
}
