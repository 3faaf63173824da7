"""The pages: one blueprint per noun. Each view parses, asks permission, calls one verb and renders."""

from flask import Blueprint

from consult.web import (
    administration,
    assets,
    comments,
    comparisons,
    conflicts,
    consultations,
    copies,
    deadlines,
    delegations,
    desks,
    dispositions,
    documents,
    downloads,
    filled_matrices,
    finding,
    home,
    jobs,
    kept_words,
    languages,
    letters,
    likenesses,
    next_rounds,
    outcomes,
    parts,
    people,
    rounds,
    submissions,
    themes,
)


def blueprints() -> tuple[Blueprint, ...]:
    """Return all blueprints."""
    nouns = (
        assets,
        themes,
        languages,
        home,
        people,
        administration,
        consultations,
        documents,
        finding,
        comments,
        desks,
        delegations,
        parts,
        submissions,
        kept_words,
        copies,
        rounds,
        deadlines,
        dispositions,
        likenesses,
        conflicts,
        filled_matrices,
        outcomes,
        next_rounds,
        comparisons,
        jobs,
        letters,
    )
    return (*(noun.blueprint for noun in nouns), downloads.blueprint)
