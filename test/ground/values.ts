/** A list written as words between spaces and newlines. */
export function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}

/** Whether an error is the system's answer of one of these names. */
export function isSystemError(error: unknown, ...codes: readonly string[]): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    codes.some((code) => code === error.code)
  );
}
