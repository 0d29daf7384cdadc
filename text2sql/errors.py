"""The one exception for what a user can put right."""


class UserError(Exception):
    """Something that the user can put right; its text says what is wrong and what to do."""
