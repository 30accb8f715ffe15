// What the rows of the operation table compute with that JavaScript has not, as numpy and torch
// have it. Every function is of numbers and returns a number.

const logistic = (x) => 1 / (1 + Math.exp(-x));
const sign = (x) => Number(x > 0) - Number(x < 0); // 0 for nan

// -- operators

// In C and Python 1**nan is 1, and so is (-1)**inf.
const power = (x, y) => (x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y);

// The sign is that of y, but of a remainder of 0 that of x.
function remainder(x, y) {
  const rest = x % y;
  return rest !== 0 && rest < 0 !== y < 0 ? rest + y : rest;
}

function floorDivide(x, y) {
  const rest = x % y;
  if (y === 0) return x / y;
  const whole = Math.round((x - rest) / y);
  return rest !== 0 && rest < 0 !== y < 0 ? whole - 1 : whole;
}

// 0 at the origin, where 0/0 would be nan.
const over = (number, square) => (square === 0 ? 0 : number / square);
const inverseSlope = (u) => (u * u) / Math.sqrt(1 - u * u);

// -- choices; of 0 and -0 the first

const tied = (list, extreme) => list.filter((x) => x === extreme).length > 1;
const larger = (x, y) => (x === y ? x : Math.max(x, y));
const smaller = (x, y) => (x === y ? x : Math.min(x, y));
const fmax = (x, y) => (isNaN(x) ? y : isNaN(y) ? x : larger(x, y));
const fmin = (x, y) => (isNaN(x) ? y : isNaN(y) ? x : smaller(x, y));

// What one of the inputs `xs` gets, of which v is the largest or the smallest: ties share.
function share(own, xs, v) {
  if (isNaN(v) && xs.length === 2) return 1;
  if (Math.abs(own - v) > 0) return 0;
  return Number(own === v) / xs.filter((x) => x === v).length;
}

// -- rounding

function roundToEven(x) {
  const low = Math.floor(x);
  if (Math.abs(x) === Infinity || x - low !== 0.5) return Math.round(x);
  return low % 2 === 0 ? low : low + 1 || -0; // -0.5 goes to -0
}

// -- logarithms

function logAddExp(x, y) {
  if (x === y) return x + Math.LN2; // infinities, too
  return Math.max(x, y) + Math.log1p(Math.exp(-Math.abs(x - y)));
}

const xlogy = (x, y) => (x === 0 && !isNaN(y) ? 0 : x * Math.log(y));

// -- activations

const softplus = (x, beta, threshold) =>
  x * beta > threshold ? x : Math.log1p(Math.exp(x * beta)) / beta;

function softplusSlope(x, beta, threshold) {
  const z = Math.exp(x * beta);
  return x * beta > threshold ? 1 : z / (z + 1);
}

function mishSlope(x) {
  const t = Math.tanh(Math.log1p(Math.exp(x)));
  return t + x * logistic(x) * (1 - t * t);
}

const gelu = (x) => 0.5 * x * (1 + erf(x / Math.SQRT2));
const geluSlope = (x) =>
  0.5 * (1 + erf(x / Math.SQRT2)) + (x * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI);

const GELU = Math.sqrt(2 / Math.PI);
const geluBend = (x) => Math.tanh(GELU * (x + 0.044715 * x ** 3));
const geluTanh = (x) => 0.5 * x * (1 + geluBend(x));

function geluTanhSlope(x) {
  const t = geluBend(x);
  return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * GELU * (1 + 3 * 0.044715 * x * x);
}

// -- special functions

function sincSlope(x) {
  if (x * x * Math.PI === 0) return 0;
  const angle = x * Math.PI;
  return (angle * Math.cos(angle) - Math.sin(angle)) / (x * x * Math.PI);
}

// exp(-x²) times a series of positive terms (Abramowitz and Stegun 7.1.6), which cancels nothing.
function erf(x) {
  if (isNaN(x)) return NaN;
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n += 1) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

// From 2 on by the continued fraction (7.1.14), from its far end.
function erfc(x) {
  if (!(x >= 2)) return 1 - erf(x);
  let tail = 0;
  for (let k = 60; k > 0; k -= 1) tail = k / 2 / (x + tail);
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + tail);
}

// The gamma family: far out by its asymptotic series (6.1.41, 6.3.18, 6.4.12), nearer by as many
// steps of its recurrence, and left of 1/2 by reflection.
const FAR = 12;
const BERNOULLI = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6];

// The sum of weight(n)·B(2n)·x^(start - 2n).
function asymptotic(x, start, weight) {
  return BERNOULLI.reduce((sum, b, k) => sum + weight(2 * k + 2) * b * x ** (start - 2 * k - 2), 0);
}

function lgamma(x) {
  if (Math.abs(x) === Infinity) return Infinity;
  if (x <= 0 && x === Math.floor(x)) return Infinity;
  if (Math.abs(x) < 1e-300) return -Math.log(Math.abs(x));
  if (x < 0.5) return Math.log(Math.PI / Math.abs(sinPi(x))) - lgamma(1 - x);
  let product = 1;
  for (; x < FAR; x += 1) product *= x;
  const tail = asymptotic(x, 1, (n) => 1 / (n * (n - 1)));
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + tail - Math.log(product);
}

function digamma(x) {
  if (x === 0) return -1 / x;
  if (x < 0 && x === Math.floor(x)) return NaN;
  if (x < 0.5) return digamma(1 - x) - Math.PI / Math.tan(Math.PI * (x - Math.round(x)));
  let steps = 0;
  for (; x < FAR; x += 1) steps += 1 / x;
  return Math.log(x) - 1 / (2 * x) - asymptotic(x, 0, (n) => 1 / n) - steps;
}

function trigamma(x) {
  if (x < 0.5) return (Math.PI / Math.sin(Math.PI * x)) ** 2 - trigamma(1 - x);
  let steps = 0;
  for (; x < FAR; x += 1) steps += 1 / (x * x);
  return 1 / x + 1 / (2 * x * x) + asymptotic(x, -1, () => 1) + steps;
}

// sin(πx) without the rounding of π for the whole part of x.
function sinPi(x) {
  const whole = Math.round(x);
  return (whole % 2 === 0 ? 1 : -1) * Math.sin(Math.PI * (x - whole));
}
