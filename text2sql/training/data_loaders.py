"""Data loaders whose workers the user keeps over epochs and evaluations: they end with the run."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import Trainer


def forget_data_loaders(trainer: "Trainer") -> None:
    """Let the trainer make its data loaders anew; the workers of those that it has end.

    Workers that are still there when Python ends are waited for, five seconds each.
    """
    trainer._eval_dataloaders = {}
    trainer.callback_handler.train_dataloader = None
    trainer.callback_handler.eval_dataloader = None
    trainer.accelerator._dataloaders.clear()
