"""The colours of figures in the dark: light and dark change places, the hue stays."""

import math

# The course's palette, as course.css has it for the dark.
DARK = {
    "#ffffff": "#14181d",  # paper
    "#1a1a1a": "#e3e7eb",  # ink
    "#0072b2": "#56b4e9",
    "#e69f00": "#e69f00",
    "#009e73": "#3fc79a",
    "#d55e00": "#f0905a",
    "#cc79a7": "#d79bd0",
    "#56b4e9": "#a5d8f7",
}
PAPER, INK = 0.21, 0.92  # their lightness in the dark
BLACK = 0.22  # the lightness of ink in the light


def in_the_dark(colour):
    """Return the colour, given as ``#rrggbb``, that takes another's place on dark paper.

    Its lightness in OKLab is turned round, so that what stands out on white stands out on black.
    Source: Ottosson (2020), A perceptual color space for image processing.
    """
    if colour in DARK:
        return DARK[colour]
    lightness, a, b = _oklab(*(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)))
    lightness = PAPER + (1 - lightness) * (INK - PAPER) / (1 - BLACK)
    channels = _srgb(min(lightness, 1.0), a, b)
    return "#" + "".join(f"{round(255 * min(max(c, 0.0), 1.0)):02x}" for c in channels)


def _oklab(*channels):
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    cones = (
        0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b,
        0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b,
        0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b,
    )
    x, y, z = (math.cbrt(cone) for cone in cones)
    return (
        0.2104542553 * x + 0.7936177850 * y - 0.0040720468 * z,
        1.9779984951 * x - 2.4285922050 * y + 0.4505937099 * z,
        0.0259040371 * x + 0.7827717662 * y - 0.8086757660 * z,
    )


def _srgb(lightness, a, b):
    x, y, z = (
        (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3,
        (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3,
        (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3,
    )
    linear = (
        4.0767416621 * x - 3.3077115913 * y + 0.2309699292 * z,
        -1.2684380046 * x + 2.6097574011 * y - 0.3413193965 * z,
        -0.0041960863 * x - 0.7034186147 * y + 1.7076147010 * z,
    )
    return (12.92 * c if c <= 0.0031308 else 1.055 * c ** (1 / 2.4) - 0.055 for c in linear)
