#!/usr/bin/env python3
"""Writes the small models that tests use: Tests/Fixtures/models, in the repository's layout. Needs the `onnx` package (1.23.2 made them)."""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

MODELS = Path(__file__).parent / "models"
TYPES = {
    "bool": TensorProto.BOOL,
    "uint8": TensorProto.UINT8,
    "uint16": TensorProto.UINT16,
    "uint32": TensorProto.UINT32,
    "uint64": TensorProto.UINT64,
    "int8": TensorProto.INT8,
    "int16": TensorProto.INT16,
    "int32": TensorProto.INT32,
    "int64": TensorProto.INT64,
    "fp16": TensorProto.FLOAT16,
    "fp32": TensorProto.FLOAT,
    "fp64": TensorProto.DOUBLE,
    "bytes": TensorProto.STRING,
}


def write(name, nodes, inputs, outputs, weights=(), version="1", config=None, file="model.onnx"):
    infos = [[helper.make_tensor_value_info(n, t, s) for n, t, s in side] for side in (inputs, outputs)]
    model = helper.make_model(
        helper.make_graph(nodes, name, *infos, list(weights)),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
        producer_name="make.py",
    )
    onnx.checker.check_model(model)
    path = MODELS / name / version / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString(deterministic=True))
    if config is not None:
        (MODELS / name / "config.json").write_text(json.dumps(config) + "\n")


def main():
    for name, kind in TYPES.items():
        write(
            f"identity_{name}",
            [helper.make_node("Identity", ["x"], ["y"])],
            [("x", kind, ["batch", 2])],
            [("y", kind, ["batch", 2])],
        )
    a_and_b = [("a", TensorProto.FLOAT, ["batch", 3]), ("b", TensorProto.FLOAT, ["batch", 3])]
    for version, factor in (("1", 1), ("2", 2), ("10", 10)):
        # Version v gives v times the sum, so a test sees which one answered.
        write(
            "sums",
            [
                helper.make_node("Add", ["a", "b"], ["plain"]),
                helper.make_node("Mul", ["plain", "factor"], ["sum"]),
                helper.make_node("Sub", ["a", "b"], ["difference"]),
            ],
            a_and_b,
            [("sum", TensorProto.FLOAT, ["batch", 3]), ("difference", TensorProto.FLOAT, ["batch", 3])],
            [numpy_helper.from_array(np.float32(factor), "factor")],
            version,
            {"labels": {"sum": ["low", "middle", "high"]}, "slo": {"latency_ms": 50, "target": 0.95}},
        )
    # A small request with a large answer: 2^20 floats a row.
    write(
        "wide",
        [helper.make_node("Expand", ["x", "shape"], ["y"])],
        [("x", TensorProto.FLOAT, ["batch", 1])],
        [("y", TensorProto.FLOAT, ["batch", 1 << 20])],
        [numpy_helper.from_array(np.array([1, 1 << 20], np.int64), "shape")],
    )
    # Looks tokens up; one outside the table makes the engine itself complain.
    write(
        "lookup",
        [helper.make_node("Gather", ["table", "tokens"], ["vectors"])],
        [("tokens", TensorProto.INT64, ["batch", "time"])],
        [("vectors", TensorProto.FLOAT, ["batch", "time", 2])],
        [numpy_helper.from_array(np.arange(8, dtype=np.float32).reshape(4, 2), "table")],
    )
    # Its loop is its own business: x doubled five times.
    body = helper.make_graph(
        [helper.make_node("Add", ["v", "v"], ["w"]), helper.make_node("Identity", ["go"], ["still"])],
        "body",
        [
            helper.make_tensor_value_info("turn", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("v", TensorProto.FLOAT, ["batch", 2]),
        ],
        [
            helper.make_tensor_value_info("still", TensorProto.BOOL, []),
            helper.make_tensor_value_info("w", TensorProto.FLOAT, ["batch", 2]),
        ],
    )
    write(
        "looping",
        [helper.make_node("Loop", ["turns", "yes", "x"], ["y"], body=body)],
        [("x", TensorProto.FLOAT, ["batch", 2])],
        [("y", TensorProto.FLOAT, ["batch", 2])],
        [numpy_helper.from_array(np.int64(5), "turns"), numpy_helper.from_array(np.array(True), "yes")],
    )
    writer()
    counter()


# Two special tokens, the start and the end, and 28 that are texts.
PIECES = ["", "", *"abcdefghijklmnopqrstuvwxyz", " ", "\u00e9"]
OBJECTIVE = {"latency_ms": 60000, "target": 0.99}


def writer(embedding=8, hidden=12):
    """A language model that knows no language: a small LSTM with random weights."""
    draw = np.random.default_rng(3)
    size = len(PIECES)
    shapes = {
        "table": (size, embedding),
        "W": (1, 4 * hidden, embedding),
        "R": (1, 4 * hidden, hidden),
        "B": (1, 8 * hidden),
        "P": (hidden, size),
    }
    weights = {name: draw.normal(0, 1, shape).astype(np.float32) for name, shape in shapes.items()}
    # The end comes now and then.
    weights["bias"] = np.array([-9, -2] + [0] * (size - 2), np.float32)
    weights["zero"] = np.array([0], np.int64)
    state = [TensorProto.FLOAT, ["batch", hidden]]
    write(
        "writer",
        [
            helper.make_node("Transpose", ["token"], ["time_first"], perm=[1, 0]),
            helper.make_node("Gather", ["table", "time_first"], ["x"]),
            helper.make_node("Unsqueeze", ["h", "zero"], ["h_in"]),
            helper.make_node("Unsqueeze", ["c", "zero"], ["c_in"]),
            helper.make_node("LSTM", ["x", "W", "R", "B", "", "h_in", "c_in"], ["", "h_last", "c_last"], hidden_size=hidden),
            helper.make_node("Squeeze", ["h_last", "zero"], ["h_out"]),
            helper.make_node("Squeeze", ["c_last", "zero"], ["c_out"]),
            helper.make_node("Gemm", ["h_out", "P", "bias"], ["logits"], alpha=3.0),
        ],
        [("token", TensorProto.INT64, ["batch", "time"]), ("h", *state), ("c", *state)],
        [("logits", TensorProto.FLOAT, ["batch", size]), ("h_out", *state), ("c_out", *state)],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
        config={
            "generation": {
                "states": {"h": "h_out", "c": "c_out"},
                "vocabulary": PIECES,
                "start": [0],
                "end": [1],
                "tokens_max": 100,
                "slots": 8,
            },
            "slo": OBJECTIVE,
        },
    )


def counter():
    """With an encoder: writes each letter of the source once, the most frequent first."""
    size = len(PIECES)
    write(
        "counter",
        [
            helper.make_node("Gather", ["letters", "source"], ["each"]),
            helper.make_node("ReduceSum", ["each", "one"], ["sum"], keepdims=0),
            helper.make_node("Add", ["sum", "end"], ["memory"]),
        ],
        [("source", TensorProto.INT64, ["batch", "length"])],
        [("memory", TensorProto.FLOAT, ["batch", size])],
        [
            # The special tokens count nothing; the end is worth half a letter.
            numpy_helper.from_array(np.diag([0, 0] + [1] * (size - 2)).astype(np.float32), "letters"),
            numpy_helper.from_array(np.array([1], np.int64), "one"),
            numpy_helper.from_array(np.array([0, 0.5] + [0] * (size - 2), np.float32), "end"),
        ],
        file="encoder.onnx",
    )
    write(
        "counter",
        [
            helper.make_node("Gather", ["all", "token"], ["each"]),
            helper.make_node("ReduceSum", ["each", "one"], ["sum"], keepdims=0),
            helper.make_node("Add", ["used", "sum"], ["used_out"]),
            helper.make_node("Mul", ["used_out", "hundred"], ["forbidden"]),
            helper.make_node("Sub", ["memory", "forbidden"], ["logits"]),
        ],
        [
            ("token", TensorProto.INT64, ["batch", "time"]),
            ("memory", TensorProto.FLOAT, ["batch", size]),
            ("used", TensorProto.FLOAT, ["batch", size]),
        ],
        [("logits", TensorProto.FLOAT, ["batch", size]), ("used_out", TensorProto.FLOAT, ["batch", size])],
        [
            numpy_helper.from_array(np.eye(size, dtype=np.float32), "all"),
            numpy_helper.from_array(np.array([1], np.int64), "one"),
            numpy_helper.from_array(np.float32(100), "hundred"),
        ],
        config={
            "generation": {
                "states": {"used": "used_out"},
                "vocabulary": PIECES,
                "start": [0],
                "end": [1],
                "tokens_max": 40,
                "slots": 4,
                "encoder": "encoder.onnx",
            },
            "slo": OBJECTIVE,
        },
    )


if __name__ == "__main__":
    main()
