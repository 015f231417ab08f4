"""The tutorial's GAN of images in PyTorch, as people write it.

Nets 100-256-512-1024-784 (ReLU, tanh) and 784-1024-512-256-1 (ReLU), batch 128, real label 0.9: one
step of D on 128 real and 128 generated images together, then one of G through D. D's weights
require no gradient meanwhile, so that none is computed: as fast as autograd can be told to be.
"""

import torch
from idx import read_training_images
from torch import nn
from torch_common import BATCH, BETA1, Trainer, adam_step, captured, torch_adam
from torch_common import device_name, use_threads, version  # noqa: F401, for child.py

LATENT = 100


def dense(sizes, output=None):
    layers = []
    for n_in, n_out in zip(sizes, sizes[1:]):
        layers += [nn.Linear(n_in, n_out), nn.ReLU()]
        nn.init.xavier_uniform_(layers[-2].weight)
        nn.init.zeros_(layers[-2].bias)
    return nn.Sequential(*layers[:-1], *([output] if output else []))


class Images(Trainer):
    """precision: fp32; tf32: so in matrix products; bf16: autocast, as PyTorch's manual has it."""

    def __init__(self, device, seed, images, precision):
        super().__init__(device, seed)
        torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
        self.bf16 = precision == "bf16"
        self.images = torch.from_numpy(read_training_images(images).copy()).to(device)
        self.g = dense((LATENT, 256, 512, 1024, 784), nn.Tanh()).to(device)
        self.d = dense((784, 1024, 512, 256, 1)).to(device)
        self.loss = nn.BCEWithLogitsLoss()
        ones = torch.ones(BATCH, 1, device=device)
        self.labels, self.wanted = torch.cat((0.9 * ones, 0 * ones)), ones

    def autocast(self):
        # without the cache of casts, which a CUDA graph must not hold
        return torch.autocast(self.device, torch.bfloat16, enabled=self.bf16, cache_enabled=False)

    def real(self):
        index = torch.randint(len(self.images), (BATCH,), device=self.device)
        return self.images[index].float() / 127.5 - 1

    def latents(self, n):
        return torch.randn(n, LATENT, device=self.device)

    def sample(self, n):
        with torch.no_grad(), self.autocast():
            return ((self.g(self.latents(n)).float() + 1) * 127.5).cpu().numpy()[None]


class One(Images):
    """torch.nn and torch.optim.Adam."""

    def __init__(
        self, device, seeds, seed, images, precision="fp32", beta1=BETA1, fused=None, graph=False
    ):
        assert seeds == 1
        super().__init__(device, seed, images, precision)
        self.g_adam = torch_adam(self.g.parameters(), fused, graph, beta1)
        self.d_adam = torch_adam(self.d.parameters(), fused, graph, beta1)
        if graph:
            self.iterate = captured(self.iterate)

    def iterate(self):
        with self.autocast():
            with torch.no_grad():
                fakes = self.g(self.latents(BATCH))
            loss = self.loss(self.d(torch.cat((self.real(), fakes))), self.labels)
        self.d_adam.zero_grad()
        loss.backward()
        self.d_adam.step()
        self.d.requires_grad_(False)
        with self.autocast():
            loss = self.loss(self.d(self.g(self.latents(BATCH))), self.wanted)
        self.g_adam.zero_grad()
        loss.backward()
        self.g_adam.step()
        self.d.requires_grad_(True)


class Compiled(Images):
    """One torch.compile around a whole iteration, Adam and random numbers included."""

    def __init__(self, device, seeds, seed, images, precision="fp32", beta1=BETA1, graph=False):
        assert seeds == 1
        super().__init__(device, seed, images, precision)
        self.t = torch.zeros((), device=device)
        g, d = ({k: p.detach() for k, p in net.named_parameters()} for net in (self.g, self.d))
        moments = [[torch.zeros_like(p) for p in net.values()] for net in (d, d, g, g)]

        def apply(net, parameters, x):
            return torch.func.functional_call(net, parameters, x)

        def d_loss(d, images):
            with self.autocast():
                return self.loss(apply(self.d, d, images), self.labels)

        def g_loss(g, d, z):
            with self.autocast():
                return self.loss(apply(self.d, d, apply(self.g, g, z)), self.wanted)

        def iteration(g, d, d_m, d_v, g_m, g_v, t):
            with self.autocast():
                fakes = apply(self.g, g, self.latents(BATCH))
            gradients = torch.func.grad(d_loss)(d, torch.cat((self.real(), fakes.float())))
            t.add_(1)
            adam_step(d.values(), d_m, d_v, t, gradients.values(), beta1)
            gradients = torch.func.grad(g_loss)(g, d, self.latents(BATCH))
            adam_step(g.values(), g_m, g_v, t, gradients.values(), beta1)

        step = torch.compile(iteration, fullgraph=True)
        self.iterate = lambda: step(g, d, *moments, self.t)
        if graph:
            self.iterate = captured(self.iterate)
