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


def write(name, nodes, inputs, outputs, weights=(), version="1", config=None):
    infos = [[helper.make_tensor_value_info(n, t, s) for n, t, s in side] for side in (inputs, outputs)]
    model = helper.make_model(
        helper.make_graph(nodes, name, *infos, list(weights)),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
        producer_name="make.py",
    )
    onnx.checker.check_model(model)
    path = MODELS / name / version / "model.onnx"
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


if __name__ == "__main__":
    main()
