/** Allows a burst, then a steady rate. Plain arithmetic, no timer. */
export class TokenBucket {
  readonly #burst: number;
  readonly #refillMs: number;
  #tokens: number;
  #refilledAt: number;

  /** @param refillMs time for one token to come back */
  constructor(burst: number, refillMs: number, nowMs: number) {
    this.#burst = burst;
    this.#refillMs = refillMs;
    this.#tokens = burst;
    this.#refilledAt = nowMs;
  }

  take(nowMs: number): boolean {
    const refilled = Math.floor((nowMs - this.#refilledAt) / this.#refillMs);
    if (refilled > 0) {
      this.#tokens = Math.min(this.#burst, this.#tokens + refilled);
      this.#refilledAt += refilled * this.#refillMs;
    }
    if (this.#tokens === 0) return false;
    this.#tokens -= 1;
    return true;
  }
}
