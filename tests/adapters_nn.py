"""Layer cases of ONNX and PyTorch in our words; and, one reason each, what is out of scope.

An adapter takes a node's attributes and arrays and returns the output of our layer.
"""

import numpy as np

from imgkernels import nn
from imgkernels.nn.activations import Elu, Gelu, Relu, Softmax
from imgkernels.nn.layer import Memo

OUT_OF_SCOPE = {
    "Col2Im": "no layer of ours: it is inside the gradient of a convolution",
    "GroupNormalization": "not among the layers (issue 6, part 1)",
    "HardSigmoid": "not among the activations (issue 6, part 1)",
    "LayerNormalization": "not among the layers (issue 6, part 1)",
    "LpPool": "pooling is max or mean (issue 6, part 1)",
    "MaxUnpool": "no layer of ours: it is the gradient of a pooling",
    "PRelu": "a slope that is learned is not among the activations (issue 6, part 1)",
    "Selu": "not among the activations (issue 6, part 1)",
    "Softplus": "not among the activations (issue 6, part 1)",
    "ThresholdedRelu": "not among the activations (issue 6, part 1)",
}

CASES_OUT_OF_SCOPE = {
    "node/test_convtranspose_3d/0": "transposed convolutions are 2-D (issue 6, part 1)",
    "node/test_flatten_axis2/0": "Flatten keeps the batch; it has no axis",
    "node/test_flatten_negative_axis3/0": "Flatten keeps the batch; here axis -3 is axis 1 of 4",
}


def ran(layer, x, weights=()):
    """Build a layer for x, put weights in, and answer."""
    layer.ensure_built([x.shape[1:]], np.random.default_rng(0))
    if weights:
        layer.set_weights(list(weights))
    return layer.forward(np.ascontiguousarray(x, layer.dtype), Memo())


def kernel_of(w):
    """Turn (out, in, *window) into (*window, in, out)."""
    return np.moveaxis(w, (0, 1), (-1, -2))


def pairs(attributes, ndim):
    pads = attributes.get("pads", [0] * 2 * ndim)
    return tuple(zip(pads[:ndim], pads[ndim:], strict=True))


def common(x):
    dtype = x.dtype if x.dtype.kind == "f" else np.float32
    return {"data_format": "channels_first", "dtype": dtype}


def conv(a, x, w, b=None):
    n = x.ndim - 2
    layer = (nn.Conv1D, nn.Conv2D, nn.Conv3D)[n - 1](
        len(w), a["kernel_shape"], a.get("strides", 1), pairs(a, n), groups=a.get("group", 1),
        dilation_rate=a.get("dilations", 1), use_bias=b is not None, **common(x),
    )  # fmt: skip
    return ran(layer, x, [kernel_of(w), *([] if b is None else [b])])


def conv_transpose(a, x, w, b=None):
    strides = a.get("strides", [1, 1])
    window, extra = w.shape[2:], a.get("output_padding", [0, 0])
    padding = pairs(a, 2)
    if "output_shape" in a:
        whole = [(n - 1) * s + k for n, s, k in zip(x.shape[2:], strides, window, strict=True)]
        every = zip(whole, extra, a["output_shape"], strict=True)
        over = [max(0, n + e - m) for n, e, m in every]
        every = zip(whole, over, a["output_shape"], strict=True)
        extra = [m - n + o for n, o, m in every]
        padding = tuple((o - o // 2, o // 2) for o in over)
    groups = a.get("group", 1)
    layer = nn.Conv2DTranspose(
        w.shape[1] * groups, window, strides, padding, extra, groups=groups,
        dilation_rate=a.get("dilations", 1), use_bias=b is not None, **common(x),
    )  # fmt: skip
    return ran(layer, x, [kernel_of(w), *([] if b is None else [b])])


def pool(kind):
    def adapter(a, x):
        n, window = x.ndim - 2, a["kernel_shape"]
        strides = a.get("strides", [1] * n)
        holes = a.get("dilations", [1] * n)
        padding = pool_padding(a, x.shape[2:], window, strides, holes)
        options = {"count_padding": bool(a.get("count_include_pad"))} if kind == "Average" else {}
        layer = getattr(nn, f"{kind}Pooling{n}D")(
            window, strides, padding, dilation_rate=holes, **options, **common(x)
        )
        return ran(layer, x).astype(x.dtype)

    return adapter


def pool_padding(a, space, window, strides, holes):
    """Return our padding; ONNX also puts the odd one before, and rounds the size up."""
    if a.get("auto_pad") == "SAME_UPPER":
        return "same"
    given = pairs(a, len(space))
    reach = [(k - 1) * h for k, h in zip(window, holes, strict=True)]
    if a.get("auto_pad") == "SAME_LOWER":
        every = zip(space, strides, reach, strict=True)
        missing = [max(0, (-(-n // s) - 1) * s + r + 1 - n) for n, s, r in every]
        return tuple((m - m // 2, m // 2) for m in missing)
    if not a.get("ceil_mode"):
        return given
    every = zip(space, given, strides, reach, strict=True)
    return tuple((b, e + -(n + b + e - r - 1) % s) for n, (b, e), s, r in every)


def layer_of(make):
    """Adapt a layer without weights."""
    return lambda a, x, *_: ran(make(a, x), x)


def batch_norm(a, x, s, bias, mean, var):
    layer = nn.BatchNormalization(1, epsilon=a.get("epsilon", 1e-5), dtype=x.dtype)
    return ran(layer, x, [s, bias, mean, var])


def gemm(a, x, w, c=None):
    """Return `alpha A B + beta C`: a dense layer whose bias is a row, or the same row by row."""
    x = x.T if a.get("transA") else x
    w = (w.T if a.get("transB") else w) * a.get("alpha", 1.0)
    if c is None:
        return ran(nn.Dense(w.shape[1], use_bias=False, dtype=x.dtype), x, [w])
    c = np.broadcast_to(c * a.get("beta", 1.0), (len(x), w.shape[1]))
    layer = nn.Dense(w.shape[1], dtype=x.dtype)
    return np.concatenate([ran(layer, x[i : i + 1], [w, c[i]]) for i in range(len(x))])


def matmul(a, x, w):
    """Return `A B`: a dense layer for each matrix B."""
    xs, ws = x.reshape(-1, *x.shape[-2:]), w.reshape(-1, *w.shape[-2:])
    parts = [
        ran(nn.Dense(m.shape[1], use_bias=False, dtype=x.dtype), one, [m])
        for one, m in zip(xs, ws, strict=True)
    ]
    return np.stack(parts).reshape(*x.shape[:-1], w.shape[-1])


def softmax(a, x):
    axis = a.get("axis", -1)
    moved = np.moveaxis(x, axis, -1).copy()
    return np.moveaxis(Softmax().forward(moved), -1, axis)


def zero_padding(a, x, pads=None, value=0.0, axes=None):
    given = [int(n) for n in (a["pads"] if pads is None else pads)]
    half = len(given) // 2
    axes = range(x.ndim) if axes is None else [int(n) % x.ndim for n in axes]
    each = dict(zip(axes, zip(given[:half], given[half:], strict=True), strict=True))
    assert not any(any(each.get(axis, ())) for axis in (0, 1)), "batch and channels are no space"
    padding = tuple(each.get(axis, (0, 0)) for axis in range(2, x.ndim))
    layer = (nn.ZeroPadding1D, nn.ZeroPadding2D)[x.ndim - 3](
        padding, border=a["mode"], border_value=float(a.get("value", value)), **common(x)
    )
    return ran(layer, x)


def reduce_mean(a, x, axes=None):
    """Return the mean over space: global pooling with the axes it is asked for last but one."""
    axes = [int(n) % x.ndim for n in (range(x.ndim) if axes is None or not len(axes) else axes)]
    rest = [n for n in range(x.ndim) if n not in axes]
    moved = np.transpose(x, (*rest, *axes)).reshape(1, -1, int(np.prod([x.shape[n] for n in axes])))
    layer = nn.GlobalAveragePooling1D(dtype=x.dtype)
    mean = ran(layer, moved.swapaxes(1, 2))
    kept = a.get("keepdims", 1)
    return mean.reshape(
        [1 if n in axes else x.shape[n] for n in range(x.ndim) if kept or n not in axes]
    )


ONNX = {
    "AveragePool": pool("Average"),
    "BatchNormalization": batch_norm,
    "Conv": conv,
    "ConvTranspose": conv_transpose,
    "Dropout": layer_of(lambda a, x: nn.Dropout(0.5, dtype=x.dtype)),
    "Elu": layer_of(lambda a, x: nn.Activation(Elu(a.get("alpha", 1.0)), dtype=x.dtype)),
    "Flatten": lambda a, x: ran(nn.Flatten(dtype=x.dtype), x),
    "Gelu": layer_of(
        lambda a, x: nn.Activation(Gelu(a.get("approximate") == "tanh"), dtype=x.dtype)
    ),
    "Gemm": gemm,
    "GlobalAveragePool": layer_of(
        lambda a, x: nn.GlobalAveragePooling2D(keepdims=True, **common(x))
    ),
    "GlobalMaxPool": layer_of(lambda a, x: nn.GlobalMaxPooling2D(keepdims=True, **common(x))),
    "LRN": layer_of(
        lambda a, x: nn.LocalResponseNormalization(
            a["size"], a.get("alpha", 1e-4), a.get("beta", 0.75), a.get("bias", 1.0), **common(x)
        )
    ),
    "LeakyRelu": layer_of(lambda a, x: nn.Activation(Relu(a.get("alpha", 0.01)), dtype=x.dtype)),
    "MatMul": matmul,
    "MaxPool": pool("Max"),
    "Pad": zero_padding,
    "ReduceMean": reduce_mean,
    "Relu": layer_of(lambda a, x: nn.Activation("relu", dtype=x.dtype)),
    "Softmax": softmax,
}

PAD_MODES = {
    "replicate": "replicate", "circular": "wrap", "constant": "constant", "reflect": "reflect",
}  # fmt: skip


def torch_layer(op, p, inputs):
    """Return our layer for a PyTorch case, and the weights that go in."""
    x, w = inputs["x"], inputs.get("w")
    options = common(x)
    weights = [] if w is None else [kernel_of(w)]
    weights += [inputs["b"]] if "b" in inputs else []
    if op.startswith("conv_transpose"):
        return nn.Conv2DTranspose(
            w.shape[1] * p["groups"], w.shape[2:], p["stride"], p["padding"], p["output_padding"],
            dilation_rate=p["dilation"], groups=p["groups"], **options,
        ), weights  # fmt: skip
    if op.startswith("conv"):
        kind = getattr(nn, f"Conv{op[4]}D")
        padding = "torch:same" if p["padding"] == "same" else p["padding"]
        return kind(
            len(w), w.shape[2:], p["stride"], padding, dilation_rate=p["dilation"],
            groups=p["groups"], **options,
        ), weights  # fmt: skip
    if op == "pad+conv2d":
        left, right, top, bottom = p["pad"]
        return nn.Conv2D(
            len(w), w.shape[2:], padding=((top, bottom), (left, right)), use_bias="b" in inputs,
            border=PAD_MODES[p["pad_mode"]], **options,
        ), weights  # fmt: skip
    if op.startswith("max_pool"):
        n = int(op[-2])
        window, stride, pad = (
            [v] * n if isinstance(v, int) else v for v in (p["kernel"], p["stride"], p["padding"])
        )
        a = {"pads": [*pad, *pad], "ceil_mode": p.get("ceil_mode")}
        padding = pool_padding(a, x.shape[2:], window, stride, [1] * n)
        return getattr(nn, f"MaxPooling{n}D")(window, stride, padding, **options), weights
    if op == "softmax(dim=1)":
        return nn.Activation("softmax", dtype=x.dtype), weights
    raise LookupError(f"no adapter for {op}")
