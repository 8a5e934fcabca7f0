"""The recurrent model of footfall in PyTorch, Keras and ONNX Runtime, with footfall's own weights.

footfall keeps one bias a gate (the second is zero), PyTorch's names and order of gates (i, f, g, o); Keras wants i, f, g, o too, transposed.
"""
import os

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")


def layer_sizes(tensors: dict) -> list[int]:
    sizes = []
    while f"lstm.weight_hh_l{len(sizes)}" in tensors:
        sizes.append(tensors[f"lstm.weight_hh_l{len(sizes)}"].shape[1])
    return sizes


def embeddings(tensors: dict) -> list[np.ndarray]:
    found = []
    while f"events.embedding_{len(found)}" in tensors:
        found.append(tensors[f"events.embedding_{len(found)}"])
    return found


def torch_model(tensors: dict, trainable: bool = False):
    """numbers [batch, time, N], codes [batch, time, C], last step of each [batch] -> logits [batch]."""
    import torch

    sizes = layer_sizes(tensors)

    class Seed(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.tables = torch.nn.ModuleList(torch.nn.Embedding(*table.shape) for table in embeddings(tensors))
            width = tensors["lstm.weight_ih_l0"].shape[1]
            self.layers = torch.nn.ModuleList(torch.nn.LSTM(i, h, batch_first=True) for i, h in zip([width] + sizes[:-1], sizes))
            self.head = torch.nn.Linear(sizes[-1], 1)

        def forward(self, numbers, codes=None, last=None):
            x = numbers if not len(self.tables) else torch.cat([numbers] + [table(codes[..., c]) for c, table in enumerate(self.tables)], 2)
            for layer in self.layers:
                x, _ = layer(x)
            state = x[:, -1] if last is None else x[torch.arange(len(x)), last]
            return self.head(state).squeeze(1)

    model = Seed()
    with torch.no_grad():
        for c, table in enumerate(embeddings(tensors)):
            model.tables[c].weight.copy_(torch.from_numpy(table))
        for k, layer in enumerate(model.layers):
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
                getattr(layer, f"{name}_l0").copy_(torch.from_numpy(tensors[f"lstm.{name}_l{k}"]))
        model.head.weight.copy_(torch.from_numpy(tensors["heads.weight"]))
        model.head.bias.copy_(torch.from_numpy(tensors["heads.bias"].reshape(-1)))
    return model.train(trainable)


def keras_model(tensors: dict, time: int):
    import keras

    inputs = [keras.Input((time, tensors["numbers"].shape[1]))]
    x = inputs[0]
    tables = embeddings(tensors)
    if tables:
        inputs.append(keras.Input((time, len(tables)), dtype="int32"))
        parts = [keras.layers.Embedding(*table.shape, name=f"table_{c}")(inputs[1][:, :, c]) for c, table in enumerate(tables)]
        x = keras.layers.Concatenate()([x] + parts)
    sizes = layer_sizes(tensors)
    for k, size in enumerate(sizes):
        x = keras.layers.LSTM(size, return_sequences=k + 1 < len(sizes), name=f"lstm_{k}")(x)
    model = keras.Model(inputs if tables else inputs[0], keras.layers.Dense(1, activation="sigmoid", name="head")(x))
    for c, table in enumerate(tables):
        model.get_layer(f"table_{c}").set_weights([table])
    for k in range(len(sizes)):
        both = tensors[f"lstm.bias_ih_l{k}"] + tensors[f"lstm.bias_hh_l{k}"]
        model.get_layer(f"lstm_{k}").set_weights([tensors[f"lstm.weight_ih_l{k}"].T, tensors[f"lstm.weight_hh_l{k}"].T, both])
    model.get_layer("head").set_weights([tensors["heads.weight"].T, tensors["heads.bias"].reshape(-1)])
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="binary_crossentropy")
    return model


def onnx_session(tensors: dict, time: int, threads: int, folder: str):
    import onnxruntime
    import torch

    model = torch_model(tensors)
    numbers = torch.zeros(2, time, tensors["numbers"].shape[1])
    names, example = ["numbers"], (numbers,)
    if embeddings(tensors):
        names, example = ["numbers", "codes"], (numbers, torch.zeros(2, time, len(embeddings(tensors)), dtype=torch.int64))
    path = os.path.join(folder, f"model-{os.getpid()}.onnx")
    torch.onnx.export(model, example, path, input_names=names, output_names=["logit"], dynamic_axes={name: {0: "n"} for name in names + ["logit"]}, dynamo=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    os.remove(path)
    return session
