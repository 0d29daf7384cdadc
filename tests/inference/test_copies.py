"""Copies from a GPU are asked for at once and waited for when they are read."""

from types import SimpleNamespace

import torch

from text2sql.inference.copies import ArrivingTensors, send


def test_tensors_of_a_gpu_are_copied_without_waiting_until_they_are_read(monkeypatch):
    calls = []

    def on_gpu(name):
        def to(device, non_blocking):
            calls.append((name, device, non_blocking))
            return f"{name} on the CPU"

        return SimpleNamespace(device=torch.device("cuda"), to=to)

    event = SimpleNamespace(
        record=lambda: calls.append("record"), synchronize=lambda: calls.append("wait")
    )
    monkeypatch.setattr("torch.cuda.Event", lambda: event)
    arriving = ArrivingTensors.of(on_gpu("one"), on_gpu("other"))
    assert calls == [("one", "cpu", True), ("other", "cpu", True), "record"]
    assert arriving.read() == ("one on the CPU", "other on the CPU")
    assert calls[3:] == ["wait"]


def test_on_a_cpu_nothing_is_copied():
    tensor = torch.arange(3)
    assert ArrivingTensors.of(tensor).read()[0] is tensor
    assert send(tensor, tensor.device) is tensor
