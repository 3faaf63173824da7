"""Signing in by a mailed link, and out."""

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from consult.errors import Refused
from consult.models import db
from consult.services import people
from consult.unit_of_work import unit_of_work
from consult.web.guards import actor, cookie_name, declares, settings
from consult.web.languages import asked_language, language

blueprint = Blueprint("people", __name__)


@blueprint.get("/sign-in")
@declares("public")
def sign_in() -> str | Response:
    """Ask for the address the link shall go to."""
    if actor().person_id is not None:
        return redirect(url_for("home.show"))
    return render_template("people/sign_in.html", next=people.safe_path(request.args.get("next", "")), refusal="")


@blueprint.post("/sign-in")
@declares("public")
def request_link() -> str:
    """Send a link. The answer is the same whether the address is known or not."""
    with unit_of_work(db.session) as now:
        people.request_link(
            db.session,
            email=request.form.get("email", ""),
            next_path=request.form.get("next", ""),
            base_url=settings().base_url,
            language=language(),
            now=now,
        )
    return render_template("people/link_sent.html", as_files=not settings().mail_server)


@blueprint.get("/sign-in/<token>")
@declares("public")
def show_link(token: str) -> str:
    """Show a button. Mail scanners that only fetch the link use nothing up."""
    return render_template("people/consume.html", token=token)


@blueprint.post("/sign-in/<token>")
@declares("public")
def consume(token: str) -> Response | tuple[str, int]:
    """Use the link and sign in."""
    try:
        with unit_of_work(db.session) as now:
            session_token, next_path = people.consume_link(db.session, token=token, now=now, language=asked_language())
    except Refused as refusal:
        return render_template("people/sign_in.html", next="", refusal=refusal.message), 409
    response = make_response(redirect(next_path or url_for("home.show")))
    response.set_cookie(
        cookie_name(),
        session_token,
        max_age=int(people.SIGNED_IN_LASTS.total_seconds()),
        httponly=True,
        secure=settings().is_https,
        samesite="Lax",
        path="/",
    )
    return response


@blueprint.post("/sign-out")
@declares("public")
def sign_out() -> Response:
    """End the session here and forget what the browser kept."""
    token = request.cookies.get(cookie_name(), "")
    with unit_of_work(db.session) as now:
        people.revoke(db.session, token=token, now=now)
    response = make_response(redirect(url_for("people.sign_in")))
    response.delete_cookie(cookie_name(), path="/")
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response
