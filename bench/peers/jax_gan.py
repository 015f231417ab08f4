"""The tutorial's GAN in JAX: CHUNK iterations are one jitted lax.scan, with vmap over the seeds.

The trainer has the methods of torch_gan.py: advance(n), sync(), sample(n).
"""

import functools
import math
import os

os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_default_matmul_precision", "highest")  # float32 like the others, not TF32

LR, BETA1, BETA2, EPS = 1e-3, 0.9, 0.999, 1e-7
BATCH, LATENT = 128, 5
CHUNK = 100


def version():
    return f"jax {jax.__version__}"


def device_name(device):
    return jax.devices()[0].device_kind if device == "cuda" else "cpu"


def use_threads(n):
    """XLA sizes its pool by the processors that the process may use."""


def net(key, n_in, hidden, out):
    k1, k2 = jax.random.split(key)
    a, b = math.sqrt(6 / n_in), math.sqrt(6 / (hidden + out))
    return {
        "w1": jax.random.uniform(k1, (n_in, hidden), minval=-a, maxval=a),
        "b1": jnp.zeros(hidden),
        "w2": jax.random.uniform(k2, (hidden, out), minval=-b, maxval=b),
        "b2": jnp.zeros(out),
    }


def init(key):
    key, k_g, k_d = jax.random.split(key, 3)
    g, d = net(k_g, LATENT, 15, 2), net(k_d, 2, 25, 1)
    return {"key": key, "t": jnp.float32(0), "g": (g, *zeros_like(g)), "d": (d, *zeros_like(d))}


def zeros_like(net):
    return jax.tree.map(jnp.zeros_like, net), jax.tree.map(jnp.zeros_like, net)


def forward(net, x):
    return jax.nn.relu(x @ net["w1"] + net["b1"]) @ net["w2"] + net["b2"]


def d_loss(d, x, sign):
    return jnp.mean(jax.nn.softplus(sign * forward(d, x)))


def g_loss(g, d, z):
    return d_loss(d, forward(g, z), -1)


def adam(state, gradient, t):
    """t counts from 1; -expm1(t log b) is 1 - b^t without cancellation."""
    net, m, v = state
    rate = LR * jnp.sqrt(-jnp.expm1(t * math.log(BETA2))) / -jnp.expm1(t * math.log(BETA1))
    m = jax.tree.map(lambda a, g: BETA1 * a + (1 - BETA1) * g, m, gradient)
    v = jax.tree.map(lambda a, g: BETA2 * a + (1 - BETA2) * g * g, v, gradient)
    return jax.tree.map(lambda p, a, b: p - rate * a / (jnp.sqrt(b) + EPS), net, m, v), m, v


def iteration(state, _):
    key, k_real, k_fake, k_g = jax.random.split(state["key"], 4)
    g, d, t = state["g"], state["d"], state["t"]
    x = jax.random.uniform(k_real, (BATCH // 2, 1), minval=-0.5, maxval=0.5)
    fakes = forward(g[0], jax.random.normal(k_fake, (BATCH // 2, LATENT)))
    d = adam(d, jax.grad(d_loss)(d[0], jnp.concatenate((x, x * x), 1), -1), 2 * t + 1)
    d = adam(d, jax.grad(d_loss)(d[0], fakes, 1), 2 * t + 2)
    g = adam(g, jax.grad(g_loss)(g[0], d[0], jax.random.normal(k_g, (BATCH, LATENT))), t + 1)
    return {"key": key, "t": t + 1, "g": g, "d": d}, None


def chunk(state):
    return jax.lax.scan(iteration, state, length=CHUNK)[0]


class Scan:
    """rng: threefry2x32 is JAX's default, rbg the one it recommends for speed."""

    def __init__(self, device, seeds, seed, rng="threefry2x32"):
        self.device = jax.devices(device)[0]
        over_seeds = jax.vmap if seeds > 1 else lambda f: f
        with jax.default_device(self.device):
            key = jax.random.key(seed, impl=rng)
            self.state = jax.jit(over_seeds(init))(
                jax.random.split(key, seeds) if seeds > 1 else key
            )
        self.step = jax.jit(over_seeds(chunk), donate_argnums=0)

    def advance(self, n):
        assert n % CHUNK == 0
        for _ in range(n // CHUNK):
            self.state = self.step(self.state)

    def sync(self):
        jax.block_until_ready(self.state)

    def sample(self, n):
        state = jax.tree.map(lambda a: a if self.state["t"].ndim else a[None], self.state)

        @jax.jit
        @functools.partial(jax.vmap)
        def points(key, g):
            return forward(g, jax.random.normal(key, (n, LATENT)))

        return np.asarray(points(state["key"], state["g"][0]))
