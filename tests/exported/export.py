"""Exports torchvision's and timm's networks to ONNX by both of PyTorch's exporters, and counts them by PyTorch, for test_exported.ts.

    python export.py FOLDER NAME…

Prints one line of JSON for each network: multiply-adds, parameters and what went wrong. Multiply-adds are half of what FlopCounterMode
counts (convolutions, addmm, mm, bmm and scaled_dot_product_attention), with the fast path of multi-head attention off, since it runs as one
operator that the counter does not know. Weights are random: nothing is downloaded.

What is made of constants alone runs once, when a runtime loads the network, and no more: `left` has what PyTorch counts and runs of that.
"""
import gc
import json
import logging
import math
import os
import sys
import time
import warnings

import onnx
import timm
import torch
import torchvision
from torch.utils.flop_counter import FlopCounterMode

OPSET = {"script": 17, "dynamo": 18}


def create(name):
    family, _, model = name.partition("/")
    if family == "timm":
        made = timm.create_model(model, pretrained=False)
        return made, made.default_cfg["input_size"][-1]
    if family == "segmentation":
        return getattr(torchvision.models.segmentation, model)(weights=None, weights_backbone=None), 224
    # Heads that only training has are in no exported graph.
    options = {"init_weights": False, "aux_logits": False} if model in ("googlenet", "inception_v3") else {}
    made = getattr(torchvision.models, model)(weights=None, **options)
    return made, {"inception_v3": 299, "efficientnet_v2_s": 384, "swin_v2_t": 256}.get(model, 224)


def known(name):
    """Whether there is such a network."""
    family, _, model = name.partition("/")
    models = {"torchvision": torchvision.models, "segmentation": torchvision.models.segmentation}
    if family == "timm":
        return timm.is_model(model)
    return family in models and model in torchvision.models.list_models(models[family])


def randomise(model):
    """Equal weights would be stored once, and biases of nothing but zeros left out by exporters."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.05)
        for name, buffer in model.named_buffers():
            if "running" in name:
                buffer.uniform_(0.5, 1.5)


def file_params(path):
    """Elements of the float constants that a file's nodes read as weights: no statistics, no factors of sizes, nothing that only scales weights."""
    graph = onnx.load(path, load_external_data=False).graph
    constants = {tensor.name for tensor in graph.initializer}
    left, biases = set(), set()
    for node in graph.node:
        if all(name in constants or name == "" for name in node.input):
            constants.update(node.output)
        if node.op_type == "BatchNormalization":
            left.update(node.input[1 if node.input[0] in constants else 3 :])
        if node.op_type == "Conv":
            biases.update(node.input[2:])
        if node.op_type == "Resize":
            left.update(node.input[1:])
    read = {name for node in graph.node for name in node.input} - left
    sizes = {tensor.name: math.prod(tensor.dims) for tensor in graph.initializer if tensor.data_type in (1, 10, 11, 16)}
    return sum(size for name, size in sizes.items() if name in read and (size > 1 or name in biases))


def count(model, x):
    """Multiply-adds, and those of them of constants: what encodes positions, and projects a learned query."""
    # The counter follows gradients where parameters require them, and finds none.
    model.requires_grad_(False)
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        model(x)
    encodings = [
        name for name, module in model.named_modules()
        if type(module).__name__ == "PositionalEncodingFourier" or name.endswith(("cpb_mlp", "meta_mlp", "pos_proj", "rel_pos.mlp", "attn_pool.q"))
    ]
    flops = counter.get_flop_counts()
    of_constants = sum(sum(flops[f"{type(model).__name__}.{name}"].values()) for name in encodings)
    return counter.get_total_flops() // 2, of_constants // 2


def gains(model):
    """Parameters that only scale weights, which are scaled when the network is loaded; less the coordinates that encode positions.

    These are no parameters to PyTorch, but stand in a file as all learned numbers do, once each. So do the filters that blur, masks and
    biases that are always zero. A single number is none of a file's parameters, be it learned or not.
    """
    scaled = (timm.layers.ScaledStdConv2d, timm.layers.ScaledStdConv2dSame)
    tables = {table.numpy().tobytes(): table.numel() for name, table in model.named_buffers() if "coords_table" in name}
    fixed = sum(buffer.numel() for name, buffer in model.named_buffers() if name.split(".")[-1] in ("filt", "k_bias", "attn_mask"))
    single = sum(
        parameter.numel() == 1 for module in model.modules() if not isinstance(module, torch.nn.Conv2d)
        for parameter in module.parameters(recurse=False)
    )
    gained = sum(module.gain.numel() for module in model.modules() if isinstance(module, scaled))
    return gained + single - sum(tables.values()) - fixed


def export(model, x, path, exporter):
    if exporter == "script":
        # Nothing folded, so that the file has the network's own parameters.
        torch.onnx.export(
            model, (x,), path, dynamo=False, opset_version=OPSET[exporter], do_constant_folding=False,
            training=torch.onnx.TrainingMode.PRESERVE, input_names=["input"],
        )
    else:
        torch.onnx.export(
            model, (x,), path, dynamo=True, opset_version=OPSET[exporter], external_data=False, input_names=["input"],
            verbose=False,
        )


def main(folder, names):
    # Exporters print what they think of a network; only this program's lines go to standard output.
    output = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    torch.backends.mha.set_fastpath_enabled(False)
    torch.manual_seed(0)
    for name in names:
        if not known(name):
            sys.exit(f"There is no network {name}; names are timm/NAME, torchvision/NAME and segmentation/NAME")
        model, size = create(name)
        randomise(model)
        model.eval()
        x = torch.zeros(1, 3, size, size)
        macs, of_constants = count(model, x)
        line = {"name": name, "image": size, "macs": macs, "files": {}, "failed": {}}
        line["params"] = sum(parameter.numel() for parameter in model.parameters())
        line["left"] = {"macs": of_constants, "params": gains(model)}
        for exporter in OPSET:
            path = os.path.join(folder, f"{name.replace('/', '_')}.{exporter}.onnx")
            start = time.time()
            try:
                if not os.path.exists(path):
                    export(model, x, path + ".tmp", exporter)
                    os.rename(path + ".tmp", path)
                line["files"][exporter] = {
                    "path": path, "bytes": os.path.getsize(path), "seconds": time.time() - start, "params": file_params(path),
                }
            except Exception as error:  # An exporter that gives up on a network is reported, not hidden.
                line["failed"][exporter] = f"{type(error).__name__}: {error}".split("\n")[0][:300]
        print(json.dumps(line), file=output, flush=True)
        del model
        gc.collect()


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    main(sys.argv[1], sys.argv[2:])
