"""A generator against a discriminator in the plane: a GAN, trained before your eyes."""

import numpy as np

from nnlib.checks import check_array, check_choice, check_integer
from nnlib.functional import sigmoid
from nnlib.layers import Dense, ReLU
from nnlib.losses import BinaryCrossEntropy
from nnlib.network import Network
from nnlib.optimizers import Adam
from nnlib.plots import BLACK, BLUE, GREY, ORANGE, SIGNED
from nnwidgets.base import Checked, Widget, integer, known_to_both, number, one_of
from nnwidgets.engine_random import MASK, EngineRandom

LIMITS = known_to_both("adversaries")
SETS, OWN = LIMITS["sets"], LIMITS["own"]
LOSSES, ORDERS = tuple(LIMITS["losses"]), tuple(LIMITS["orders"])
LAYERS, SPEEDS = tuple(LIMITS["layers"]), tuple(LIMITS["speeds"])
BATCH, SHOWN, UNITS = LIMITS["batch"], LIMITS["shown"], LIMITS["units"]
MOST_POINTS = LIMITS["points"]
REACH = LIMITS["reach"]  # the plane: −3.2 … 3.2 both ways
MOMENTS = (100, 500, 2000)  # steps, in the still picture
# What may change while a run goes on; all else begins a new one.
CHANGEABLE = (
    "loss", "discriminator_steps", "discriminator_rate", "generator_rate", "beta1", "order",
)  # fmt: skip
SURPRISE = BinaryCrossEntropy()


def _uniform(rng, n):
    """Draw n numbers as `EngineRandom.random` does, in a loop that has no calls: it is faster."""
    a, b, c, count = rng.__getstate__()
    halves = []
    for _ in range(2 * n):
        total = (a + b + count) & MASK
        turned = ((c << 21) | (c >> 11)) & MASK
        a, b, c = b ^ (b >> 9), (c + (c << 3)) & MASK, (turned + total) & MASK
        count = (count + 1) & MASK
        halves.append(total)
    rng.__setstate__([a, b, c, count])
    high, low = np.array(halves[::2]) >> 5, np.array(halves[1::2]) >> 6
    return (high * 67108864 + low) / 9007199254740992


def _normal_points(u, v):
    """Return points with normal coordinates from uniform numbers (Box & Muller), shape (n, 2)."""
    radius = np.sqrt(-2 * np.log(1 - u))
    return np.stack([radius * np.cos(2 * np.pi * v), radius * np.sin(2 * np.pi * v)], axis=-1)


def noise(n, rng):
    """Draw n inputs ξ of the generator, normal with mean 0 and SD 1, shape (n, 2)."""
    return _normal_points(*_uniform(rng, 2 * n).reshape(n, 2).T)


class Run:
    """A generator and a discriminator, trained in turns with the widget's random numbers.

    Attributes
    ----------
    generator : Network
        2-32-32-2 with ReLU, from ξ to a point of the plane.
    discriminator : Network
        2-32-32-1 with ReLU: the logit of D, the probability that a point is real.
    noise, generated : numpy.ndarray, shape (200, 2)
        The ξ of the samples that the widget shows, and what the generator makes of it now.
    real : numpy.ndarray, shape (200, 2)
        The real samples that it shows.
    centres, sd : numpy.ndarray of shape (n, 2), float
        Real samples are normal around one of the centres, each as likely as the others.
    modes : bool
        Whether the centres are modes, and not dots of a line.
    moves : dict
        How many steps "generator" and "discriminator" have taken.
    """

    def __init__(self, settings):
        self.settings = settings
        self.centres, self.sd, self.modes = _distribution(settings["data"], settings["points"])
        self.rng = EngineRandom(settings["seed"])
        self.generator = self._network(2)
        self.discriminator = self._network(1)
        beta1 = settings["beta1"]
        self._rules = {
            "generator": Adam(settings["generator_rate"], beta1),
            "discriminator": Adam(settings["discriminator_rate"], beta1),
        }
        look = EngineRandom(LIMITS["shown_seed"])  # to look changes nothing in training
        self.noise = noise(SHOWN, look)
        self.moves = {"generator": 0, "discriminator": 0}
        self.real = self.draw(SHOWN, look) if len(self.centres) else np.empty((0, 2))

    def change(self, **settings):
        """Change on the way what may change: losses, steps, rates, β₁ or order.

        Raises
        ------
        TypeError, ValueError
            If a setting is none of these, or does not fit.
        """
        if unknown := sorted(set(settings) - set(CHANGEABLE)):
            raise TypeError(f"change takes {', '.join(CHANGEABLE)}; got {', '.join(unknown)}")
        traits = Adversaries.class_traits()
        new = {name: traits[name].check(name, value) for name, value in settings.items()}
        self.settings = {**self.settings, **new}
        for name, rule in self._rules.items():
            rule.learning_rate, rule.beta1 = self.settings[f"{name}_rate"], self.settings["beta1"]

    def _network(self, n_out):
        stack = [Dense(2, UNITS), ReLU(), Dense(UNITS, UNITS), ReLU(), Dense(UNITS, n_out)]
        return Network(stack, rng=self.rng)

    def draw(self, n, rng):
        """Draw n real samples, shape (n, 2)."""
        u = _uniform(rng, 3 * n).reshape(n, 3)
        which = (u[:, 0] * len(self.centres)).astype(int)
        return self.centres[which] + self.sd * _normal_points(u[:, 1], u[:, 2])

    @property
    def generated(self):
        """What the generator makes of `noise` now."""
        return self.generator.run(self.noise)

    def _discriminator_gradient(self):
        """Draw real samples and noise, and write the gradient of the discriminator's loss."""
        real = self.draw(BATCH, self.rng)
        fake = self.generator.run(noise(BATCH, self.rng))
        logits = self.discriminator.run(np.concatenate([real, fake]))
        truth = np.repeat([[1.0], [0.0]], BATCH, axis=0)
        self.discriminator.backward((sigmoid(logits) - truth) / BATCH, input_grad=False)
        return self.discriminator.grad.copy()

    def _generator_gradient(self):
        """Draw noise, and write the gradient of the generator's loss."""
        fake = self.generator.run(noise(BATCH, self.rng))
        p = sigmoid(self.discriminator.run(fake))
        slope = (p - 1) if self.settings["loss"] == "non-saturating" else -p
        self.generator.backward(self.discriminator.backward(slope / BATCH), input_grad=False)
        return self.generator.grad

    def _move(self, name, grad):
        network = getattr(self, name)
        self._rules[name].step(network.theta, grad)
        self.moves[name] += 1

    def discriminator_step(self):
        """Let the discriminator take one step: on 64 real samples and 64 invented ones."""
        self._move("discriminator", self._discriminator_gradient())

    def generator_step(self):
        """Let the generator take one step, on 64 samples of its own."""
        self._move("generator", self._generator_gradient())

    def step(self):
        """Let both learn: the discriminator `discriminator_steps` times, then the generator.

        "Simultaneous", the generator has not yet seen the last of the discriminator's steps.
        """
        for _ in range(self.settings["discriminator_steps"] - 1):
            self.discriminator_step()
        last = self._discriminator_gradient()
        if self.settings["order"] == "alternate":
            self._move("discriminator", last)
            self.generator_step()
        else:
            answer = self._generator_gradient()
            self._move("discriminator", last)
            self._move("generator", answer)

    def measure(self):
        """Return what the widget says of the 200 samples that it shows.

        Returns
        -------
        dict
            "discriminator_loss"; "generator_loss", from each loss's name; "on_real" and
            "on_generated", the means of D; "gradient", from each loss's name the mean length of
            ∂ℓ/∂x, for each invented sample x and its own loss ℓ; "arrows", −∂ℓ/∂x for the loss
            that trains, shape (200, 2); "near", the share of samples within 3 SD of a centre;
            "found", how many centres have enough of them; "of", the number of centres; "spread",
            the SD of the invented samples over that of the real ones; "collapse": after 100 steps
            of the generator, whether half of its samples are near and yet at most half of the
            centres found, or the spread is under ¼; "dead", whether all ReLUs of a layer give 0 for
            all samples.
        """
        generated = self.generated
        on_real, on_fake = self.discriminator.run(self.real), self.discriminator.run(generated)
        real_loss, _ = SURPRISE.compute(on_real, np.ones_like(on_real))
        as_fake, _ = SURPRISE.compute(on_fake, np.zeros_like(on_fake))
        as_real, _ = SURPRISE.compute(on_fake, np.ones_like(on_fake))
        p = sigmoid(on_fake)
        slopes = self.discriminator.backward(np.ones_like(on_fake))  # of the logits
        length = np.hypot(*slopes.T)
        trains = (1 - p) if self.settings["loss"] == "non-saturating" else p
        away = np.hypot(*(generated[:, None] - self.centres).transpose(2, 0, 1))
        counts = away <= LIMITS["near"] * self.sd
        near, found = counts.any(axis=1).mean(), int((counts.sum(axis=0) >= self.enough).sum())
        spread = _spread(generated) / _spread(self.real)
        return {
            "discriminator_loss": float(real_loss + as_fake),
            "generator_loss": {"non-saturating": float(as_real), "minimax": -float(as_fake)},
            "on_real": float(sigmoid(on_real).mean()),
            "on_generated": float(p.mean()),
            "gradient": {
                "non-saturating": float(((1 - p[:, 0]) * length).mean()),
                "minimax": float((p[:, 0] * length).mean()),
            },
            "arrows": trains * slopes,
            "near": float(near),
            "found": found,
            "of": len(self.centres),
            "spread": float(spread),
            "dead": any((self.generator[:k].run(self.noise) == 0).all() for k in (2, 4)),
            "collapse": bool(
                self.moves["generator"] >= LIMITS["early"]
                and ((near >= 0.5 and found <= len(self.centres) / 2) or spread < LIMITS["tight"])
            ),
        }

    @property
    def enough(self):
        """How many of the 200 samples must be near a centre that counts as found.

        A mode needs 2 % of them, as in chapter 14; a dot of a line, one.
        """
        return round(LIMITS["share"] * SHOWN) if self.modes else 1


def _spread(points):
    return np.sqrt(points.var(axis=0).sum())


def _distribution(data, points):
    """Return centres, shape (n, 2), their common SD, and whether they are modes."""
    if data == OWN:
        return np.array(points, dtype=np.float64).reshape(-1, 2), LIMITS["own_sd"], False
    one = SETS[data]
    return np.array(one["centres"], dtype=np.float64), one["sd"], one["modes"]


def _check_points(name, value):
    """Check the dots of a drawing: at most 200, (x, y), inside the plane."""
    if len(value) == 0:
        return ()
    points = check_array(name, value, shape=(None, 2))
    if len(points) > MOST_POINTS or np.abs(points).max() > REACH:
        raise ValueError(
            f"{name} must hold at most {MOST_POINTS} points between −{REACH} and {REACH}; "
            f"got {len(points)}, up to {np.abs(points).max():g}"
        )
    return tuple((float(x), float(y)) for x, y in points)


def _check_show(name, value):
    if isinstance(value, str):
        raise TypeError(f"{name} must be a sequence of {', '.join(LAYERS)}; got {value!r}")
    chosen = [check_choice(name, one, LAYERS) for one in value]
    return tuple(one for one in LAYERS if one in chosen)


class Adversaries(Widget):
    """A generator and a discriminator in the plane, to train, to step and to bring to collapse.

    Chapter 14. Each step draws a batch of 64. The discriminator D lowers
    L_D = −mean log D(x) − mean log(1 − D(G(ξ))); the generator G lowers −mean log D(G(ξ))
    (non-saturating) or mean log(1 − D(G(ξ))) (minimax). Both are 2-32-32 networks with ReLU,
    moved by Adam.

    Parameters
    ----------
    data : {"ring", "blobs", "line", "spiral", "own"}
        What G must learn: normal blobs of one SD, all equally likely. "own" has a blob with SD 0.1
        at each of `points`.
    loss : {"non-saturating", "minimax"}
        Of the generator.
    discriminator_steps : int from 1 to 10
        For each step of the generator.
    discriminator_rate, generator_rate : float in [0.0001, 0.1]
        The learning rates of Adam.
    beta1 : float in [0, 0.99]
        β₁ of Adam, for both.
    order : {"alternate", "simultaneous"}
        Whether G answers the D that has just moved, or the one before.
    seed : int from 0 to 9999
        Of the first weights and of all batches.
    points : sequence of (x, y)
        A drawing: at most 200 dots, between −3.2 and 3.2.
    show : sequence of {"field", "arrows", "grid"}
        What is drawn besides the samples: D all over the plane; for 50 of the invented samples,
        minus the gradient of its loss; a grid of ξ as G bends it.
    speed : {"slow", "normal", "fast"}

    Raises
    ------
    TypeError, ValueError
        If a value does not fit.

    Examples
    --------
    >>> Adversaries(data="ring", loss="minimax", generator_rate=0.005, beta1=0.9)
    """

    data = Checked("ring", one_of((*SETS, OWN)))
    loss = Checked("non-saturating", one_of(LOSSES))
    discriminator_steps = Checked(1, integer(*LIMITS["discriminator_steps"]))
    discriminator_rate = Checked(0.001, number(*LIMITS["learning_rate"]))
    generator_rate = Checked(0.001, number(*LIMITS["learning_rate"]))
    beta1 = Checked(0.5, number(*LIMITS["beta1"]))
    order = Checked("alternate", one_of(ORDERS))
    seed = Checked(1, integer(*LIMITS["seed"]))
    points = Checked((), _check_points)
    show = Checked(("field", "arrows"), _check_show)
    speed = Checked("normal", one_of(SPEEDS))

    settings = (
        "data", "loss", "discriminator_steps", "discriminator_rate", "generator_rate", "beta1",
        "order", "seed", "points", "show", "speed",
    )  # fmt: skip
    space = (122.8, 63.5)

    def after(self, steps, *, discriminator_only=0):
        """Return the run of these settings from its beginning, as the widget makes it.

        Parameters
        ----------
        steps : int
            Of both.
        discriminator_only : int
            Steps of the discriminator alone, after them.

        Returns
        -------
        Run
            It can be trained further: `step`, `discriminator_step`, `generator_step`.

        Raises
        ------
        TypeError, ValueError
            If a number does not fit, or there are no points to learn.
        """
        steps = check_integer("steps", steps, low=0)
        alone = check_integer("discriminator_only", discriminator_only, low=0)
        run = Run({name: getattr(self, name) for name in self.settings})
        if not len(run.centres) and steps + alone:
            raise ValueError("points must hold at least one point to learn; got none")
        for _ in range(steps):
            run.step()
        for _ in range(alone):
            run.discriminator_step()
        return run

    def still(self):
        """Return the picture: three moments of a run, after 100, 500 and 2,000 steps."""
        figure = self.figure(7, 2.9)
        run, done = self.after(0), 0
        moments = MOMENTS if len(run.centres) else (0, 0, 0)
        for ax, steps in zip(figure.subplots(1, 3), moments, strict=True):
            for _ in range(steps - done):
                run.step()
            done = steps
            _draw_plane(ax, run, self.show)
            ax.set_title(f"step {steps:,}")
        return figure


def _draw_plane(ax, run, show, side=81):
    """Draw the plane: what D says, the real samples and the invented ones with their arrows."""
    across = np.linspace(-REACH, REACH, side)
    if "field" in show:
        places = np.stack(np.meshgrid(across, across), axis=-1).reshape(-1, 2)
        D = sigmoid(run.discriminator.run(places)).reshape(side, side)
        box = (-REACH, REACH, -REACH, REACH)
        look = {"cmap": SIGNED, "vmin": -0.5, "vmax": 1.5, "origin": "lower", "extent": box}
        ax.imshow(D, **look, interpolation="bilinear")  # half of the full colours, as on the page
        ax.contour(across, across, D, [0.5], colors=GREY, linewidths=1)
    if "grid" in show:
        along = np.linspace(-2, 2, 41)
        for fixed in np.linspace(-2, 2, 9):
            for line in (np.stack(pair, axis=-1) for pair in _both(along, fixed)):
                ax.plot(*run.generator.run(line).T, color=GREY, lw=0.5)
    ax.plot(*run.real.T, "o", color=BLUE, ms=2.8, mec="w", mew=0.3)
    generated = run.generated
    ax.plot(*generated.T, "x", color=BLACK, ms=3.6, mew=1.6)
    if "arrows" in show and len(run.real):
        _draw_arrows(ax, generated[: LIMITS["arrows"]], run.measure()["arrows"])
    ax.plot(*generated.T, "x", color=ORANGE, ms=3.3, mew=0.9)
    ax.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal", xticks=[], yticks=[])
    ax.spines[:].set_visible(True)
    ax.grid(False)


def _draw_arrows(ax, places, pushes):
    """Draw where samples will be pushed: arrows that are cut at length 1."""
    pushes = pushes[: len(places)]
    size = np.hypot(*pushes.T)
    shown = size > 0.02
    arrows = (pushes / np.maximum(1, size / LIMITS["longest"])[:, None])[shown]
    look = {"angles": "xy", "scale_units": "xy", "scale": 1, "width": 0.006, "headwidth": 4}
    ax.quiver(*places[shown].T, *arrows.T, color=BLACK, **look)


def _both(along, fixed):
    """Return a line of the grid of ξ that goes across, and one that goes up."""
    still = np.full_like(along, fixed)
    return (along, still), (still, along)
