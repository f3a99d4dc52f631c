// One seismic shot: the 2-D acoustic wave equation by finite differences (second order in time, fourth in space) over a
// two-layer earth, with absorbing edges. MUSTER_TASK_INDEX chooses where along the surface the source fires.
// Prints one line of JSON: what the receivers along the surface recorded.

const shot = Number(process.env.MUSTER_TASK_INDEX ?? 0);
const shots = Number(process.env.MUSTER_TASK_COUNT ?? 1);

const nx = 201; // grid points across
const nz = 121; // and down
const h = 10; // metres between them
const dt = 0.0015; // seconds a step; stable: c·dt/h = 0.45 at the fastest
const steps = 700;
const frequency = 12; // Hz, of the Ricker wavelet
const layerDepth = 60; // grid points; above it 2000 m/s, below 3000 m/s
const sourceDepth = 5;
const receiverDepth = 5;

const sourceX = 20 + Math.round(((nx - 41) * shot) / Math.max(shots - 1, 1));
const index = (ix, iz) => iz * nx + ix;

const velocity = new Float64Array(nx * nz);
const damping = new Float64Array(nx * nz);
for (let iz = 0; iz < nz; iz++) {
  for (let ix = 0; ix < nx; ix++) {
    velocity[index(ix, iz)] = iz < layerDepth ? 2000 : 3000;
    const toEdge = Math.min(ix, nx - 1 - ix, nz - 1 - iz, iz);
    damping[index(ix, iz)] = toEdge < 20 ? Math.exp(-((0.015 * (20 - toEdge)) ** 2)) : 1;
  }
}

const ricker = (time) => {
  const a = (Math.PI * frequency * (time - 1.2 / frequency)) ** 2;
  return (1 - 2 * a) * Math.exp(-a);
};

let previous = new Float64Array(nx * nz);
let current = new Float64Array(nx * nz);
let next = new Float64Array(nx * nz);
const receivers = Array.from({ length: 11 }, (_, k) => k * 20);
const traces = receivers.map(() => new Float64Array(steps));

for (let step = 0; step < steps; step++) {
  for (let iz = 2; iz < nz - 2; iz++) {
    for (let ix = 2; ix < nx - 2; ix++) {
      const i = index(ix, iz);
      const laplacian =
        (-(current[i - 2] + current[i + 2] + current[i - 2 * nx] + current[i + 2 * nx]) +
          16 * (current[i - 1] + current[i + 1] + current[i - nx] + current[i + nx]) -
          60 * current[i]) /
        (12 * h * h);
      next[i] =
        damping[i] * (2 * current[i] - damping[i] * previous[i] + (velocity[i] * dt) ** 2 * laplacian);
    }
  }
  next[index(sourceX, sourceDepth)] += dt * dt * 1e6 * ricker(step * dt);
  [previous, current, next] = [current, next, previous];
  receivers.forEach((ix, k) => (traces[k][step] = current[index(ix, receiverDepth)]));
}

// First break: where a trace first passes a tenth of its own peak.
const firstBreak = (trace) => {
  const peak = trace.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return peak === 0
    ? null
    : Number((trace.findIndex((value) => Math.abs(value) > peak / 10) * dt).toFixed(4));
};
const energy = traces.reduce((sum, trace) => sum + trace.reduce((part, value) => part + value * value, 0), 0);

console.log(
  JSON.stringify({
    shot,
    sourceMetres: sourceX * h,
    energy: Number(energy.toPrecision(10)),
    firstBreakSeconds: traces.slice(1, -1).map(firstBreak),
  }),
);
