#!/usr/bin/env python3
"""Makes `digits-ensemble` of the starter model: the same pixels in, the same probabilities out, and hundreds of times the work.

    .dependencies/clients/bin/python build-scripts/make-digits-ensemble.py

Test-time augmentation (Krizhevsky et al. 2012, section 4.1): the picture is turned, scaled and shifted in many ways, each variant is
sampled at 64 x 64 points and averaged down to 8 x 8, the starter's network sees all of them, and their probabilities are averaged; the
untouched picture has three times the weight of all variants together. So it takes tens of milliseconds, which is worth renting machines for,
with the starter's weights and nothing else. The variants are the channel axis's batch: [variants, pictures, 64, 64].

Same script, same bytes. Needs onnx and numpy; `mark profile template/demo/models/digits-ensemble` adds the profile.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "template" / "models" / "digits"
TARGET = ROOT / "template" / "demo" / "models" / "digits-ensemble"
SIDE, FINE = 8, 64
ANGLES, SCALES, SHIFTS = np.linspace(-9, 9, 15), (0.95, 1.0, 1.05), (-0.06, 0.0, 0.06)
# Sampling softens a picture, which the starter was not trained on: at 0.5 one of the 297 held-out pictures is lost.
UNTOUCHED = 0.75
SLO = {"latency_ms": 300, "target": 0.98}


def variants() -> np.ndarray:
    """Affine maps [variants, 2, 3] from a variant's points to the picture's, both from -1 to 1."""
    maps = []
    for angle in np.radians(ANGLES):
        for scale in SCALES:
            turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
            maps += [np.c_[turn, [x, y]] for x in SHIFTS for y in SHIFTS]
    return np.stack(maps).astype(np.float32)


def graph(weights: dict[str, np.ndarray]) -> onnx.ModelProto:
    """pixels [batch, 64] -> probabilities [batch, 10]."""
    maps = variants()
    count = len(maps)
    constants = weights | {
        "maps": maps,
        "size": np.array([count, 1, FINE, FINE], np.int64),
        "as_channels": np.array([1, -1, SIDE, SIDE], np.int64),
        "variants": np.array([count, 1, 1, 1], np.int64),
        "as_rows": np.array([-1, SIDE * SIDE], np.int64),
        "by_variant": np.array([count, -1, 10], np.int64),
        "axis": np.array([1], np.int64),
        "untouched": np.float32(UNTOUCHED),
        "varied": np.float32(1 - UNTOUCHED),
    }

    def network(pixels: str, name: str) -> list[onnx.NodeProto]:
        """The starter's own nodes."""
        return [
            helper.make_node("ReduceMax", [pixels, "axis"], [f"{name}_brightest"], keepdims=1),
            helper.make_node("Max", [f"{name}_brightest", "epsilon"], [f"{name}_divisor"]),
            helper.make_node("Div", [pixels, f"{name}_divisor"], [f"{name}_normal"]),
            helper.make_node("Gemm", [f"{name}_normal", "weights0", "bias0"], [f"{name}_sum"]),
            helper.make_node("Relu", [f"{name}_sum"], [f"{name}_hidden"]),
            helper.make_node("Gemm", [f"{name}_hidden", "weights1", "bias1"], [f"{name}_logits"]),
            helper.make_node("Softmax", [f"{name}_logits"], [f"{name}_probabilities"], axis=1),
        ]

    nodes = [
        helper.make_node("AffineGrid", ["maps", "size"], ["grid"], align_corners=0),
        helper.make_node("Reshape", ["pixels", "as_channels"], ["channels"]),
        helper.make_node("Tile", ["channels", "variants"], ["tiled"]),
        helper.make_node("GridSample", ["tiled", "grid"], ["fine"], mode="linear", padding_mode="zeros", align_corners=0),
        helper.make_node("AveragePool", ["fine"], ["coarse"], kernel_shape=[FINE // SIDE] * 2, strides=[FINE // SIDE] * 2),
        helper.make_node("Reshape", ["coarse", "as_rows"], ["rows"]),
        *network("rows", "variant"),
        helper.make_node("Reshape", ["variant_probabilities", "by_variant"], ["split"]),
        helper.make_node("ReduceMean", ["split", "first"], ["mean"], keepdims=0),
        *network("pixels", "untouched"),
        helper.make_node("Mul", ["mean", "varied"], ["one"]),
        helper.make_node("Mul", ["untouched_probabilities", "untouched"], ["other"]),
        helper.make_node("Add", ["one", "other"], ["probabilities"]),
    ]
    constants["first"] = np.array([0], np.int64)
    model = helper.make_model(
        helper.make_graph(
            nodes,
            "digits-ensemble",
            [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["batch", SIDE * SIDE])],
            [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 10])],
            [numpy_helper.from_array(value, name) for name, value in constants.items()],
        ),
        opset_imports=[helper.make_opsetid("", 20)],
        ir_version=9,
        producer_name="make-digits-ensemble.py",
    )
    onnx.checker.check_model(model, full_check=True)
    return model


def sampling() -> np.ndarray:
    """What GridSample and AveragePool do to a picture, as matrices [variants, 64 out, 64 in]: for the accuracy, without an engine."""
    centres = (2 * np.arange(FINE) + 1) / FINE - 1
    points = np.stack([*np.meshgrid(centres, centres), np.ones((FINE, FINE))], axis=-1).reshape(-1, 3)
    matrices = []
    for affine in variants():
        x, y = (((points @ row + 1) * SIDE - 1) / 2 for row in affine)
        fine = np.zeros((FINE * FINE, SIDE * SIDE))
        for dx in (0, 1):
            for dy in (0, 1):
                column, row = np.floor(x) + dx, np.floor(y) + dy
                weight = (1 - abs(x - column)) * (1 - abs(y - row))
                inside = (0 <= column) & (column < SIDE) & (0 <= row) & (row < SIDE)
                index = (row * SIDE + column).astype(int)
                fine[np.flatnonzero(inside), index[inside]] += weight[inside]
        step = FINE // SIDE
        matrices.append(fine.reshape(SIDE, step, SIDE, step, -1).mean(axis=(1, 3)).reshape(SIDE * SIDE, -1))
    return np.stack(matrices)


def accuracies(weights: dict[str, np.ndarray]) -> tuple[float, float]:
    """Of the starter and of the ensemble, on the starter's held-out pictures."""
    held_out = json.loads((SOURCE / "samples" / "heldout.json").read_text())
    pixels, labels = np.array(held_out["pixels"], float), np.array(held_out["labels"])

    def network(pixels: np.ndarray) -> np.ndarray:
        normal = pixels / np.maximum(pixels.max(axis=-1, keepdims=True), 1e-6)
        logits = np.maximum(normal @ weights["weights0"] + weights["bias0"], 0) @ weights["weights1"] + weights["bias1"]
        odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
        return odds / odds.sum(axis=-1, keepdims=True)

    alone = network(pixels)
    mean = np.mean([network(pixels @ matrix.T) for matrix in sampling()], axis=0)
    return tuple(float((p.argmax(axis=1) == labels).mean()) for p in (alone, UNTOUCHED * alone + (1 - UNTOUCHED) * mean))


def main() -> None:
    starter = onnx.load(SOURCE / "1" / "model.onnx")
    weights = {i.name: numpy_helper.to_array(i) for i in starter.graph.initializer}
    alone, ensemble = accuracies(weights)
    print(f"held-out accuracy: {ensemble:.4f}, the starter's: {alone:.4f}; {len(variants())} variants")
    if ensemble < alone:
        sys.exit("error: the variants do harm; nothing was written")
    path = TARGET / "1" / "model.onnx"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(graph(weights).SerializeToString(deterministic=True))
    file = TARGET / "config.json"
    config = json.loads(file.read_text()) if file.exists() else {}
    # One request at a time: a show on two cores is to fill a machine at dozens of requests a second, not at hundreds.
    config |= {"labels": {"probabilities": [str(d) for d in range(10)]}, "batching": {"enabled": False}, "slo": SLO}
    config |= {"preprocess": {"size": [SIDE, SIDE], "channels": 1}}
    file.write_text(json.dumps(config, indent=2) + "\n")
    print(f"wrote {path} ({path.stat().st_size} bytes)")


if __name__ == "__main__":
    main()
