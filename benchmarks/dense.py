"""Models of one dense layer for ONNX Runtime, written without the package `onnx`."""

from __future__ import annotations

from typing import Final

import numpy as np
import onnxruntime

PIXELS: Final = 96 * 96 * 3
"""The inputs of a layer: a small frame."""

_FLOAT: Final = 1
_VERSION, _OPSET = 8, 13


def dense_layer(outputs: int, threads: int = 0) -> onnxruntime.InferenceSession:
    """Make a layer that multiplies a batch of frames by a matrix of `PIXELS` rows.

    Args:
        outputs: The columns of the matrix.
        threads: The threads of a call; 0 for the default of ONNX Runtime, which is one for each core.
    """
    weights = np.random.default_rng(1).standard_normal((PIXELS, outputs), np.float32)
    graph = b"".join(
        (
            _field(1, _field(1, b"x") + _field(1, b"w") + _field(2, b"y") + _field(4, b"MatMul")),
            _field(2, b"dense"),
            _field(
                5,
                _number(1, PIXELS)
                + _number(1, outputs)
                + _number(2, _FLOAT)
                + _field(8, b"w")
                + _field(9, weights.tobytes()),
            ),
            _field(11, _value(b"x", PIXELS)),
            _field(12, _value(b"y", outputs)),
        )
    )
    model = _number(1, _VERSION) + _field(7, graph) + _field(8, _number(2, _OPSET))
    options = onnxruntime.SessionOptions()
    if threads:
        options.intra_op_num_threads = options.inter_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _value(name: bytes, width: int) -> bytes:
    """Describe a matrix of any number of rows."""
    shape = _field(1, _field(2, b"n")) + _field(1, _number(1, width))
    return _field(1, name) + _field(2, _field(1, _number(1, _FLOAT) + _field(2, shape)))


def _field(number: int, content: bytes) -> bytes:
    """Write a field of Protocol Buffers with its length."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _varint(value: int) -> bytes:
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)
