"""One study: its variants, the stages that fill its folder, and what is outdated there."""
