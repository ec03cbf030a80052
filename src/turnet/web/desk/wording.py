"""Sentences of ours with names in them."""

from markupsafe import Markup


def worded(sentence: str, **parts: object) -> Markup:
    """A translated sentence with its parts filled in; what is not markup already is escaped."""
    return Markup(sentence) % parts  # noqa: S704  (the sentence is ours, from the catalogue)


def named(name: object) -> Markup:
    """A name, kept apart from the direction of what surrounds it."""
    return Markup("<bdi>{}</bdi>").format(name)


def listed(parts: list[Markup]) -> Markup:
    return Markup(", ").join(parts)
