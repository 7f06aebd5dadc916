/** "TRD", the UTC date of the trade, and its id in at least three digits. */
export function tradeNumber(tradeId: string, timeMs: number): string {
  const day = new Date(timeMs).toISOString().slice(0, 10).replaceAll('-', '');
  return `TRD${day}${tradeId.padStart(3, '0')}`;
}
