/** Whether something is unknown that was told. */
export function lacks(known: object, told: object): boolean {
  const fields = new Set(Object.keys(known));
  return Object.keys(told).some((field) => !fields.has(field));
}
