// Parameters in half precision, as nnwidgets/networks.py packs them.

/** The numbers of float16 (IEEE 754: a sign, 5 bits of exponent, 10 of fraction) in a DataView. */
export function halves(view) {
  return Float64Array.from({ length: view.byteLength / 2 }, (_, i) => {
    const bits = view.getUint16(2 * i, true);
    const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
    const size = exponent ? (1024 + fraction) * 2 ** (exponent - 25) : fraction * 2 ** -24;
    return bits >> 15 ? -size : size;
  });
}
