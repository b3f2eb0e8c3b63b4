"""The devices of a machine, found without torch."""

from __future__ import annotations

import os
from pathlib import Path
from unittest.mock import Mock

import pytest

import millstream as ms
from millstream.runtime.call.devices import find_devices
from millstream.runtime.call.program import AppProgram
from millstream.testing.conformance.engines import RULES

GPUS = "GPU 0: NVIDIA L4 (UUID: GPU-1)\nGPU 1: NVIDIA L4 (UUID: GPU-2)\n"


@pytest.mark.parametrize(
    ("visible", "devices"),
    [
        ("", ("cpu",)),
        ("-1", ("cpu",)),
        ("NoDevFiles", ("cpu",)),
        ("0", ("cuda:0",)),
        ("5, 3", ("cuda:0", "cuda:1")),
        ("GPU-8932f937,MIG-GPU-1/2/3", ("cuda:0", "cuda:1")),
        ("1,-1,2", ("cuda:0",)),
    ],
)
def test_the_variable_of_cuda_decides(visible: str, devices: tuple[str, ...]) -> None:
    assert find_devices({"CUDA_VISIBLE_DEVICES": visible}) == devices


@pytest.mark.parametrize(
    ("program", "devices"),
    [
        (f"printf '{GPUS}'", ("cuda:0", "cuda:1")),
        ("echo 'NVIDIA-SMI has failed'; exit 9", ("cpu",)),
        ("exec sleep 60", ("cpu",)),
        (None, ("cpu",)),
    ],
)
def test_else_the_driver_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str | None, devices: tuple[str, ...]
) -> None:
    if program is not None:
        (tmp_path / "nvidia-smi").write_text(f"#!/bin/sh\n{program}\n")
        (tmp_path / "nvidia-smi").chmod(0o755)
    monkeypatch.setattr("millstream.runtime.call.devices.ASK_S", 0.5)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin" if program else str(tmp_path))
    assert find_devices({}) == devices


def test_they_are_looked_for_once_and_not_in_each_worker_process(monkeypatch: pytest.MonkeyPatch) -> None:
    with ms.Blocks() as demo:

        @demo.setup
        def load(device: str) -> None: ...

        ms.Button().click(print)
    found = [("cuda:0", "cuda:1")]
    monkeypatch.setattr("millstream.runtime.call.program.find_devices", found.pop)
    monkeypatch.setattr("millstream.runtime.call.program.find_source", lambda _: Mock(load=lambda: demo))
    remade = AppProgram(demo.freeze(), RULES, show_error=True).factory()()
    assert [call.name for call in remade.set_ups([0], worker=1)] == ["load() on cuda:1"]
