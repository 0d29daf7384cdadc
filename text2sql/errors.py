"""The one exception for errors that the user can correct."""


class UserError(Exception):
    """An error that the user can correct; its text says what is wrong and what to do."""
