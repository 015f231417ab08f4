"""The tutorial's GAN in PyTorch: one as people write it, many with the seeds on a leading axis."""

import math

import torch
from torch import nn
from torch.nn.functional import softplus
from torch_common import BATCH, Trainer, adam_step, captured, torch_adam
from torch_common import device_name, use_threads, version  # noqa: F401, for child.py

LATENT = 5


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
        self.g_adam = torch_adam(self.g.parameters(), fused, graph)
        self.d_adam = torch_adam(self.d.parameters(), fused, graph)
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
        self.g_adam, self.d_adam = torch_adam(self.g, True, graph), torch_adam(self.d, True, graph)
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
