"""Times PyTorch, eager, on the CPU, with the workloads of `npm run bench -- engine`. See README.md."""

import copy
import math

import timing

OPTIONS = timing.arguments(__doc__)

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

torch.set_num_threads(OPTIONS.threads)
torch.manual_seed(0)


def adam(parameters, learning_rate=3e-4):
    return torch.optim.Adam(parameters, learning_rate, fused=OPTIONS.fused or None)


def mlp(inputs, hidden, activation, outputs=None):
    """Per layer Linear, LayerNorm, activation; then a Linear where there are outputs."""
    layers = []
    for size in hidden:
        layers += [nn.Linear(inputs, size), nn.LayerNorm(size), activation()]
        inputs = size
    return nn.Sequential(*layers, *([] if outputs is None else [nn.Linear(inputs, outputs)]))


def vector_encoder(inputs, latent):
    return nn.Sequential(nn.Linear(inputs, latent), nn.LayerNorm(latent), nn.Tanh())


class Encoder(nn.Module):
    """Each input through an encoder of its own, then side by side."""

    def __init__(self, sizes, latent):
        super().__init__()
        self.parts = nn.ModuleList([vector_encoder(size, latent) for size in sizes])

    def forward(self, inputs):
        encoded = [part(x) for part, x in zip(self.parts, inputs)]
        return encoded[0] if len(encoded) == 1 else torch.cat(encoded, -1)


class Actor(nn.Module):
    def __init__(self, inputs, hidden, actions, largest):
        super().__init__()
        self.trunk = mlp(inputs, hidden, nn.SiLU)
        self.mean = nn.Linear(hidden[-1], actions)
        self.deviation = nn.Linear(hidden[-1], actions)
        self.largest = largest

    def forward(self, features, noise):
        """A tanh-Gaussian action and its log-probability."""
        hidden = self.trunk(features)
        mean = self.mean(hidden)
        deviation = self.deviation(hidden).exp().clip(1e-5, self.largest)
        x = mean + deviation * noise
        squash = 2 * (math.log(2) - x - F.softplus(-2 * x))
        log_prob = -0.5 * noise**2 - deviation.log() - math.log(2 * math.pi) / 2 - squash
        return x.tanh(), log_prob.sum(-1)


def move_average(targets, sources, weight=0.005):
    with torch.no_grad():
        targets, sources = list(targets.parameters()), list(sources.parameters())
        torch._foreach_lerp_(targets, sources, weight)


class SAC:
    """Critics (two, and optionally one of discrete actions), actor and temperature, an Adam each."""

    def __init__(self, observation, actions, latent, hidden, *, discount, alpha, target_entropy, rates, choices=None, largest=10.0):
        encoded = latent * len(observation)
        self.encoder = Encoder(observation, latent)
        self.critics = nn.ModuleList([mlp(encoded + actions, hidden, nn.SiLU, 1) for _ in range(2)])
        self.targets = copy.deepcopy(self.critics)
        self.actor = Actor(encoded, hidden, actions, largest)
        self.log_alpha = torch.tensor(math.log(alpha), requires_grad=True)
        self.discount, self.target_entropy, self.actions = discount, target_entropy, actions
        self.critic_parameters = [*self.encoder.parameters(), *self.critics.parameters()]
        self.critic_optimizer = adam(self.critic_parameters, rates[0])
        self.actor_optimizer = adam(list(self.actor.parameters()), rates[1])
        self.temperature_optimizer = adam([self.log_alpha], rates[2])
        self.discrete = None
        if choices is not None:
            self.discrete = mlp(encoded, hidden, nn.SiLU, choices)
            self.discrete_target = copy.deepcopy(self.discrete)
            self.discrete_parameters = [*self.encoder.parameters(), *self.discrete.parameters()]
            self.discrete_optimizer = adam(self.discrete_parameters, rates[0])

    def values(self, critics, features, action):
        x = torch.cat([features, action], -1)
        return [critic(x).squeeze(-1) for critic in critics]

    def noise(self, like):
        return torch.randn(like.shape[0], self.actions)

    def step(self, optimizer, parameters, loss):
        optimizer.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(parameters, 40)
        optimizer.step()
        return norm

    def update_critics(self, batch):
        observation, following, action, choice, reward, done = batch
        with torch.no_grad():
            features = self.encoder(following)
            next_action, log_prob = self.actor(features, self.noise(features))
            soft = torch.min(*self.values(self.targets, features, next_action)) - self.log_alpha.exp() * log_prob
            target = reward + (1 - done) * self.discount * soft
        values = self.values(self.critics, self.encoder(observation), action)
        loss = sum(((value - target) ** 2).mean() for value in values)
        norm = self.step(self.critic_optimizer, self.critic_parameters, loss)
        move_average(self.targets, self.critics)
        if self.discrete is None:
            return loss, norm
        with torch.no_grad():
            features = self.encoder(following)
            best = self.discrete(features).argmax(-1, keepdim=True)
            target = reward + (1 - done) * self.discount * self.discrete_target(features).gather(1, best).squeeze(-1)
        chosen = self.discrete(self.encoder(observation)).gather(1, choice).squeeze(-1)
        self.step(self.discrete_optimizer, self.discrete_parameters, ((chosen - target) ** 2).mean())
        move_average(self.discrete_target, self.discrete)
        return loss, norm

    def update_actor(self, observation):
        with torch.no_grad():
            features = self.encoder(observation)
        self.critics.requires_grad_(False)
        action, log_prob = self.actor(features, self.noise(features))
        value = torch.min(*self.values(self.critics, features, action))
        loss = (self.log_alpha.exp().detach() * log_prob - value).mean()
        norm = self.step(self.actor_optimizer, list(self.actor.parameters()), loss)
        self.critics.requires_grad_(True)
        with torch.no_grad():
            log_prob = self.actor(features, self.noise(features))[1]
        temperature_loss = -(self.log_alpha.exp() * (log_prob + self.target_entropy)).mean()
        self.step(self.temperature_optimizer, [self.log_alpha], temperature_loss)
        return loss, norm, temperature_loss

    def update(self, batches):
        for batch in batches:
            outputs = self.update_critics(batch)
        return [float(value.detach()) for value in (*outputs, *self.update_actor(batches[-1][0]))]


def batch(size, observation, actions, choices=1):
    def observed():
        return [torch.randn(size, inputs) for inputs in observation]

    choice = torch.randint(0, choices, (size, 1))
    return observed(), observed(), torch.randn(size, actions), choice, torch.randn(size), torch.zeros(size)


def sac_step():
    sac = SAC([21], 3, 256, [256, 256], discount=0.99, alpha=1, target_entropy=-1.5, rates=(3e-4, 3e-4, 3e-4))
    batches = [batch(256, [21], 3)]
    return lambda: sac.update(batches)


def preset_update():
    """configs/pick_cube.json."""
    sac = SAC(
        [3, 18], 3, 128, [64, 64], discount=0.92, alpha=0.01, target_entropy=-2, rates=(5e-4, 3e-4, 5e-4), choices=3, largest=5**0.5
    )
    batches = [batch(128, [3, 18], 3, 3) for _ in range(6)]
    return lambda: sac.update(batches)


def critic_step():
    critics = nn.ModuleList([mlp(24, [256, 256], nn.ReLU, 1) for _ in range(2)])
    targets = copy.deepcopy(critics)
    optimizer = adam(list(critics.parameters()))
    now, following = torch.randn(256, 24), torch.randn(256, 24)

    def step():
        with torch.no_grad():
            target = torch.min(*[critic(following) for critic in targets]) * 0.99
        loss = torch.stack([critic(now) - target for critic in critics]).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        move_average(targets, critics)
        return loss.item()

    return step


def descent(network, x):
    """A step of Adam on the mean square of the network's outputs."""
    optimizer = adam(list(network.parameters()))

    def step():
        optimizer.zero_grad()
        loss = network(x).square().mean()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def conv_step():
    layers, channels = [], 3
    for kernel in [7, 5, 3, 3]:
        layers += [nn.Conv2d(channels, 32, kernel, stride=2), nn.ReLU()]
        channels = 32
    return descent(nn.Sequential(*layers), torch.randn(64, 3, 128, 128))


def transformer_step():
    blocks = [
        nn.TransformerEncoderLayer(256, 8, 1024, 0.0, "gelu", batch_first=True, norm_first=True) for _ in range(4)
    ]
    return descent(nn.Sequential(*blocks), torch.randn(64, 32, 256))


def actor_forward():
    network = nn.Sequential(vector_encoder(21, 256), mlp(256, [256, 256], nn.SiLU, 3), nn.Tanh())
    observation = torch.randn(1, 21).numpy()

    def step():
        with torch.inference_mode():
            return network(torch.from_numpy(observation)).numpy()

    return step


WORKLOADS = {
    "full SAC step": sac_step,
    "npm start's update": preset_update,
    "critic step": critic_step,
    "conv step": conv_step,
    "transformer step": transformer_step,
    "actor forward": actor_forward,
}

if __name__ == "__main__":
    fused = ", fused Adam" if OPTIONS.fused else ""
    print(f"PyTorch {torch.__version__}, eager, {torch.get_num_threads()} threads{fused}")
    for name, create in WORKLOADS.items():
        if OPTIONS.only.lower() in name.lower():
            timing.measure(name, create(), OPTIONS.seconds)
