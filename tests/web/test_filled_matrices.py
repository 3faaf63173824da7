"""Deciding in Excel on the web: taken, given back, looked at, taken over; bad files and bad rows are sentences."""

import hashlib
import io
from typing import Any

import openpyxl
import pytest
from flask import Flask

from consult.models import Comment, Disposition, FilledMatrix, StoredFile, db
from tests.budgets import PAGE_BYTES, QUERIES_OF_A_PAGE, queries_of, size_of
from tests.engine.hostile import attacks
from tests.engine.hostile_parts import declarations
from tests.filling import filled
from tests.work import worked

NOTED = {"decision": "noted", "reason": "Thank you."}


@pytest.fixture
def page(ids: dict[str, int]) -> str:
    return f"/rounds/{ids['round']}/decisions/matrix"


def give_back(client: Any, page: str, data: bytes, name: str = "filled.xlsx") -> Any:
    answer = client.post(page, data={"matrix": (io.BytesIO(data), name)})
    return worked(client.application, client, answer)


def mark_on(text: str) -> str:
    return text.partition('name="mark" value="')[2].partition('"')[0]


def decided(app: Flask) -> list[str]:
    with app.app_context():
        return sorted(db.session.scalars(db.select(Disposition.decision)))


def test_good_rows_are_shown_then_taken_and_bad_rows_stay_listed(app: Flask, lead: Any, page: str) -> None:
    taken = lead.get(f"{page}.xlsx")
    assert taken.headers["Content-Disposition"].startswith("attachment")
    data = filled(taken.data, {1: NOTED, 2: {"decision": "accepted"}, 4: {"decision": "perhaps", "reason": "Hm."}})
    preview = give_back(lead, page, data).headers["Location"]
    text = lead.get(preview).text
    assert "2 decisions to take over" in text
    assert "“perhaps” is no decision." in text
    assert decided(app) == []
    answer = lead.post(f"{preview}/take", data={"mark": mark_on(text)}, follow_redirects=True)
    assert "2 decisions are taken over." in answer.text
    assert "1 row was not taken; it is listed below." in answer.text
    assert "“perhaps” is no decision." in answer.text
    assert "Hm." in answer.text
    assert decided(app) == ["accepted", "noted"]


def test_the_preview_can_be_left_and_come_back_to(lead: Any, page: str) -> None:
    give_back(lead, page, filled(lead.get(f"{page}.xlsx").data, {1: NOTED}), "my matrix.xlsx")
    listed = lead.get(page).text
    assert "my matrix.xlsx" in listed
    address = listed.partition(f'<a href="{page}/')[2].partition('"')[0]
    assert "1 decision to take over" in lead.get(f"{page}/{address}").text


def test_taking_without_having_looked_is_refused_and_shows_the_rows_again(app: Flask, lead: Any, page: str) -> None:
    preview = give_back(lead, page, filled(lead.get(f"{page}.xlsx").data, {1: NOTED})).headers["Location"]
    answer = lead.post(f"{preview}/take", data={"mark": "of something else"})
    assert answer.status_code == 409
    assert "changed since you looked" in answer.text
    assert "Thank you." in answer.text
    assert decided(app) == []


def test_a_matrix_put_aside_is_there_again_when_it_is_given_back(app: Flask, lead: Any, page: str) -> None:
    data = filled(lead.get(f"{page}.xlsx").data, {1: NOTED})
    preview = give_back(lead, page, data).headers["Location"]
    lead.post(f"{preview}/discard")
    assert "filled.xlsx" not in lead.get(page).text
    assert lead.post(f"{preview}/take", data={"mark": mark_on(lead.get(preview).text)}).status_code == 409
    assert give_back(lead, page, data).headers["Location"] == preview
    with app.app_context():
        assert db.session.query(FilledMatrix).one().state == "examined"


@pytest.mark.parametrize("name", ["rtf", "encrypted", "macros", "bomb", "declared in utf-8", "truncated", "old word"])
def test_a_bad_file_is_told_in_a_sentence_and_nothing_is_stored(app: Flask, lead: Any, page: str, name: str) -> None:
    data = next(data for known, data, _ in (*attacks(), *declarations()) if known == name)
    with app.app_context():
        before = db.session.query(StoredFile).count()
    answer = give_back(lead, page, data)
    assert answer.status_code == 422
    assert "Not saved." in answer.text
    assert "parser-failed" not in answer.text
    with app.app_context():
        assert (db.session.query(FilledMatrix).count(), db.session.query(StoredFile).count()) == (0, before)


def test_every_way_to_cut_a_workbook_is_refused_or_read(lead: Any, page: str) -> None:
    whole = filled(lead.get(f"{page}.xlsx").data, {1: NOTED})
    for part in range(0, 10):
        answer = give_back(lead, page, whole[: len(whole) * part // 10])
        assert answer.status_code == 422, part


def test_a_word_file_and_a_workbook_of_something_else_are_told_apart(lead: Any, page: str, draft_bytes: bytes) -> None:
    assert "This is not an Excel workbook." in give_back(lead, page, draft_bytes).text
    assert "This is not an Excel workbook." in give_back(lead, page, b"No.,Decision\n1,noted").text
    book = io.BytesIO()
    _a_budget().save(book)
    assert "no table with the columns of the matrix" in give_back(lead, page, book.getvalue()).text


def _a_budget() -> Any:

    book = openpyxl.Workbook()
    book.active["A1"] = "Budget"
    return book


def test_no_file_and_too_big_a_file_are_sentences(app: Flask, lead: Any, page: str) -> None:
    answer = lead.post(page, data={})
    assert answer.status_code == 422
    assert "Choose the Excel file that you filled." in answer.text
    app.config["MAX_CONTENT_LENGTH"] = 2000
    big = lead.post(page, data={"matrix": (io.BytesIO(b"x" * 3000), "big.xlsx")})
    assert (big.status_code, "This is too large" in big.text) == (413, True)


def test_only_focal_points_of_the_lead_have_these_pages(
    sign_in: Any, ids: dict[str, int], lead: Any, page: str
) -> None:
    preview = give_back(lead, page, filled(lead.get(f"{page}.xlsx").data, {1: NOTED})).headers["Location"]
    for name in ("moldova", "observer"):
        client = sign_in(ids[name])
        for address in (page, f"{page}.xlsx", preview):
            assert client.get(address).status_code == 403, (name, address)
        assert client.post(f"{preview}/take").status_code == 403
    assert lead.get(f"{page}/12345").status_code == 404


def test_a_cell_is_never_code_on_a_page(lead: Any, page: str) -> None:
    attack = "<script>alert(1)</script>"
    cells = {1: {"decision": attack, "reason": attack}, 2: {"decision": "noted", "reason": attack}}
    preview = give_back(lead, page, filled(lead.get(f"{page}.xlsx").data, cells), f"{attack}.xlsx").headers["Location"]
    text = lead.get(preview).text
    assert attack not in text
    assert "&lt;script&gt;" in text


def test_the_pages_ask_the_database_seldom(app: Flask, lead: Any, page: str) -> None:
    cells = dict.fromkeys(range(1, 6), NOTED)
    preview = give_back(lead, page, filled(lead.get(f"{page}.xlsx").data, cells)).headers["Location"]
    for address in (page, preview):
        assert len(queries_of(app, lead, address)) <= QUERIES_OF_A_PAGE, address


def test_the_preview_of_many_rows_is_as_small_as_any_page(
    app: Flask, ids: dict[str, int], lead: Any, page: str
) -> None:
    with app.app_context():
        first = db.session.query(Comment).filter(Comment.submission_id.is_not(None)).first()
        columns = ("round_id", "organisation_id", "author_id", "submission_id", "created_at", "updated_at", "type")
        values = {name: getattr(first, name) for name in columns}
        db.session.add_all(Comment(**values, reason=f"Comment {number}.", edits=[]) for number in range(300))
        db.session.commit()
    reasons = {n: " ".join(hashlib.sha256(f"{n} {k}".encode()).hexdigest() for k in range(10)) for n in range(1, 306)}
    cells = {n: {"decision": "perhaps" if n % 3 == 0 else "noted", "reason": reason} for n, reason in reasons.items()}
    preview = give_back(lead, page, filled(lead.get(f"{page}.xlsx").data, cells)).headers["Location"]
    for address in (preview, f"{preview}?page=2", f"{preview}?page=99"):
        assert len(queries_of(app, lead, address)) <= QUERIES_OF_A_PAGE, address
        assert size_of(lead.get(address)) <= PAGE_BYTES, address


def test_the_downloads_page_leads_to_giving_the_matrix_back(
    app: Flask, lead: Any, ids: dict[str, int], page: str
) -> None:
    worked(app, lead, lead.post(f"/rounds/{ids['round']}/consolidate"))
    assert f'href="{page}"' in lead.get(f"/rounds/{ids['round']}/downloads").text
    data = lead.get(f"/rounds/{ids['round']}/downloads/matrix.xlsx").data
    assert give_back(lead, page, filled(data, {1: NOTED})).status_code == 302


def test_what_others_download_has_no_cells_to_fill(app: Flask, sign_in: Any, lead: Any, ids: dict[str, int]) -> None:
    worked(app, lead, lead.post(f"/rounds/{ids['round']}/consolidate"))
    with app.app_context():
        db.session.execute(db.text("update round set visibility = 'open'"))
        db.session.commit()
    data = sign_in(ids["moldova"]).get(f"/rounds/{ids['round']}/downloads/matrix.xlsx").data

    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert "consult" not in {cell.value for row in sheet.iter_rows() for cell in row}
