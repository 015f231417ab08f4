"""What the GANs in PyTorch have in common.

Every trainer trains with advance(n), waits for the device with sync() and draws n points a seed
with sample(n): [R, n, X], in the units of the data.
"""

import math

import torch

LR, BETA1, BETA2, EPS = 1e-3, 0.9, 0.999, 1e-7
BATCH = 128


def version():
    return f"torch {torch.__version__}"


def device_name(device):
    return torch.cuda.get_device_name() if device == "cuda" else "cpu"


def use_threads(n):
    torch.set_num_threads(n)


def captured(iterate):
    """One iteration as a CUDA graph. The default generator is registered with it by PyTorch, so
    that each replay draws new numbers."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(
        stream
    ):  # allocations, lazy handles and kernels that must not be made while capturing
        for _ in range(3):
            iterate()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        iterate()
    return graph.replay


class Trainer:
    def __init__(self, device, seed):
        self.device = device
        torch.manual_seed(seed)

    def sync(self):
        if self.device == "cuda":
            torch.cuda.synchronize()

    def advance(self, n):
        for _ in range(n):
            self.iterate()


def torch_adam(parameters, fused, graph, beta1=BETA1):
    return torch.optim.Adam(
        parameters, lr=LR, betas=(beta1, BETA2), eps=EPS, fused=fused, capturable=graph
    )


def adam_step(net, m, v, t, gradients, beta1=BETA1):
    """In place. t counts from 1 (0-dim tensor); -expm1(t log b) is 1 - b^t without cancellation."""
    rate = LR * torch.sqrt(-torch.expm1(t * math.log(BETA2))) / -torch.expm1(t * math.log(beta1))
    for p, a, b, g in zip(net, m, v, gradients):
        a.copy_(beta1 * a + (1 - beta1) * g)
        b.copy_(BETA2 * b + (1 - BETA2) * g * g)
        p.copy_(p - rate * a / (torch.sqrt(b) + EPS))
