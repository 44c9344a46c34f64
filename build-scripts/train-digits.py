#!/usr/bin/env python3
"""Trains the starter model `digits` and writes it with its test samples to template/models/digits.

    pip install --requirement build-scripts/train-requirements.txt && build-scripts/train-digits.py

An 8x8 picture of a handwritten digit goes in, ten probabilities come out. The graph divides each picture by its brightest point, so
the same model takes values from 0 to 1, 0 to 16 (scikit-learn's own) and 0 to 255 (a picture file's). Same seed, same bytes.
"""

import json
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

SEED = 1
HELD_OUT = 297
ACCURACY_MIN = 0.97
SAMPLES_EACH = 2
TARGET = Path(__file__).resolve().parents[1] / "template" / "models" / "digits"


def normalised(pixels: np.ndarray) -> np.ndarray:
    """Each row divided by its own maximum, as the graph does it."""
    return pixels / np.maximum(pixels.max(axis=1, keepdims=True), 1e-6)


def graph(network: MLPClassifier) -> onnx.ModelProto:
    """pixels [batch, 64] -> probabilities [batch, 10]."""
    nodes = [
        helper.make_node("ReduceMax", ["pixels"], ["brightest"], axes=[1], keepdims=1),
        helper.make_node("Max", ["brightest", "epsilon"], ["divisor"]),
        helper.make_node("Div", ["pixels", "divisor"], ["layer0"]),
    ]
    weights = [numpy_helper.from_array(np.float32(1e-6), "epsilon")]
    last = len(network.coefs_) - 1
    for index, (matrix, bias) in enumerate(zip(network.coefs_, network.intercepts_)):
        weights.append(numpy_helper.from_array(matrix.astype(np.float32), f"weights{index}"))
        weights.append(numpy_helper.from_array(bias.astype(np.float32), f"bias{index}"))
        result = "logits" if index == last else f"sum{index}"
        nodes.append(helper.make_node("Gemm", [f"layer{index}", f"weights{index}", f"bias{index}"], [result]))
        if index < last:
            nodes.append(helper.make_node("Relu", [result], [f"layer{index + 1}"]))
    nodes.append(helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1))
    model = helper.make_model(
        helper.make_graph(
            nodes,
            "digits",
            [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["batch", 64])],
            [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 10])],
            weights,
        ),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
        producer_name="train-digits.py",
    )
    onnx.checker.check_model(model, full_check=True)
    return model


def png(pixels: np.ndarray) -> bytes:
    """An 8-bit greyscale picture of 8x8 values from 0 to 16."""
    rows = np.rint(pixels.reshape(8, 8) * 255 / 16).astype(np.uint8)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def write_samples(pixels: np.ndarray, labels: np.ndarray, probabilities: np.ndarray) -> None:
    """Pictures that the model knows, two of each digit, and the whole held-out split for tests."""
    folder = TARGET / "samples"
    folder.mkdir(parents=True, exist_ok=True)
    right = probabilities.argmax(axis=1) == labels
    for digit in range(10):
        for number, index in enumerate(np.flatnonzero(right & (labels == digit))[:SAMPLES_EACH], start=1):
            (folder / f"{digit}-{number}.png").write_bytes(png(pixels[index]))
    request = {"name": "pixels", "datatype": "FP32", "shape": [1, 64], "data": pixels[0].astype(int).tolist()}
    (folder / "request.json").write_text(json.dumps({"inputs": [request]}) + "\n")
    held_out = {
        "labels": labels.tolist(),
        "pixels": pixels.astype(int).tolist(),
        "probabilities": [[float(f"{p:.6g}") for p in row] for row in probabilities[:5].astype(float)],
    }
    (folder / "heldout.json").write_text(json.dumps(held_out, separators=(",", ":")) + "\n")


def main() -> None:
    pixels, labels = load_digits(return_X_y=True)
    split = train_test_split(pixels, labels, test_size=HELD_OUT, random_state=SEED, stratify=labels)
    train_pixels, test_pixels, train_labels, test_labels = split
    network = MLPClassifier((64,), alpha=0.1, max_iter=1000, random_state=SEED)
    network.fit(normalised(train_pixels), train_labels)
    accuracy = network.score(normalised(test_pixels), test_labels)
    print(f"held-out accuracy: {accuracy:.4f} on {HELD_OUT} pictures")
    if accuracy < ACCURACY_MIN:
        sys.exit(f"error: accuracy {accuracy:.4f} is below {ACCURACY_MIN}; nothing was written")
    path = TARGET / "1" / "model.onnx"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(graph(network).SerializeToString(deterministic=True))
    config = {
        "labels": {"probabilities": [str(d) for d in range(10)]},
        "preprocess": {"size": [8, 8], "channels": 1},
        "slo": {"latency_ms": 100, "target": 0.99},
    }
    (TARGET / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    write_samples(test_pixels, test_labels, network.predict_proba(normalised(test_pixels)))
    print(f"wrote {path} ({path.stat().st_size} bytes)")


if __name__ == "__main__":
    main()
