#!/usr/bin/env python3
"""Writes Tests/ForecastingTests/Fixtures/lstm.txt: an LSTM and a dense layer on top, computed by PyTorch, values and gradients.

Needs torch; last run with 2.15.0. Lines are `name value value ...`. The loss is the sum of the layer's outputs over all steps.
PyTorch keeps its gates in the order i, f, g, o and has two biases; ours are their sum, and the weights of one input lie together.
"""

from pathlib import Path

import torch

INPUTS, UNITS, OUTPUTS, STEPS = 3, 4, 2, 6

torch.manual_seed(4)
torch.set_default_dtype(torch.float64)
lstm, dense = torch.nn.LSTM(INPUTS, UNITS), torch.nn.Linear(UNITS, OUTPUTS)
x = torch.randn(STEPS, INPUTS)
h, (_, memory) = lstm(x)
y = dense(h)
y.sum().backward()


def ours(input_weights, hidden_weights, bias):
    return torch.cat([input_weights.T.flatten(), hidden_weights.T.flatten(), bias])


def flat(weights, bias):
    return torch.cat([weights.flatten(), bias])


values = {
    "lstm": ours(lstm.weight_ih_l0, lstm.weight_hh_l0, lstm.bias_ih_l0 + lstm.bias_hh_l0),
    "dense": flat(dense.weight, dense.bias),
    "x": x,
    "h": h,
    "c": memory,
    "y": y,
    # Both biases see the same slopes.
    "lstm_gradient": ours(lstm.weight_ih_l0.grad, lstm.weight_hh_l0.grad, lstm.bias_ih_l0.grad),
    "dense_gradient": flat(dense.weight.grad, dense.bias.grad),
}
lines = [f"# PyTorch {torch.__version__.split('+')[0]}, build-scripts/make-lstm-fixture.py"]
lines += [" ".join([name, *map(repr, value.detach().flatten().tolist())]) for name, value in values.items()]
file = Path(__file__).parent.parent / "Tests/ForecastingTests/Fixtures/lstm.txt"
file.parent.mkdir(exist_ok=True)
file.write_text("\n".join(lines) + "\n")
print(f"Wrote {file}")
