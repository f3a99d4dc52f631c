export { createSteppedClock, createSystemClock, type SteppedClock } from './clock';
export { createDurableEngine, type EngineOptions } from './engine';
export { InvalidTokenError } from './query';
export { toOrchestratorTrigger } from './trigger-payload';
