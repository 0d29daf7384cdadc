"""A study: its variants, the stages that fill its folder, and answers that are outdated."""
