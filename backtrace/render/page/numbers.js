// Numbers as the terminal shows them: so many significant digits, as short as it goes.

// An exact tie goes to the even digit, as in Python; toExponential sends it away from 0.
function rounded(size, digits) {
  const [whole] = size.toExponential(100).split("e");
  const cut = whole.slice(0, digits === 1 ? 1 : digits + 1);
  const tie = /^\.?50*$/.test(whole.slice(cut.length));
  const even = "02468".includes(cut.at(-1));
  return tie && even ? `${cut}e${size.toExponential().split("e")[1]}` : size.toExponential(digits - 1);
}

function shown(number, digits) {
  if (Number.isNaN(number)) return "nan";
  const sign = number < 0 ? "-" : "";
  if (Math.abs(number) === Infinity) return `${sign}inf`;
  const [mantissa, exponent] = rounded(Math.abs(number), digits).split("e");
  const place = Number(exponent); // of the first digit
  const figures = mantissa.replace(".", "").replace(/0+$/, "") || "0";
  if (place < -4 || place >= digits) return `${sign}${pointed(figures, 1)}e${place}`;
  if (place < 0) return `${figures === "0" ? "" : sign}${pointed("0".repeat(-place) + figures, 1)}`;
  return `${figures === "0" ? "" : sign}${pointed(figures.padEnd(place + 1, "0"), place + 1)}`;
}

// A number in the picture, to as many digits as there is room for.
function fitted(number, digits) {
  const text = shown(number, digits);
  return text.length <= ROOM || digits === 1 ? text : fitted(number, digits - 1);
}

const pointed = (figures, at) =>
  figures.length > at ? `${figures.slice(0, at)}.${figures.slice(at)}` : figures;
