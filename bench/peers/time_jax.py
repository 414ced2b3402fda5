"""Times JAX, jitted by XLA, on the CPU, with the workloads of `npm run bench -- engine`. See README.md."""

import math
import os

import timing

OPTIONS = timing.arguments(__doc__)
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402

KEYS = iter(jax.random.split(jax.random.key(0), 4096))
tree_map = jax.tree_util.tree_map


def normal(*shape):
    return jax.random.normal(next(KEYS), shape)


def uniform(shape, bound):
    return jax.random.uniform(next(KEYS), shape, minval=-bound, maxval=bound)


def linear_init(inputs, outputs):
    bound = 1 / math.sqrt(inputs)
    return {"w": uniform((outputs, inputs), bound), "b": uniform((outputs,), bound)}


def linear(p, x):
    return x @ p["w"].T + p["b"]


def norm_init(size):
    return {"scale": jnp.ones(size), "shift": jnp.zeros(size)}


def layer_norm(p, x):
    centred = x - x.mean(-1, keepdims=True)
    return centred * jax.lax.rsqrt((centred**2).mean(-1, keepdims=True) + 1e-5) * p["scale"] + p["shift"]


def mlp_init(inputs, hidden, outputs=None):
    sizes = [inputs, *hidden]
    layers = [{"linear": linear_init(a, b), "norm": norm_init(b)} for a, b in zip(sizes, hidden)]
    return {"layers": layers, **({} if outputs is None else {"head": linear_init(sizes[-1], outputs)})}


def mlp(p, x, activation=jax.nn.silu):
    """Per layer Linear, LayerNorm, activation; then a Linear where there are outputs."""
    for layer in p["layers"]:
        x = activation(layer_norm(layer["norm"], linear(layer["linear"], x)))
    return linear(p["head"], x) if "head" in p else x


def ensemble_init(create, count):
    return tree_map(lambda *leaves: jnp.stack(leaves), *[create() for _ in range(count)])


def ensemble(apply, p, x):
    return jax.vmap(apply, in_axes=(0, None))(p, x)


def adam_init(parameters):
    zeros = tree_map(jnp.zeros_like, parameters)
    return {"m": zeros, "v": tree_map(jnp.zeros_like, parameters), "t": jnp.zeros(())}


def adam(gradients, state, parameters, rate=3e-4):
    t = state["t"] + 1
    m = tree_map(lambda m, g: 0.9 * m + 0.1 * g, state["m"], gradients)
    v = tree_map(lambda v, g: 0.999 * v + 0.001 * g * g, state["v"], gradients)
    correct_m, correct_v = 1 - 0.9**t, 1 - 0.999**t
    updated = tree_map(lambda p, m, v: p - rate * (m / correct_m) / (jnp.sqrt(v / correct_v) + 1e-8), parameters, m, v)
    return updated, {"m": m, "v": v, "t": t}


def clipped(gradients, limit=40.0):
    norm = jnp.sqrt(sum(jnp.sum(g * g) for g in jax.tree_util.tree_leaves(gradients)))
    return tree_map(lambda g: g * jnp.minimum(1, limit / (norm + 1e-6)), gradients), norm


def average(target, source, weight=0.005):
    return tree_map(lambda t, s: (1 - weight) * t + weight * s, target, source)


def encoder_init(inputs, latent):
    return {"linear": linear_init(inputs, latent), "norm": norm_init(latent)}


def encode(parts, observation):
    encoded = [jnp.tanh(layer_norm(p["norm"], linear(p["linear"], x))) for p, x in zip(parts, observation)]
    return jnp.concatenate(encoded, -1)


def act(p, features, noise, largest):
    """A tanh-Gaussian action and its log-probability."""
    hidden = mlp(p["trunk"], features)
    deviation = jnp.clip(jnp.exp(linear(p["deviation"], hidden)), 1e-5, largest)
    x = linear(p["mean"], hidden) + deviation * noise
    squash = 2 * (math.log(2) - x - jax.nn.softplus(-2 * x))
    log_prob = -0.5 * noise**2 - jnp.log(deviation) - math.log(2 * math.pi) / 2 - squash
    return jnp.tanh(x), log_prob.sum(-1)


def sac(observation, actions, latent, hidden, *, discount, alpha, target_entropy, rates, choices=None, largest=10.0):
    """The state of a SAC and its update: critics on each batch in turn, then actor and temperature on the last."""
    encoded = latent * len(observation)
    critic = {
        "encoder": [encoder_init(size, latent) for size in observation],
        "critics": ensemble_init(lambda: mlp_init(encoded + actions, hidden, 1), 2),
    }
    actor = {
        "trunk": mlp_init(encoded, hidden),
        "mean": linear_init(hidden[-1], actions),
        "deviation": linear_init(hidden[-1], actions),
    }
    log_alpha = jnp.asarray(math.log(alpha))
    state = {
        "critic": critic,
        "target": tree_map(jnp.copy, critic["critics"]),
        "actor": actor,
        "log_alpha": log_alpha,
        "critic_adam": adam_init(critic),
        "actor_adam": adam_init(actor),
        "temperature_adam": adam_init(log_alpha),
    }
    if choices is not None:
        head = mlp_init(encoded, hidden, choices)
        state["discrete"], state["discrete_target"] = head, tree_map(jnp.copy, head)
        state["discrete_adam"] = adam_init({"encoder": critic["encoder"], "head": head})

    def values(critics, features, action):
        return ensemble(mlp, critics, jnp.concatenate([features, action], -1))[..., 0]

    def update_critics(s, batch, key):
        now, following, action, choice, reward, done = batch
        features = encode(s["critic"]["encoder"], following)
        next_action, log_prob = act(s["actor"], features, jax.random.normal(key, action.shape), largest)
        soft = values(s["target"], features, next_action).min(0) - jnp.exp(s["log_alpha"]) * log_prob
        target = reward + (1 - done) * discount * soft

        def loss_of(p):
            errors = values(p["critics"], encode(p["encoder"], now), action) - target
            return (errors**2).mean(1).sum()

        loss, gradients = jax.value_and_grad(loss_of)(s["critic"])
        gradients, norm = clipped(gradients)
        updated, critic_adam = adam(gradients, s["critic_adam"], s["critic"], rates[0])
        s = {**s, "critic": updated, "critic_adam": critic_adam, "target": average(s["target"], updated["critics"])}
        if choices is None:
            return s, (loss, norm)

        features = encode(updated["encoder"], following)
        best = mlp(s["discrete"], features).argmax(-1)[:, None]
        chosen = jnp.take_along_axis(mlp(s["discrete_target"], features), best, 1)[:, 0]
        target = reward + (1 - done) * discount * chosen

        def discrete_loss(p):
            value = jnp.take_along_axis(mlp(p["head"], encode(p["encoder"], now)), choice, 1)[:, 0]
            return ((value - target) ** 2).mean()

        trained = {"encoder": updated["encoder"], "head": s["discrete"]}
        gradients, _ = clipped(jax.grad(discrete_loss)(trained))
        trained, discrete_adam = adam(gradients, s["discrete_adam"], trained, rates[0])
        s = {
            **s,
            "critic": {**updated, "encoder": trained["encoder"]},
            "discrete": trained["head"],
            "discrete_target": average(s["discrete_target"], trained["head"]),
            "discrete_adam": discrete_adam,
        }
        return s, (loss, norm)

    def update_actor(s, now, key):
        features = encode(s["critic"]["encoder"], now)
        keys = jax.random.split(key)
        shape = (features.shape[0], actions)

        def loss_of(p):
            action, log_prob = act(p, features, jax.random.normal(keys[0], shape), largest)
            return (jnp.exp(s["log_alpha"]) * log_prob - values(s["critic"]["critics"], features, action).min(0)).mean()

        loss, gradients = jax.value_and_grad(loss_of)(s["actor"])
        gradients, norm = clipped(gradients)
        updated, actor_adam = adam(gradients, s["actor_adam"], s["actor"], rates[1])
        log_prob = act(updated, features, jax.random.normal(keys[1], shape), largest)[1]
        temperature_loss, gradient = jax.value_and_grad(lambda a: -(jnp.exp(a) * (log_prob + target_entropy)).mean())(
            s["log_alpha"]
        )
        log_alpha, temperature_adam = adam(clipped(gradient)[0], s["temperature_adam"], s["log_alpha"], rates[2])
        changed = {"actor": updated, "actor_adam": actor_adam, "log_alpha": log_alpha}
        return {**s, **changed, "temperature_adam": temperature_adam}, (loss, norm, temperature_loss)

    def update(s, batches, key):
        for each in batches:
            key, own = jax.random.split(key)
            s, outputs = update_critics(s, each, own)
        s, more = update_actor(s, batches[-1][0], key)
        return s, (*outputs, *more)

    return state, update


def batch(size, observation, actions, choices=1):
    def observed():
        return [normal(size, inputs) for inputs in observation]

    choice = jax.random.randint(next(KEYS), (size, 1), 0, choices)
    return observed(), observed(), normal(size, actions), choice, normal(size), jnp.zeros(size)


def stepping(state, step, *inputs):
    """Carries the state from call to call in place, and reads the outputs."""
    compiled = jax.jit(step, donate_argnums=0)
    # Buffers that are donated may not be shared.
    holder = {"state": tree_map(jnp.copy, state), "key": jax.random.key(1)}

    def run():
        holder["key"], key = jax.random.split(holder["key"])
        holder["state"], outputs = compiled(holder["state"], *inputs, key)
        return jax.device_get(outputs)

    return run


def sac_step():
    rates = (3e-4, 3e-4, 3e-4)
    state, update = sac([21], 3, 256, [256, 256], discount=0.99, alpha=1, target_entropy=-1.5, rates=rates)
    return stepping(state, update, [batch(256, [21], 3)])


def preset_update():
    """configs/pick_cube.json."""
    rates = (5e-4, 3e-4, 5e-4)
    state, update = sac(
        [3, 18], 3, 128, [64, 64], discount=0.92, alpha=0.01, target_entropy=-2, rates=rates, choices=3, largest=5**0.5
    )
    return stepping(state, update, [batch(128, [3, 18], 3, 3) for _ in range(6)])


def critic_step():
    p = ensemble_init(lambda: mlp_init(24, [256, 256], 1), 2)

    def values(parameters, x):
        return ensemble(lambda q, x: mlp(q, x, jax.nn.relu), parameters, x)

    def step(s, now, following, _key):
        target = values(s["target"], following).min(0) * 0.99
        loss, gradients = jax.value_and_grad(lambda q: ((values(q, now) - target) ** 2).mean())(s["p"])
        updated, moments = adam(gradients, s["adam"], s["p"])
        return {"p": updated, "adam": moments, "target": average(s["target"], updated)}, loss

    return stepping({"p": p, "target": p, "adam": adam_init(p)}, step, normal(256, 24), normal(256, 24))


def descent(p, apply, x):
    """A step of Adam on the mean square of the network's outputs."""

    def step(s, x, _key):
        loss, gradients = jax.value_and_grad(lambda q: (apply(q, x) ** 2).mean())(s["p"])
        updated, moments = adam(gradients, s["adam"], s["p"])
        return {"p": updated, "adam": moments}, loss

    return stepping({"p": p, "adam": adam_init(p)}, step, x)


def conv_step():
    p, channels = [], 3
    for kernel in [7, 5, 3, 3]:
        bound = 1 / math.sqrt(channels * kernel**2)
        p.append({"w": uniform((32, channels, kernel, kernel), bound), "b": uniform((32,), bound)})
        channels = 32

    def apply(p, x):
        for layer in p:
            x = jax.lax.conv_general_dilated(x, layer["w"], (2, 2), "VALID", dimension_numbers=("NCHW", "OIHW", "NCHW"))
            x = jax.nn.relu(x + layer["b"][:, None, None])
        return x

    return descent(p, apply, normal(64, 3, 128, 128))


def transformer_step():
    features, heads = 256, 8

    def block_init():
        names = {"project": (features, 3 * features), "join": (features, features)}
        names |= {"expand": (features, 4 * features), "contract": (4 * features, features)}
        linears = {name: linear_init(*sizes) for name, sizes in names.items()}
        return {**linears, "norm1": norm_init(features), "norm2": norm_init(features)}

    def block(p, x):
        sequences, length, _ = x.shape
        projected = linear(p["project"], layer_norm(p["norm1"], x))
        q, k, v = projected.reshape(sequences, length, 3, heads, features // heads).transpose(2, 0, 3, 1, 4)
        weights = jax.nn.softmax(q @ k.swapaxes(-1, -2) / math.sqrt(features / heads), -1)
        attended = (weights @ v).transpose(0, 2, 1, 3).reshape(x.shape)
        x = x + linear(p["join"], attended)
        hidden = jax.nn.gelu(linear(p["expand"], layer_norm(p["norm2"], x)), approximate=False)
        return x + linear(p["contract"], hidden)

    def apply(blocks, x):
        for p in blocks:
            x = block(p, x)
        return x

    return descent([block_init() for _ in range(4)], apply, normal(64, 32, features))


def actor_forward():
    p = {"encoder": [encoder_init(21, 256)], "body": mlp_init(256, [256, 256], 3)}
    forward = jax.jit(lambda p, x: jnp.tanh(mlp(p["body"], encode(p["encoder"], [x]))))
    observation = np.asarray(normal(1, 21))
    return lambda: np.asarray(forward(p, observation))


WORKLOADS = {
    "full SAC step": sac_step,
    "npm start's update": preset_update,
    "critic step": critic_step,
    "conv step": conv_step,
    "transformer step": transformer_step,
    "actor forward": actor_forward,
}

if __name__ == "__main__":
    print(f"JAX {jax.__version__}, jitted, {OPTIONS.threads} cores")
    for name, create in WORKLOADS.items():
        if OPTIONS.only.lower() in name.lower():
            timing.measure(name, create(), OPTIONS.seconds)
