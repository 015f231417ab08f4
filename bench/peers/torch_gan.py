"""The tutorial's GAN in PyTorch: one as people write it, many with the seeds on a leading axis.

Every class trains with advance(n), waits for the device with sync() and draws n points a seed
with sample(n): [R, n, 2].
"""

import math

import torch
from torch import nn
from torch.nn.functional import softplus

LR, BETA1, BETA2, EPS = 1e-3, 0.9, 0.999, 1e-7
BATCH, LATENT = 128, 5


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


class One(Trainer):
    """One GAN with torch.nn and torch.optim.Adam."""

    def __init__(self, device, seeds, seed, fused=None, graph=False):
        assert seeds == 1
        super().__init__(device, seed)
        self.g = nn.Sequential(nn.Linear(LATENT, 15), nn.ReLU(), nn.Linear(15, 2)).to(device)
        self.d = nn.Sequential(nn.Linear(2, 25), nn.ReLU(), nn.Linear(25, 1)).to(device)
        for net in (self.g, self.d):
            nn.init.kaiming_uniform_(net[0].weight, nonlinearity="relu")
            nn.init.xavier_uniform_(net[2].weight)
            nn.init.zeros_(net[0].bias)
            nn.init.zeros_(net[2].bias)
        adam = dict(lr=LR, betas=(BETA1, BETA2), eps=EPS, fused=fused, capturable=graph)
        self.g_adam = torch.optim.Adam(self.g.parameters(), **adam)
        self.d_adam = torch.optim.Adam(self.d.parameters(), **adam)
        self.loss = nn.BCEWithLogitsLoss()
        half = BATCH // 2
        self.real, self.fake = torch.ones(half, 1, device=device), torch.zeros(
            half, 1, device=device
        )
        self.wanted = torch.ones(BATCH, 1, device=device)
        if graph:
            self.iterate = captured(self.iterate)

    def iterate(self):
        half = BATCH // 2
        x = torch.rand(half, 1, device=self.device) - 0.5
        with torch.no_grad():
            fakes = self.g(torch.randn(half, LATENT, device=self.device))
        self.d_adam.zero_grad()
        self.loss(self.d(torch.cat((x, x * x), 1)), self.real).backward()
        self.d_adam.step()
        self.d_adam.zero_grad()
        self.loss(self.d(fakes), self.fake).backward()
        self.d_adam.step()
        self.g_adam.zero_grad()
        self.loss(
            self.d(self.g(torch.randn(BATCH, LATENT, device=self.device))), self.wanted
        ).backward()
        self.g_adam.step()

    def sample(self, n):
        with torch.no_grad():
            return self.g(torch.randn(n, LATENT, device=self.device)).cpu().numpy()[None]


def nets(device, seeds):
    """Weights of R generators and R discriminators: w1 [R, in, hidden], b1 [R, 1, hidden],
    w2 [R, hidden, out], b2 [R, 1, out]."""

    def net(n_in, hidden, out):
        def weight(rows, columns, limit):
            return (2 * torch.rand(seeds, rows, columns, device=device) - 1) * limit

        return [
            weight(n_in, hidden, math.sqrt(6 / n_in)),
            torch.zeros(seeds, 1, hidden, device=device),
            weight(hidden, out, math.sqrt(6 / (hidden + out))),
            torch.zeros(seeds, 1, out, device=device),
        ]

    return net(LATENT, 15, 2), net(2, 25, 1)


def forward(net, x):
    w1, b1, w2, b2 = net
    return torch.baddbmm(b2, torch.relu(torch.baddbmm(b1, x, w1)), w2)


def loss_of(logits, sign):
    """Binary cross-entropy for label 1 (sign -1) or 0 (sign +1): mean over the batch, sum over the
    seeds, which share nothing."""
    return softplus(sign * logits).mean(1).sum()


def real_points(seeds, device):
    x = torch.rand(seeds, BATCH // 2, 1, device=device) - 0.5
    return torch.cat((x, x * x), 2)


class Batched(Trainer):
    """R GANs: bmm over the seeds, autograd, and one Adam a net over the stacked weights. Adam is
    elementwise, so that is R Adams."""

    def __init__(self, device, seeds, seed, graph=False):
        super().__init__(device, seed)
        self.seeds = seeds
        self.g, self.d = nets(device, seeds)
        for parameter in self.g + self.d:
            parameter.requires_grad_()
        adam = dict(lr=LR, betas=(BETA1, BETA2), eps=EPS, fused=True, capturable=graph)
        self.g_adam, self.d_adam = torch.optim.Adam(self.g, **adam), torch.optim.Adam(
            self.d, **adam
        )
        if graph:
            self.iterate = captured(self.iterate)

    def latents(self, n):
        return torch.randn(self.seeds, n, LATENT, device=self.device)

    def step(self, adam, net, loss):
        for parameter, gradient in zip(net, torch.autograd.grad(loss, net)):
            parameter.grad = gradient
        adam.step()

    def iterate(self):
        with torch.no_grad():
            fakes = forward(self.g, self.latents(BATCH // 2))
        self.step(
            self.d_adam, self.d, loss_of(forward(self.d, real_points(self.seeds, self.device)), -1)
        )
        self.step(self.d_adam, self.d, loss_of(forward(self.d, fakes), 1))
        self.step(
            self.g_adam, self.g, loss_of(forward(self.d, forward(self.g, self.latents(BATCH))), -1)
        )

    def sample(self, n):
        with torch.no_grad():
            return forward(self.g, self.latents(n)).cpu().numpy()


def adam_step(net, m, v, t, gradients):
    """In place. t counts from 1 (0-dim tensor); -expm1(t log b) is 1 - b^t without cancellation."""
    rate = LR * torch.sqrt(-torch.expm1(t * math.log(BETA2))) / -torch.expm1(t * math.log(BETA1))
    for p, a, b, g in zip(net, m, v, gradients):
        a.copy_(BETA1 * a + (1 - BETA1) * g)
        b.copy_(BETA2 * b + (1 - BETA2) * g * g)
        p.copy_(p - rate * a / (torch.sqrt(b) + EPS))


class Compiled(Trainer):
    """R GANs, one torch.compile around a whole iteration, Adam and random numbers included."""

    def __init__(self, device, seeds, seed, graph=False):
        super().__init__(device, seed)
        self.seeds = seeds
        self.g, self.d = nets(device, seeds)
        self.t = torch.zeros((), device=device)
        zeros = [[torch.zeros_like(p) for p in net] for net in (self.g, self.g, self.d, self.d)]

        def d_loss(d, x, sign):
            return loss_of(forward(d, x), sign)

        def g_loss(g, d, z):
            return loss_of(forward(d, forward(g, z)), -1)

        def iteration(g, d, g_m, g_v, d_m, d_v, t):
            fakes = forward(g, torch.randn(seeds, BATCH // 2, LATENT, device=device))
            adam_step(
                d, d_m, d_v, 2 * t + 1, torch.func.grad(d_loss)(d, real_points(seeds, device), -1)
            )
            adam_step(d, d_m, d_v, 2 * t + 2, torch.func.grad(d_loss)(d, fakes, 1))
            z = torch.randn(seeds, BATCH, LATENT, device=device)
            adam_step(g, g_m, g_v, t + 1, torch.func.grad(g_loss)(g, d, z))
            t.add_(1)

        step = torch.compile(iteration, fullgraph=True)
        self.iterate = lambda: step(self.g, self.d, *zeros, self.t)
        if graph:
            self.iterate = captured(self.iterate)

    def sample(self, n):
        return forward(self.g, torch.randn(self.seeds, n, LATENT, device=self.device)).cpu().numpy()
