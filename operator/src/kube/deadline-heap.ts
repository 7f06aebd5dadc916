/** Keys ordered by due time, one time a key. A binary heap: one timer serves thousands of pending keys. */
export class DeadlineHeap<E extends { readonly dueAt: number }> {
  readonly #heap: E[] = [];

  get size(): number {
    return this.#heap.length;
  }

  peek(): E | undefined {
    return this.#heap[0];
  }

  push(entry: E): void {
    this.#heap.push(entry);
    this.#siftUp(this.#heap.length - 1);
  }

  pop(): E | undefined {
    const top = this.#heap[0];
    const last = this.#heap.pop();
    if (top !== undefined && last !== undefined && this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#siftDown(0);
    }
    return top;
  }

  #siftUp(start: number): void {
    for (let child = start; child > 0;) {
      const parent = (child - 1) >> 1;
      if (!this.#swapIfLater(parent, child)) return;
      child = parent;
    }
  }

  #siftDown(start: number): void {
    for (let parent = start; ;) {
      const left = 2 * parent + 1;
      const right = left + 1;
      const earlier =
        (this.#heap[right]?.dueAt ?? Infinity) < (this.#heap[left]?.dueAt ?? Infinity) ? right : left;
      if (!this.#swapIfLater(parent, earlier)) return;
      parent = earlier;
    }
  }

  /** True when the parent was later than the child, and both changed places. */
  #swapIfLater(parent: number, child: number): boolean {
    const [upper, lower] = [this.#heap[parent], this.#heap[child]];
    if (upper === undefined || lower === undefined || upper.dueAt <= lower.dueAt) return false;
    this.#heap[parent] = lower;
    this.#heap[child] = upper;
    return true;
  }
}
